"""Gradients of whole networks against the complex step of plain NumPy, exact to rounding; and mutants, each caught.

Im f(x + ih) / h has no difference in it, so that h can be far below anything: Squire and Trapp 1998.
"""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn import plain_recurrent
from tests.nn.reference import complex_step, error
from tinygrad_gru import nn

T, B, I, H = 12, 2, 2, 3
TOLERANCE = 1e-12
ENGINES = ("eager", "compiled")
KNOWN = {}  # what was computed before: the complex step takes a run for every number

MAKE = {
    "rnn": lambda **options: nn.RNN(I, H, dtype=np.float64, **options),
    "relu": lambda **options: nn.RNN(I, H, nonlinearity="relu", dtype=np.float64, **options),
    "gru": lambda **options: nn.GRU(I, H, dtype=np.float64, **options),
    "gru, reset after": lambda **options: nn.GRU(I, H, reset_after=True, dtype=np.float64, **options),
    "lstm": lambda **options: nn.LSTM(I, H, dtype=np.float64, **options),
}
KINDS = pytest.mark.parametrize("kind", MAKE)
GRUS = pytest.mark.parametrize("kind", ["gru", "gru, reset after"])
BIASES = pytest.mark.parametrize("bias", [False, "single", "double"])


def random_case(layer, seed=0, steps=T):
    """x, the initial states, and the weights by key, all large enough for every part of the equations to matter."""
    rng = np.random.default_rng(seed)
    for p in layer.parameters():
        p.assign(rng.normal(0, 0.8, p.shape))
    places = sum(len(cells) for cells in layer.layers)
    states = {f"state {name}": rng.normal(size=(places, B, H)) for name in layer.cell.state_names}
    return {"x": rng.normal(size=(steps, B, I)), **states}, layer.state_dict()


def split(arrays):
    """x, the states, the weights."""
    states = tuple(a for name, a in arrays.items() if name.startswith("state "))
    return arrays["x"], states, {name: a for name, a in arrays.items() if name.startswith("layers.")}


def how_much(out, states):
    """A number that depends on every output and every last state, each with a weight of its own."""
    rng = np.random.default_rng(99)
    return sum((part * rng.normal(size=part.shape)).sum() for part in (out, *states))


def our_gradients(layer, inputs, mask=None):
    """Our loss, and its gradients with respect to x, the states and every parameter."""
    tensors = {name: tg.Tensor(a, requires_grad=True) for name, a in inputs.items()}
    x, states, _ = split(tensors)
    for p in layer.parameters():
        p.grad = np.zeros(p.shape)  # a weight that a mutant does not use would have none
    out, last = layer(x, states if len(states) > 1 else states[0], mask=mask)
    loss = how_much(out, last if isinstance(last, tuple) else (last,))
    loss.backward()
    gradients = {name: t.grad for name, t in [*tensors.items(), *layer.named_parameters()]}
    return loss.item(), gradients


def exact_gradients(kind, inputs, weights, mask=None, past_end="zero"):
    """The same by plain NumPy and the complex step."""

    def loss(arrays):
        x, states, w = split(arrays)
        return how_much(*plain_recurrent.network(kind, w, x, states, mask, past_end))

    arrays = inputs | weights
    key = (
        kind,
        past_end,
        None if mask is None else mask.tobytes(),
        *((name, a.tobytes()) for name, a in arrays.items()),
    )
    if key not in KNOWN:
        KNOWN[key] = loss(arrays), complex_step(loss, arrays)
    return KNOWN[key]


def disagreements(ours, exact):
    """The names of what differs: "loss", or an array with respect to which the gradients do."""
    (loss, gradients), (exact_loss, exact_gradients) = ours, exact
    assert gradients.keys() == exact_gradients.keys()
    wrong = {name for name in gradients if not error(gradients[name], exact_gradients[name]) < TOLERANCE}
    return wrong | ({"loss"} if abs(loss - exact_loss) > TOLERANCE * abs(exact_loss) else set())


@KINDS
@BIASES
def test_every_gradient_over_twelve_steps_is_exact(kind, bias):
    layer = MAKE[kind](bias=bias)
    inputs, weights = random_case(layer)

    exact = exact_gradients(kind, inputs, weights)
    for layer.engine in ENGINES:
        assert disagreements(our_gradients(layer, inputs), exact) == set(), layer.engine


@pytest.mark.parametrize(
    ("kind", "past_end"),
    [("rnn", "zero"), ("rnn", "repeat"), ("gru", "zero"), ("gru, reset after", "repeat"), ("lstm", "zero")],
)
def test_every_gradient_is_exact_through_two_layers_two_directions_and_a_mask_with_gaps(kind, past_end):
    layer = MAKE[kind](num_layers=2, bidirectional=True, past_end=past_end)
    inputs, weights = random_case(layer, seed=1, steps=6)
    mask = np.array([[0, 1, 1, 0, 1, 1], [1, 1, 0, 1, 0, 0]], bool).T  # (T, B)

    exact = exact_gradients(kind, inputs, weights, mask, past_end)
    for layer.engine in ENGINES:
        ours = our_gradients(layer, inputs, mask)
        assert disagreements(ours, exact) == set(), layer.engine
        assert (ours[1]["x"][~mask] == 0).all()


