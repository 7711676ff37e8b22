"""The recurrent networks in plain NumPy, one matrix at a time, independent of the package; complex numbers welcome.

`fault` plants one of the mistakes that people make: a test that cannot tell the faulty network apart proves nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

FAULTS = ["r and z swapped", "z flipped", "reset moved", "reset dropped", "bias dropped", "h0 ignored", "x before h"]


def sigmoid(a: Any) -> Any:
    return 1 / (1 + np.exp(-a))


def gru(x: Any, h: Any, w: dict[str, Any], reset_after: bool = False, fault: str = "") -> Any:
    """All states (T, B, H) of a GRU for x (T, B, I), from h (B, H)."""
    H = h.shape[-1]

    def parts(name: str) -> tuple[Any, Any]:
        rows = len(w[name]) - H if fault == "x before h" else H
        top, bottom = w[name][:rows], w[name][rows:]
        return (bottom, top) if fault == "x before h" else (top, bottom)

    if fault == "h0 ignored":
        h = np.zeros_like(h)
    w = {k: np.zeros_like(v) if fault == "bias dropped" and k == "b_z" else v for k, v in w.items()}
    states = []
    for x_t in x:
        r = sigmoid(h @ parts("W_r")[0] + x_t @ parts("W_r")[1] + w["b_r"])
        z = sigmoid(h @ parts("W_z")[0] + x_t @ parts("W_z")[1] + w["b_z"])
        if fault == "r and z swapped":
            r, z = z, r
        if fault == "z flipped":
            z = 1 - z
        inside = np.ones_like(r) if fault == "reset dropped" else r
        if reset_after:
            past = (inside * h) @ w["W_hh"] + w["b_hh"]  # moved
            if fault != "reset moved":
                past = inside * (h @ w["W_hh"] + w["b_hh"])
            candidate = np.tanh(x_t @ w["W_hx"] + w["b_xh"] + past)
        else:
            past = inside * (h @ parts("W_h")[0]) if fault == "reset moved" else (inside * h) @ parts("W_h")[0]
            candidate = np.tanh(past + x_t @ parts("W_h")[1] + w["b_h"])
        h = (1 - z) * h + z * candidate
        states.append(h)
    return np.stack(states)


def lstm(x: Any, h: Any, c: Any, w: dict[str, Any]) -> Any:
    """All outputs (T, B, H) of an LSTM."""
    states = []
    for x_t in x:
        i, f, g, o = (np.concatenate([h, x_t], -1) @ w[f"W_{k}"] + w[f"b_{k}"] for k in "ifgo")
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.stack(states)


def rnn(x: Any, h: Any, w: dict[str, Any]) -> Any:
    """All states (T, B, H) of a tanh RNN."""
    states = []
    for x_t in x:
        h = np.tanh(h @ w["W_h"][: h.shape[-1]] + x_t @ w["W_h"][h.shape[-1] :] + w["b_h"])
        states.append(h)
    return np.stack(states)


def complex_step(f: Any, arrays: dict[str, Any]) -> dict[str, Any]:
    """The gradients of the number f(arrays), exact to rounding: Im f(x + ih) / h with h far below anything."""
    gradients = {}
    for name, array in arrays.items():
        gradients[name] = np.zeros_like(array)
        for place in np.ndindex(array.shape):
            nudged = array.astype(complex)
            nudged[place] += 1e-200j
            gradients[name][place] = f({**arrays, name: nudged}).imag / 1e-200
    return gradients


def central_difference(f: Any, arrays: dict[str, Any], eps: float = 6e-6) -> dict[str, Any]:
    """The gradients of the number f(arrays), by (f(x + eps) − f(x − eps)) / (2 eps)."""
    gradients = {}
    for name, array in arrays.items():
        gradients[name] = np.zeros_like(array)
        for place in np.ndindex(array.shape):
            up, down = array.copy(), array.copy()
            up[place] += eps
            down[place] -= eps
            gradients[name][place] = (f({**arrays, name: up}) - f({**arrays, name: down})) / (2 * eps)
    return gradients


def error(got: Any, wanted: Any) -> float:
    """The tolerance of the house: max|a − b| / max|b|."""
    got, wanted = (np.asarray(a.numpy() if hasattr(a, "numpy") else a) for a in (got, wanted))
    return float(np.abs(got - wanted).max() / np.abs(wanted).max())
