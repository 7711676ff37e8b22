"""A GRU written operation by operation, forward and backward: ours against PyTorch eager and HIPS/autograd.

All three do the same: concat, matmul, add, sigmoid, tanh and the elementwise operations of the design's GRU, one Python
call each, float32, over all steps; the loss is the sum of all states.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .timing import side_by_side

SHAPES = [(1, 100, 16, 32), (32, 50, 32, 64), (64, 100, 64, 128)]
LIMITS = {"torch": (0.9, 1.0, 1.15), "autograd": (0.3, 0.3, None)}


def weights(inputs: int, hidden: int) -> list[np.ndarray]:
    """W_r, W_z, W_h of (H+I, H) and b_r, b_z, b_h of (H,)."""
    rng = np.random.default_rng(0)
    scale = hidden**-0.5
    shapes = [(hidden + inputs, hidden)] * 3 + [(hidden,)] * 3
    return [rng.uniform(-scale, scale, s).astype(np.float32) for s in shapes]


def ours(batch: int, steps: int, inputs: int, hidden: int, x: np.ndarray) -> Any:
    """The GRU layer of the package, composed of operations, with its scopes and names."""
    import tinygrad_gru as tg

    gru = tg.nn.GRU(inputs, hidden, engine="eager")
    parameters = [getattr(gru.cell, name) for name in ("W_r", "W_z", "W_h", "b_r", "b_z", "b_h")]
    for p, w in zip(parameters, weights(inputs, hidden), strict=True):
        p.data = w
    sequence = tg.Tensor(x)

    def run() -> list[np.ndarray]:
        states, _ = gru(sequence)
        states.sum().backward()
        gradients = [p.grad for p in parameters]
        gru.zero_grad()
        return gradients

    return run


def torch_eager(batch: int, steps: int, inputs: int, hidden: int, x: np.ndarray) -> Any:
    """The same operations in PyTorch."""
    import torch

    parameters = [torch.tensor(w, requires_grad=True) for w in weights(inputs, hidden)]
    W_r, W_z, W_h, b_r, b_z, b_h = parameters
    sequence = torch.tensor(x)

    def run() -> list[Any]:
        h = torch.zeros(batch, hidden)
        states = []
        for t in range(steps):
            x = sequence[t]
            hx = torch.cat([h, x], -1)
            r = torch.sigmoid(hx @ W_r + b_r)
            z = torch.sigmoid(hx @ W_z + b_z)
            candidate = torch.tanh(torch.cat([r * h, x], -1) @ W_h + b_h)
            h = (1 - z) * h + z * candidate
            states.append(h)
        torch.stack(states).sum().backward()
        gradients = [p.grad for p in parameters]
        for p in parameters:
            p.grad = None
        return gradients

    return run


def hips_autograd(batch: int, steps: int, inputs: int, hidden: int, x: np.ndarray) -> Any:
    """The same operations in HIPS/autograd."""
    import autograd
    import autograd.numpy as anp

    def sigmoid(a: Any) -> Any:
        return 0.5 * anp.tanh(0.5 * a) + 0.5

    def loss(parameters: Any) -> Any:
        W_r, W_z, W_h, b_r, b_z, b_h = parameters
        h = np.zeros((batch, hidden), np.float32)
        states = []
        for t in range(steps):
            hx = anp.concatenate([h, x[t]], -1)
            r = sigmoid(anp.dot(hx, W_r) + b_r)
            z = sigmoid(anp.dot(hx, W_z) + b_z)
            candidate = anp.tanh(anp.dot(anp.concatenate([r * h, x[t]], -1), W_h) + b_h)
            h = (1 - z) * h + z * candidate
            states.append(h)
        return anp.sum(anp.stack(states))

    gradient = autograd.grad(loss)
    parameters = weights(inputs, hidden)
    return lambda: gradient(parameters)


def main() -> list[dict[str, Any]]:
    """One row per shape; the gradients of the three must agree, or nothing is timed."""
    rows = []
    for i, shape in enumerate(SHAPES):
        batch, steps, inputs, _ = shape
        x = np.random.default_rng(1).standard_normal((steps, batch, inputs)).astype(np.float32)
        contestants = {
            "ours": ours(*shape, x),
            "torch": torch_eager(*shape, x),
            "autograd": hips_autograd(*shape, x),
        }
        reference = contestants["torch"]()
        for run in contestants.values():
            for got, wanted in zip(run(), reference, strict=True):
                difference = np.abs(np.asarray(got) - wanted.numpy()).max() / np.abs(wanted.numpy()).max()
                assert difference < 1e-4, difference
        fast = {name: contestants[name] for name in ("ours", "torch")}
        seconds = side_by_side(fast, repeats=21) | side_by_side(
            {"ours beside autograd": contestants["ours"], "autograd": contestants["autograd"]}, repeats=7
        )
        rows.append(
            {
                "batch, steps, input, hidden": shape,
                "ours ms": seconds["ours"] * 1e3,
                "torch ms": seconds["torch"] * 1e3,
                "autograd ms": seconds["autograd"] * 1e3,
                "ours / torch": seconds["ours"] / seconds["torch"],
                "at most": LIMITS["torch"][i],
                "ours / autograd": seconds["ours beside autograd"] / seconds["autograd"],
                "at most ": LIMITS["autograd"][i],
            }
        )
    return rows
