"""What the tests of the compiler share: cells of random operations, and layers run by both engines."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru import nn

KNOWN = {
    "rnn": lambda I, H, **options: nn.RNNCell(I, H, **options),
    "relu": lambda I, H, **options: nn.RNNCell(I, H, nonlinearity="relu", **options),
    "gru": lambda I, H, **options: nn.GRUCell(I, H, **options),
    "gru, reset after": lambda I, H, **options: nn.GRUCell(I, H, reset_after=True, **options),
    "gru, two biases": lambda I, H, **options: nn.GRUCell(I, H, bias="double", **options),
    "gru, no biases": lambda I, H, **options: nn.GRUCell(I, H, bias=False, reset_after=True, **options),
    "lstm": lambda I, H, **options: nn.LSTMCell(I, H, **options),
    "lstm, two biases": lambda I, H, **options: nn.LSTMCell(I, H, bias="double", **options),
    "minimal gated unit": lambda I, H, **options: MinimalGatedUnit(I, H, **options),
}

ONE = {
    "tanh": tg.tanh,
    "sigmoid": tg.sigmoid,
    "relu": tg.relu,
    "softplus": tg.softplus,
    "silu": tg.silu,
    "sin": tg.sin,
    "cos": tg.cos,
    "square": tg.square,
    "negative": lambda a: -a,
    "one minus": lambda a: 1 - a,
    "half": lambda a: 0.5 * a,
    "shifted": lambda a: a + 0.25,
    "divided": lambda a: a / 3.0,
    "clip": lambda a: tg.clip(a, -0.7, 0.7),
    "softmax": lambda a: tg.softmax(a, axis=-1),
    "mean": lambda a: a * tg.mean(a, axis=-1, keepdims=True),
    "centred": lambda a: a - tg.mean(a, axis=-1, keepdims=True),
    "exp": lambda a: tg.exp(-tg.square(a)),
}
TWO = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (1.5 + tg.square(b)),
    "maximum": tg.maximum,
    "minimum": tg.minimum,
    "where": lambda a, b: tg.where(a > b, a, 0.5 * b),
}


class MinimalGatedUnit(nn.Cell):
    """One gate f in the place of the GRU's two: Zhou et al. 2016, arXiv 1603.09420."""

    def __init__(self, input_size, hidden_size, dtype=np.float32):
        super().__init__(input_size, hidden_size)
        start, rng = nn.initialisers.uniform, tg.generator()
        self.W_f = nn.Parameter(start((hidden_size + input_size, hidden_size), rng, dtype))
        self.W_h = nn.Parameter(start((hidden_size + input_size, hidden_size), rng, dtype))
        self.b_f = nn.Parameter(start((hidden_size,), rng, dtype))
        self.b_h = nn.Parameter(start((hidden_size,), rng, dtype))

    def gates(self, x, h):
        f = tg.sigmoid(tg.concat([h, x], axis=-1) @ self.W_f + self.b_f)  # (B, H)
        return f, tg.tanh(tg.concat([f * h, x], axis=-1) @ self.W_h + self.b_h)  # (B, H)

    def update(self, gates, h):
        f, candidate = gates
        return ((1 - f) * h + f * candidate,)


class Packed(nn.Cell):
    """A GRU whose gates are cut from one product, and are themselves cut and joined: as many rules as possible fit."""

    def __init__(self):
        super().__init__(3, 4)
        self.W = nn.Parameter(np.random.default_rng(0).normal(size=(7, 8)))
        self.U = nn.Parameter(np.random.default_rng(1).normal(size=(7, 4)))
        self.b = nn.Parameter(np.random.default_rng(2).normal(size=8))

    def step(self, x, h):
        gates = tg.sigmoid(tg.concat([h, x], axis=-1) @ self.W + self.b)
        z, r = gates[:, :4], gates[:, 4:]
        joined = tg.concat([r * h, x], axis=-1)
        candidate = tg.tanh(tg.concat([joined[:, :4], joined[:, 4:]], axis=-1) @ self.U)
        return ((1 - z) * h + z * candidate,)


