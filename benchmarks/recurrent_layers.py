"""Recurrent layers, forward and backward: ours against PyTorch's own layers, a jitted JAX scan, and NumPy by hand.

float32, gradients of the input and of all parameters, the loss is the sum of all outputs. The NumPy program is what
runs without extras; "jit" is with Numba. "floor" is the matrix products alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .by_hand import gru as gru_by_hand
from .by_hand import products
from .timing import side_by_side

SHAPES = [(1, 100, 16, 32), (32, 50, 32, 64), (64, 100, 64, 128), (64, 128, 128, 256), (32, 600, 2, 130)]
LIMITS = {  # NumPy program / torch, jit / torch, jit / JAX
    "GRU, reset after": [
        (0.21, 0.03, 0.40), (0.60, 0.38, 0.60), (0.85, 0.75, 0.60), (0.96, 0.90, 0.80), (0.73, 0.58, 0.50),
    ],
    "LSTM": [(None, 1.0, None)] * 5,
    "RNN": [(None, 0.8, None)] * 3 + [(None, 0.95, None), (None, 0.8, None)],
}  # fmt: skip


def ours(kind: str, x: np.ndarray, inputs: int, hidden: int, jit: bool) -> Callable[[], Any]:
    """Our layer, by the NumPy program or by Numba."""
    import tinygrad_gru as tg

    make = {
        "GRU": lambda: tg.compile(tg.nn.GRU(inputs, hidden)),
        "GRU, reset after": lambda: tg.compile(tg.nn.GRU(inputs, hidden, reset_after=True)),
        "LSTM": lambda: tg.compile(tg.nn.LSTM(inputs, hidden, bias="double")),
        "RNN": lambda: tg.compile(tg.nn.RNN(inputs, hidden, bias="double")),
    }
    layer = make[kind]()
    parameters = layer.parameters()

    def run() -> Any:
        with tg.compiler.jit(jit):
            sequence = tg.Tensor(x, requires_grad=True)
            out, _ = layer(sequence)
            out.sum().backward()
            for p in parameters:
                p.grad = None
            return sequence.grad

    return run


def torch_layer(kind: str, x: np.ndarray, inputs: int, hidden: int) -> Callable[[], Any]:
    """PyTorch's."""
    import torch

    layer = getattr(torch.nn, kind.partition(",")[0])(inputs, hidden)
    parameters = [*layer.parameters()]

    def run() -> Any:
        sequence = torch.tensor(x, requires_grad=True)
        out, _ = layer(sequence)
        out.sum().backward()
        for p in parameters:
            p.grad = None
        return sequence.grad

    return run


def jax_gru(x: np.ndarray, inputs: int, hidden: int) -> Callable[[], Any]:
    """A `lax.scan` over the GRU with reset_after, differentiated and jitted."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    W, U = (jnp.asarray(rng.uniform(-0.1, 0.1, (n, 3 * hidden)), jnp.float32) for n in (inputs, hidden))
    b, c = (jnp.zeros(3 * hidden, jnp.float32) for _ in "bc")

    def loss(parameters: Any, xs: Any) -> Any:
        W, U, b, c = parameters
        from_input = xs @ W + b

        def step(h: Any, a: Any) -> Any:
            p = h @ U + c
            r, z = jnp.split(jax.nn.sigmoid(a[:, : 2 * hidden] + p[:, : 2 * hidden]), 2, -1)
            candidate = jnp.tanh(a[:, 2 * hidden :] + r * p[:, 2 * hidden :])
            h = (1 - z) * h + z * candidate
            return h, h

        _, out = jax.lax.scan(step, jnp.zeros((xs.shape[1], hidden), jnp.float32), from_input)
        return out.sum()

    gradient = jax.jit(jax.grad(loss, argnums=(0, 1)))
    return lambda: jax.block_until_ready(gradient((W, U, b, c), x))


def main() -> list[dict[str, Any]]:
    """A row for each layer and shape."""
    rows = []
    for kind in ("GRU, reset after", "GRU", "LSTM", "RNN"):
        for i, (batch, steps, inputs, hidden) in enumerate(SHAPES):
            x = np.random.default_rng(1).standard_normal((steps, batch, inputs)).astype(np.float32)
            contestants = {
                "NumPy program": ours(kind, x, inputs, hidden, False),
                "jit": ours(kind, x, inputs, hidden, True),
                "torch": torch_layer(kind, x, inputs, hidden),
            }
            if kind == "GRU, reset after":
                rng = np.random.default_rng(2)
                sizes = [(hidden + inputs, hidden)] * 2 + [(inputs, hidden), (hidden, hidden)]
                weights = [rng.uniform(-0.1, 0.1, s).astype(np.float32) for s in sizes]
                contestants |= {
                    "JAX": jax_gru(x, inputs, hidden),
                    "by hand": gru_by_hand(weights, x, hidden),
                    "floor": products(weights, x, hidden),
                }
            seconds = side_by_side(contestants, repeats=9)
            program, jitted, jax = LIMITS.get(kind, [(None, None, None)] * 5)[i]
            row: dict[str, Any] = {
                "layer": kind,
                "batch, steps, input, hidden": (batch, steps, inputs, hidden),
                "torch ms": seconds["torch"] * 1e3,
                "NumPy / torch": seconds["NumPy program"] / seconds["torch"],
                "at most": program,
                "jit / torch": seconds["jit"] / seconds["torch"],
                "at most ": jitted,
            }
            others = ("JAX", "by hand", "floor")
            found = {name: seconds.get(name) for name in others}
            row["jit / JAX"] = seconds["jit"] / found["JAX"] if found["JAX"] else None
            row["at most  "] = jax
            row["NumPy / by hand"] = seconds["NumPy program"] / found["by hand"] if found["by hand"] else None
            row["jit / floor"] = seconds["jit"] / found["floor"] if found["floor"] else None
            rows.append(row)
    return rows
