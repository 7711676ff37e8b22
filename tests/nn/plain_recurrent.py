"""Whole recurrent networks in plain NumPy: one sequence, one step, one gate at a time, independent of the package.

Slow, and as obvious as can be: nothing is batched, so that no row can reach another, and a step that does not count is
not taken. Weights go by our keys, `layers.0.forward.W_r`. Complex numbers are welcome: see `reference.complex_step`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Weights = dict[str, Any]


def sigmoid(a: Any) -> Any:
    return 1 / (1 + np.exp(-a))


def relu(a: Any) -> Any:
    return np.where(a.real > 0, a, 0 * a)


def product(w: Weights, gate: str, h: Any, x: Any) -> Any:
    """[h, x] W, of which the first rows are those of h."""
    W = w[f"W_{gate}"]  # (H+I, H)
    return h @ W[: len(h)] + x @ W[len(h) :]


def bias(w: Weights, gate: str) -> Any:
    """One vector, or the sum of two, or nothing."""
    return sum(w[name] for name in (f"b_{gate}", f"b_x{gate}", f"b_h{gate}") if name in w)


def rnn_step(w: Weights, x: Any, h: Any, activation: Callable[[Any], Any] = np.tanh) -> tuple[Any, ...]:
    return (activation(product(w, "h", h, x) + bias(w, "h")),)


def relu_step(w: Weights, x: Any, h: Any) -> tuple[Any, ...]:
    return rnn_step(w, x, h, relu)


def gru_gates(w: Weights, x: Any, h: Any) -> tuple[Any, Any, Any]:
    """r, z and the candidate; the reset gate stands after the product if the weights are those of this dialect."""
    r = sigmoid(product(w, "r", h, x) + bias(w, "r"))
    z = sigmoid(product(w, "z", h, x) + bias(w, "z"))
    if "W_hh" in w:
        past = r * (h @ w["W_hh"] + w.get("b_hh", 0))
        return r, z, np.tanh(x @ w["W_hx"] + w.get("b_xh", 0) + past)
    return r, z, np.tanh(product(w, "h", r * h, x) + bias(w, "h"))


def gru_step(w: Weights, x: Any, h: Any) -> tuple[Any, ...]:
    _, z, candidate = gru_gates(w, x, h)
    return ((1 - z) * h + z * candidate,)


def lstm_step(w: Weights, x: Any, h: Any, c: Any) -> tuple[Any, ...]:
    i = sigmoid(product(w, "i", h, x) + bias(w, "i"))
    f = sigmoid(product(w, "f", h, x) + bias(w, "f"))
    g = np.tanh(product(w, "g", h, x) + bias(w, "g"))
    o = sigmoid(product(w, "o", h, x) + bias(w, "o"))
    c = f * c + i * g
    return o * np.tanh(c), c


STEPS = {"rnn": rnn_step, "relu": relu_step, "gru": gru_step, "gru, reset after": gru_step, "lstm": lstm_step}


def one_row(step: Any, w: Weights, x: Any, state: tuple[Any, ...], counts: Any, backwards: bool, repeat: bool) -> Any:
    """The outputs (T, H) of one sequence x (T, I) of which `counts` (T,) says what counts, and its last states."""
    outputs = [0 * state[0]] * len(x)
    past = 0 * state[0]  # the output where a step does not count
    for t in reversed(range(len(x))) if backwards else range(len(x)):
        if counts[t]:
            state = step(w, x[t], *state)
            outputs[t] = state[0]
        else:
            outputs[t] = past
        if repeat:
            past = outputs[t]
    return np.stack(outputs), state


def network(
    kind: str, weights: Weights, x: Any, h0: tuple[Any, ...], counts: Any = None, past_end: str = "zero"
) -> tuple[Any, tuple[Any, ...]]:
    """The outputs (T, B, D·H) and last states (L·D, B, H) of all layers, for x (T, B, I) and h0 (L·D, B, H)."""
    steps, batch, _ = x.shape
    counts = np.ones((steps, batch), bool) if counts is None else counts
    places = list(dict.fromkeys(tuple(key.split(".")[1:3]) for key in weights))  # ("0", "forward") and so on
    ends = []
    for depth in dict.fromkeys(depth for depth, _ in places):
        outs = []
        for direction in [direction for d, direction in places if d == depth]:
            place = places.index((depth, direction))
            prefix = f"layers.{depth}.{direction}."
            w = {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}
            rows = []  # (outputs, states) of each sequence
            for b in range(batch):
                start = tuple(s[place, b] for s in h0)
                backwards, repeat = direction == "backward", past_end == "repeat"
                rows.append(one_row(STEPS[kind], w, x[:, b], start, counts[:, b], backwards, repeat))
            outs.append(np.stack([out for out, _ in rows], axis=1))  # (T, B, H)
            ends.append([np.stack(s) for s in zip(*(states for _, states in rows), strict=True)])  # (B, H) each
        x = np.concatenate(outs, axis=-1)  # (T, B, D·H)
    return x, tuple(np.stack(s) for s in zip(*ends, strict=True))