class RandomCell(nn.Cell):
    """Operations drawn at random on x, the states and each other; what comes out is bounded, and so are the states."""

    def __init__(self, seed: int, dtype: Any = np.float64) -> None:
        rng = np.random.default_rng(seed)
        input_size, hidden_size = int(rng.integers(1, 4)), int(rng.integers(1, 5))
        super().__init__(input_size, hidden_size, states=("h", "c", "m")[: rng.integers(1, 4)])
        self.made = np.dtype(dtype)
        self.gain = nn.Parameter(rng.normal(0, 0.7, hidden_size).astype(dtype))
        self.recipe: tuple[Any, ...] = ()
        widths = [input_size, *self.state_sizes]
        for _ in range(rng.integers(3, 12)):
            self.recipe += (self._drawn(rng, widths),)
        self.results: tuple[tuple[int, int], ...] = ()
        for size in self.state_sizes:  # the last values of the right width, two of them
            fitting = [i for i, n in enumerate(widths) if n == size][-4:]
            self.results += ((int(rng.choice(fitting)), int(rng.choice(fitting))),)

    def _parameter(self, rng: np.random.Generator, *shape: int) -> str:
        name = f"p{sum(1 for _ in self.parameters())}"
        setattr(self, name, nn.Parameter(rng.normal(0, 0.7, shape).astype(self.made)))
        return name

    def _drawn(self, rng: np.random.Generator, widths: list[int]) -> tuple[Any, ...]:
        """An operation: its kind, what it is applied to, and more; the width of its result joins the widths."""
        kind = rng.choice(["product", "joined", "one", "two", "bias", "gain", "turned", "concat", "scaled"],
                          p=[0.22, 0.16, 0.2, 0.2, 0.06, 0.04, 0.04, 0.04, 0.04])  # fmt: skip
        a = int(rng.integers(len(widths)))
        if rng.random() < 0.5:
            a = len(widths) - 1
        width = widths[a]
        alike = [i for i, n in enumerate(widths) if n == width]
        b = int(rng.choice(alike))
        if kind in ("product", "joined", "scaled"):
            inner = width
            if kind == "joined":
                b = int(rng.integers(len(widths)))
                inner += widths[b]
            out = int(rng.choice([self.hidden_size, self.hidden_size, int(rng.integers(1, 5))]))
            bias = self._parameter(rng, out) if rng.random() < 0.6 else ""
            made = (kind, a, b, self._parameter(rng, inner, out), bias, str(rng.choice(["tanh", "sigmoid"])))
            widths.append(out)
            return made
        if kind == "one":
            widths.append(width)
            return kind, a, str(rng.choice(list(ONE)))
        if kind == "two":
            widths.append(width)
            return kind, a, b, str(rng.choice(list(TWO)))
        if kind in ("bias", "gain"):
            widths.append(width)
            return kind, a, self._parameter(rng, width)
        if kind == "turned" and width > 1:
            widths.append(width)
            return kind, a, int(rng.integers(1, width))
        b = int(rng.integers(len(widths)))
        widths.append(width + widths[b])
        return "concat", a, b

    def step(self, x, *states):
        values = [x, *states]
        for kind, a, *rest in self.recipe:
            left = values[a]
            if kind == "product":
                _, W, bias, f = rest
                values.append(ONE[f](self._affine(left, getattr(self, W), bias)))
            elif kind == "joined":
                b, W, bias, f = rest
                values.append(ONE[f](self._affine(tg.concat([left, values[b]], axis=-1), getattr(self, W), bias)))
            elif kind == "scaled":  # weights computed from weights
                _, W, bias, f = rest
                values.append(ONE[f](self._affine(left, tg.tanh(getattr(self, W)) * 0.8, bias)))
            elif kind == "one":
                values.append(ONE[rest[0]](left))
            elif kind == "two":
                values.append(TWO[rest[1]](left, values[rest[0]]))
            elif kind == "bias":
                values.append(left + getattr(self, rest[0]))
            elif kind == "gain":
                values.append(left * tg.tanh(getattr(self, rest[0])))
            elif kind == "turned":
                values.append(tg.concat([left[:, rest[0] :], left[:, : rest[0]]], axis=-1))
            else:
                values.append(tg.concat([left, values[rest[0]]], axis=-1))
        new = []
        for s, (a, b) in zip(states, self.results, strict=True):
            new.append(0.3 * s + 0.5 * tg.tanh(self.gain * values[a] + 0.5 * values[b]))  # below 1, as the state before
        return tuple(new)

    def _affine(self, a, W, bias):
        return a @ W + getattr(self, bias) if bias else a @ W


