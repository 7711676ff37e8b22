"""Initial weights. Each function takes a shape, a seeded generator and a dtype, and returns a new array.

>>> import numpy as np, tinygrad_gru as tg
>>> W = tg.nn.initialisers.orthogonal((3, 2), np.random.default_rng(0), np.float64)
>>> np.allclose(W.T @ W, np.eye(2))
True
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.support.arguments import at_least_zero, brief, count
from ..core.support.arrays import Array
from ..errors import ArgumentError, ShapeError
from .support.limits import at_most, checked_matrix, checked_weights, refuse_what_is_too_large

__all__ = ["at_most", "glorot_uniform", "normal", "orthogonal", "recurrent_weights", "uniform", "zeros"]

Shape = tuple[int, ...]
UNUSED = np.random.default_rng(0)  # zeros draw nothing


def uniform(shape: Shape, generator: np.random.Generator, dtype: Any = np.float32, bound: float | None = None) -> Array:
    """W ~ U(−bound, bound), by default ±1/√H with H the last size: what PyTorch gives all weights of its RNNs."""
    shape, dtype = checked_weights("uniform", shape, dtype, generator)
    if bound is None:
        if not shape or not shape[-1]:
            raise ShapeError(f"uniform: shape {shape} has no last size to take the bound from. try: bound=0.1")
        bound = 1 / math.sqrt(shape[-1])
    bound = at_least_zero("uniform: bound", bound)
    if bound > np.finfo(dtype).max / 2:  # twice that is the width to draw from
        raise ArgumentError(f"uniform: bound: got {bound}, and {dtype} holds no such numbers. try: bound=0.1")
    return generator.uniform(-bound, bound, shape).astype(dtype)


def normal(shape: Shape, generator: np.random.Generator, dtype: Any = np.float32) -> Array:
    """W ~ N(0, 1): what PyTorch gives embeddings."""
    shape, dtype = checked_weights("normal", shape, dtype, generator)
    return generator.standard_normal(shape).astype(dtype)


def glorot_uniform(shape: Shape, generator: np.random.Generator, dtype: Any = np.float32) -> Array:
    """W ~ U(−b, b), b = √(6 / (fan_in + fan_out)), for W (fan_in, fan_out).  Source: Glorot and Bengio 2010."""
    fan_in, fan_out = checked_matrix("glorot_uniform", shape)
    return uniform(shape, generator, dtype, math.sqrt(6 / (fan_in + fan_out)))


def orthogonal(shape: Shape, generator: np.random.Generator, dtype: Any = np.float32) -> Array:
    """WᵀW = I, or WWᵀ = I where there are fewer rows than columns; each such matrix is as likely as any other.

    A square one keeps lengths, forward and backward.  Source: Saxe et al. 2013, arXiv 1312.6120.
    """
    rows, columns = checked_matrix("orthogonal", shape)
    _, dtype = checked_weights("orthogonal", shape, dtype, generator)
    q, r = np.linalg.qr(generator.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diagonal(r))  # or else some would be likelier than others (Mezzadri 2007)
    return np.array(q if rows >= columns else q.T, dtype, order="C")


def zeros(shape: Shape, generator: np.random.Generator | None = None, dtype: Any = np.float32) -> Array:
    """W = 0."""
    shape, dtype = checked_weights("zeros", shape, dtype, UNUSED if generator is None else generator)
    return np.zeros(shape, dtype)


def recurrent_weights(
    init: str, inputs: int, hidden: int, gates: int, generator: np.random.Generator, dtype: Any = np.float32
) -> list[Array]:
    """The weights of a recurrent cell, a matrix (H+I, H) for each gate, rows of h first.

    "torch": all of them evenly between ±1/√H.  "keras": the rows of x by `glorot_uniform` and those of h `orthogonal`,
    each over the columns of all gates side by side, (I, gates·H) and (H, gates·H), as Keras does.
    """
    for name, size in (("inputs", inputs), ("hidden", hidden), ("gates", gates)):
        count(f"recurrent_weights: {name}", size, 1)
    refuse_what_is_too_large(gates * (hidden + inputs) * hidden)
    if isinstance(init, str) and init == "torch":
        return [uniform((hidden + inputs, hidden), generator, dtype) for _ in range(gates)]
    if isinstance(init, str) and init == "keras":
        W_h = orthogonal((hidden, gates * hidden), generator, dtype)
        W_x = glorot_uniform((inputs, gates * hidden), generator, dtype)
        W = np.concatenate([W_h, W_x])  # (H+I, gates·H)
        return [W_gate.copy() for W_gate in np.split(W, gates, axis=1)]
    raise ArgumentError(f'init: got {brief(init)}, wanted "torch" or "keras"')