# --- mutants: a comparison that they survive proves nothing ----------------------------------------------------------


class Swapped:
    def gates(self, x, h):
        r, z, _ = super().gates(x, h)
        return z, r, self.candidate(x, h, z)


class Flipped:
    def h(self, h, z, candidate):
        return z * h + (1 - z) * candidate


class Moved:
    def candidate(self, x, h, r):
        if self.reset_after:
            return tg.tanh(x @ self.W_hx + self.b_xh + (r * h) @ self.W_hh + self.b_hh)
        return tg.tanh(r * (h @ self.W_h[: self.hidden_size]) + x @ self.W_h[self.hidden_size :] + self.b_h)


class InnerBiasOutside:
    def candidate(self, x, h, r):
        if self.reset_after:
            return tg.tanh(x @ self.W_hx + self.b_xh + r * (h @ self.W_hh) + self.b_hh)
        return tg.tanh(tg.concat([r * h, x], axis=-1) @ self.W_h + r * self.b_h)


class Transposed:
    def gates(self, x, h):
        r, _, candidate = super().gates(x, h)
        of_h, of_x = self.W_z[: self.hidden_size], self.W_z[self.hidden_size :]
        return r, tg.sigmoid(h @ of_h.T + x @ of_x + self.b_z), candidate


class NoGradientThroughTheResetGate:
    """Every number that it computes is right."""

    def candidate(self, x, h, r):
        return super().candidate(x, h, r.detach())


class NoGradientThroughTheStateKept:
    """Every number that it computes is right."""

    def h(self, h, z, candidate):
        return super().h(h.detach(), z, candidate)


def mutated(mutant, kind):
    """A cell of the kind with some of its equations replaced."""
    of_kind = nn.ResetAfterGRUCell if "after" in kind else nn.GRUCell
    return type(mutant.__name__, (mutant, of_kind), {})(I, H, dtype=np.float64)


def caught(kind, cell):
    """What differs if this cell of ours is used instead of the right one, with the same weights."""
    layer = nn.Recurrent(cell)
    inputs, weights = random_case(layer)
    return disagreements(our_gradients(layer, inputs), exact_gradients(kind, inputs, weights))


@GRUS
@pytest.mark.parametrize("mutant", [Swapped, Flipped, Moved, InnerBiasOutside, Transposed])
def test_a_mutant_of_the_equations_is_caught(kind, mutant):
    assert {"loss", "x", "state h"} < caught(kind, mutated(mutant, kind))


@GRUS
@pytest.mark.parametrize("mutant", [NoGradientThroughTheResetGate, NoGradientThroughTheStateKept])
def test_a_mutant_with_the_right_outputs_and_wrong_gradients_is_caught(kind, mutant):
    wrong = caught(kind, mutated(mutant, kind))

    assert "loss" not in wrong and {"x", "state h"} < wrong


@KINDS
@pytest.mark.parametrize("bias", ["single", "double"])
def test_each_bias_that_is_dropped_is_caught(kind, bias):
    layer = MAKE[kind](bias=bias)
    inputs, weights = random_case(layer)
    exact = exact_gradients(kind, inputs, weights)
    names = [name for name in weights if ".b_" in name]
    assert len(names) in (1, 2, 3, 4, 6, 8)

    for name in names:
        layer.load_state_dict(weights | {name: np.zeros(H)})
        for layer.engine in ENGINES:
            assert {"loss", "x"} < disagreements(our_gradients(layer, inputs), exact), name


P = "layers.0.forward"


def exchanged(weights, one, other):
    """The weights with two gates exchanged."""
    turn = {one: other, other: one}
    return {key: weights[f"{key[:-1]}{turn.get(key[-1], key[-1])}"] for key in weights}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        *((kind, lambda w: exchanged(w, "r", "z")) for kind in ("gru", "gru, reset after")),
        *(
            (kind, lambda w: {k: -a if k[-1] == "z" else a for k, a in w.items()})
            for kind in ("gru", "gru, reset after")
        ),
        ("lstm", lambda w: exchanged(w, "i", "f")),
        ("lstm", lambda w: exchanged(w, "g", "o")),
        ("gru, reset after", lambda w: w | {f"{P}.b_xh": w[f"{P}.b_hh"], f"{P}.b_hh": w[f"{P}.b_xh"]}),
        ("gru, reset after", lambda w: w | {f"{P}.W_hh": w[f"{P}.W_hh"].T}),
    ],
)
def test_weights_of_one_gate_at_the_place_of_another_are_caught(kind, change):
    layer = MAKE[kind](bias="double")
    inputs, weights = random_case(layer)
    exact = exact_gradients(kind, inputs, weights)
    layer.load_state_dict(change(weights))

    for layer.engine in ENGINES:
        assert {"loss", "x", "state h"} < disagreements(our_gradients(layer, inputs), exact), layer.engine


@KINDS
def test_an_initial_state_that_is_ignored_is_caught(kind):
    layer = MAKE[kind]()
    inputs, weights = random_case(layer)
    ignored = {name: a if name == "x" else 0 * a for name, a in inputs.items()}

    assert {"loss", "x"} < disagreements(our_gradients(layer, ignored), exact_gradients(kind, inputs, weights))
