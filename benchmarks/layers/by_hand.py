"""The GRU with `reset_after` over time, forward and backward, as somebody would write it by hand in NumPy.

What the compiler derives from the equations is measured against this: gates evaluated as one block, products with the
input before the loop, sums over time after it, and no memory taken in the loops. It does the same work as the layer: it
adds biases, takes any gradient of the states, and gives those of the input, the first state and each parameter.
"""

from __future__ import annotations

from itertools import repeat
from typing import Any

import numpy as np

Parameters = dict[str, np.ndarray]
NAMES = ("W_r", "W_z", "W_hx", "W_hh", "b_r", "b_z", "b_xh", "b_hh")  # as the cell names them, h's rows first


class GRU:
    """The program for x of (T, B, I) and parameters by name; without `training`, gates are not stored.

    A column of ones stands beside x, so that the product with the weights adds the biases, and the product for the
    weights' gradient sums the biases' gradient.
    """

    def __init__(self, parameters: Parameters, x: np.ndarray, training: bool = True) -> None:
        T, B, I = x.shape
        H, f = len(parameters["b_hh"]), x.dtype
        self.parameters, self.x, self.training = parameters, x, training
        stored = T if training else 1
        self.x_and_one = np.ones((T * B, I + 1), f)
        self.from_input = np.empty((T, B, 3 * H), f)
        self.gates = np.empty((stored, B, 2 * H), f)  # r, z
        self.candidate, self.past = np.empty((stored, B, H), f), np.empty((stored, B, H), f)
        self.h = np.zeros((T + 1, B, H), f)
        if training:
            self.d_a, self.d_past = np.empty((T, B, 3 * H), f), np.empty((T, B, H), f)

    def forward(self) -> np.ndarray:
        """The states (T, B, H)."""
        W_r, W_z, W_hx, W_hh, b_r, b_z, b_xh, b_hh = (self.parameters[name] for name in NAMES)
        B, I = self.x.shape[1:]
        H = len(b_hh)
        W = np.concatenate([0.5 * W_r[H:], 0.5 * W_z[H:], W_hx], 1)  # (I, 3H)
        b = np.concatenate([0.5 * b_r, 0.5 * b_z, b_xh])  # (3H,)
        U = np.concatenate([0.5 * W_r[:H], 0.5 * W_z[:H], W_hh], 1)  # (H, 3H)
        self.x_and_one[:, :I] = self.x.reshape(-1, I)
        np.matmul(self.x_and_one, np.concatenate([W, b[None]]), out=self.from_input.reshape(-1, 3 * H))
        row, products = np.empty((B, H), W.dtype), np.empty((B, 3 * H), W.dtype)
        b_hh = np.tile(b_hh, (B, 1))  # added in each step: faster than broadcast
        by_step = (self.gates, self.candidate, self.past)
        stored = zip(*by_step, strict=True) if self.training else repeat([buffer[0] for buffer in by_step])
        for from_input, h, h_next, (g, c, p) in zip(self.from_input, self.h[:-1], self.h[1:], stored, strict=False):
            np.dot(h, U, out=products)
            np.add(from_input[:, : 2 * H], products[:, : 2 * H], out=g)
            np.tanh(g, out=g)
            np.multiply(g, 0.5, out=g)
            np.add(g, 0.5, out=g)  # σ(a) = ½ tanh(½ a) + ½
            np.add(products[:, 2 * H :], b_hh, out=p)
            np.multiply(g[:, :H], p, out=c)
            np.add(c, from_input[:, 2 * H :], out=c)
            np.tanh(c, out=c)
            np.subtract(c, h, out=row)
            np.multiply(row, g[:, H:], out=row)
            np.add(h, row, out=h_next)
        return self.h[1:]

    def backward(self, d_states: np.ndarray) -> dict[str, Any]:
        """From the gradient of the states (T, B, H), those of x, h0 and the parameters, by name."""
        d_h0 = self._through_time(d_states)
        W_r, W_z, W_hx = (self.parameters[name] for name in NAMES[:3])
        H = self.h.shape[-1]
        I = self.x.shape[-1]
        d_a, d_past = self.d_a.reshape(-1, 3 * H), self.d_past.reshape(-1, H)
        d_x = d_a @ np.concatenate([W_r[H:], W_z[H:], W_hx], 1).T
        d_input = self.x_and_one.T @ d_a  # (I+1, 3H)
        before = self.h[:-1].reshape(-1, H).T
        d_gates = before @ d_a[:, : 2 * H]  # (H, 2H)
        return {
            "x": d_x.reshape(self.x.shape),
            "h0": d_h0,
            "W_r": np.concatenate([d_gates[:, :H], d_input[:I, :H]]),
            "W_z": np.concatenate([d_gates[:, H:], d_input[:I, H : 2 * H]]),
            "W_hx": d_input[:I, 2 * H :],
            "W_hh": before @ d_past,
            "b_r": d_input[I, :H],
            "b_z": d_input[I, H : 2 * H],
            "b_xh": d_input[I, 2 * H :],
            "b_hh": np.add.reduce(d_past),
        }

    def _through_time(self, d_states: np.ndarray) -> np.ndarray:
        """The gradient of h0; those before each σ and tanh are left in `d_a`, that of h W_hh + b_hh in `d_past`."""
        W_r, W_z, _, W_hh = (self.parameters[name] for name in NAMES[:4])
        T, B, H = d_states.shape
        f = d_states.dtype
        U_T = np.concatenate([W_r[:H], W_z[:H], W_hh], 1).T.copy()  # (3H, H)
        d, row, wide = np.zeros((B, H), f), np.empty((B, H), f), np.empty((B, 3 * H), f)
        r, z, c = self.gates[..., :H], self.gates[..., H:], self.candidate
        by_z = (c - self.h[:-1]) * z * (1 - z)
        by_candidate = z * (1 - c * c)
        by_r = self.past * r * (1 - r)
        keep = 1 - z
        for t in range(T - 1, -1, -1):
            np.add(d, d_states[t], out=d)
            a = self.d_a[t]
            np.multiply(d, by_candidate[t], out=a[:, 2 * H :])
            np.multiply(d, by_z[t], out=a[:, H : 2 * H])
            np.multiply(a[:, 2 * H :], by_r[t], out=a[:, :H])
            np.multiply(a[:, 2 * H :], r[t], out=self.d_past[t])
            np.copyto(wide[:, : 2 * H], a[:, : 2 * H])
            np.copyto(wide[:, 2 * H :], self.d_past[t])
            np.multiply(d, keep[t], out=d)
            np.dot(wide, U_T, out=row)
            np.add(d, row, out=d)
        return d