def known(kind: str, I: int = 3, H: int = 4, seed: int = 0, dtype: Any = np.float64) -> Any:
    """A cell of this kind, with parameters large enough for all of its equations to matter."""
    cell = KNOWN[kind](I, H, dtype=dtype)
    rng = np.random.default_rng(seed)
    for p in cell.parameters():
        p.assign(rng.normal(0, 0.6, p.shape).astype(p.dtype))
    return cell


def results(
    layer: nn.Recurrent, x: Any, h0: Any = None, seed: int = 5, want_x: bool = True, **options: Any
) -> dict[str, Any]:
    """The outputs, the states and all gradients of a number that depends on each of them, by name."""
    rng = np.random.default_rng(99)
    x = tg.Tensor(x, requires_grad=want_x, name="x")
    states = [] if h0 is None else [tg.Tensor(s, requires_grad=True) for s in h0]
    given = None if h0 is None else states[0] if len(states) == 1 else tuple(states)
    layer.zero_grad()
    tg.seed(seed)  # of the dropout
    out, last = layer(x, given, **options)
    last = last if isinstance(last, tuple) else (last,)
    loss = 0 * tg.sum(x) + tg.sum(out * rng.normal(size=out.shape).astype(out.dtype))  # of x, whatever counts
    for s in last:
        loss = loss + tg.sum(s * rng.normal(size=s.shape).astype(s.dtype))
    loss.backward()
    found = {"out": out.data, **{f"last {i}": s.data for i, s in enumerate(last)}}
    found |= {f"gradient of state {i}": s.grad for i, s in enumerate(states)} | {"gradient of x": x.grad}
    return found | {f"gradient of {name}": p.grad for name, p in layer.named_parameters()}


def difference(got: dict[str, Any], wanted: dict[str, Any]) -> tuple[float, str]:
    """The largest of max|a − b| / max|b| of the arrays, and whose it is.

    A gradient that cancels to nothing is compared with a hundredth of the largest one: what is left of it is rounding.
    """
    assert got.keys() == wanted.keys()
    worst = (0.0, "")
    derived = [np.abs(b).max() for name, b in wanted.items() if b is not None and not name.startswith(("out", "last"))]
    least = 1e-2 * max(derived)
    for name, b in wanted.items():
        a = got[name]
        if a is None or b is None:  # no gradient at all, or zeros
            rest = a if b is None else b
            assert rest is None or not rest.any(), name
            continue
        assert (a.shape, a.dtype) == (b.shape, b.dtype), name
        assert np.isfinite(b).all() and np.isfinite(a).all(), name
        worst = max(worst, (float(np.abs(a - b).max() / max(np.abs(b).max(), least, 1e-300)), name))
    return worst


def both(
    cells: Any, x: Any, h0: Any = None, lengths: Any = None, mask: Any = None, want_x: bool = True, **options: Any
) -> Any:
    """The results of the compiled and of the eager layer."""
    found = []
    for engine in ("compiled", "eager"):
        layer = nn.Recurrent(cells, engine=engine, **options)
        found.append(results(layer, x, h0, lengths=lengths, mask=mask, want_x=want_x))
    return found
