"""The GRU with `reset_after` over time, forward and backward, as somebody would write it by hand in NumPy.

What the compiler derives from the equations is measured against this: gates evaluated as one block, products with the
input before the loop, sums over time after it, and no memory taken in the loops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def gru(weights: list[np.ndarray], x: np.ndarray, hidden: int) -> Callable[[], Any]:
    """A function that runs forward and backward for the loss Σ h, with `W_r W_z W_hx W_hh`, h's rows first."""
    W_r, W_z, W_hx, W_hh = weights
    T, B, I = x.shape
    H = hidden
    f = x.dtype
    gates, candidate, past = np.empty((T, B, 2 * H), f), np.empty((T, B, H), f), np.empty((T, B, H), f)
    h = np.zeros((T + 1, B, H), f)
    d_a, d_past = np.empty((T, B, 3 * H), f), np.empty((T, B, H), f)
    row, wide, products = np.empty((B, H), f), np.empty((B, 3 * H), f), np.empty((B, 3 * H), f)
    from_input = np.empty((T, B, 3 * H), f)

    def run() -> Any:
        W = np.concatenate([0.5 * W_r[H:], 0.5 * W_z[H:], W_hx], 1)  # (I, 3H)
        U = np.concatenate([0.5 * W_r[:H], 0.5 * W_z[:H], W_hh], 1)  # (H, 3H)
        np.matmul(x.reshape(-1, I), W, out=from_input.reshape(-1, 3 * H))
        for t in range(T):
            g, c, p = gates[t], candidate[t], past[t]
            np.dot(h[t], U, out=products)
            np.add(from_input[t, :, : 2 * H], products[:, : 2 * H], out=g)
            np.tanh(g, out=g)
            np.multiply(g, 0.5, out=g)
            np.add(g, 0.5, out=g)  # r, z
            np.copyto(p, products[:, 2 * H :])
            np.multiply(g[:, :H], p, out=c)
            np.add(c, from_input[t, :, 2 * H :], out=c)
            np.tanh(c, out=c)
            np.subtract(c, h[t], out=row)
            np.multiply(row, g[:, H:], out=row)
            np.add(h[t], row, out=h[t + 1])

        U_T = np.concatenate([W_r[:H], W_z[:H], W_hh], 1).T.copy()
        d = np.zeros((B, H), f)
        r, z = gates[..., :H], gates[..., H:]
        by_z = (candidate - h[:-1]) * z * (1 - z)
        by_candidate = z * (1 - candidate * candidate)
        by_r = past * r * (1 - r)
        keep = 1 - z
        for t in range(T - 1, -1, -1):
            np.add(d, 1.0, out=d)
            a = d_a[t]
            np.multiply(d, by_candidate[t], out=a[:, 2 * H :])
            np.multiply(d, by_z[t], out=a[:, H : 2 * H])
            np.multiply(a[:, 2 * H :], by_r[t], out=a[:, :H])
            np.multiply(a[:, 2 * H :], r[t], out=d_past[t])
            np.copyto(wide[:, : 2 * H], a[:, : 2 * H])
            np.copyto(wide[:, 2 * H :], d_past[t])
            np.multiply(d, keep[t], out=d)
            np.dot(wide, U_T, out=row)
            np.add(d, row, out=d)
        flat = d_a.reshape(-1, 3 * H)
        W_T = np.concatenate([W_r[H:], W_z[H:], W_hx], 1).T
        d_x = flat @ W_T
        d_input = x.reshape(-1, I).T @ flat
        before = h[:-1].reshape(-1, H).T
        d_gates, d_hh = before @ flat[:, : 2 * H], before @ d_past.reshape(-1, H)
        biases = np.add.reduce(flat), np.add.reduce(d_past.reshape(-1, H))
        return d_x, d_input, d_gates, d_hh, biases, d

    return run


def products(weights: list[np.ndarray], x: np.ndarray, hidden: int) -> Callable[[], Any]:
    """The matrix products alone: the floor."""
    T, B, I = x.shape
    H = hidden
    f = x.dtype
    W, U = np.ones((I, 3 * H), f), np.ones((H, 3 * H), f)
    h, a = np.ones((B, H), f), np.ones((B, 3 * H), f)
    every, d_a, U_T = np.ones((T * B, H), f), np.ones((T * B, 3 * H), f), np.ones((3 * H, H), f)

    def run() -> Any:
        x.reshape(-1, I) @ W
        for _ in range(T):
            np.dot(h, U, out=a)
        for _ in range(T):
            np.dot(a, U_T, out=h)
            h[...] = 1
        return d_a @ W.T, x.reshape(-1, I).T @ d_a, every.T @ d_a

    return run
