"""Initial weights. Each function takes a shape, a seeded generator and a dtype, and returns a new array.

>>> import numpy as np, tinygrad_gru as tg
>>> W = tg.nn.initialisers.orthogonal((3, 2), np.random.default_rng(0), np.float64)
>>> np.allclose(W.T @ W, np.eye(2))
True
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..core.support.arguments import at_least_zero, brief, count
from ..core.support.arrays import Array
from ..errors import ArgumentError, CheckpointError, ShapeError
from .checks import checked_float

__all__ = ["at_most", "glorot_uniform", "normal", "orthogonal", "recurrent_weights", "uniform", "zeros"]

Shape = tuple[int, ...]
UNUSED = np.random.default_rng(0)  # by what draws nothing

_left: ContextVar[float] = ContextVar("bytes that weights may still take", default=math.inf)


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Weights made within take at most so many bytes; CheckpointError before memory is taken for more.

    For a model that is built as a file says, before what the file holds is given to it.
    """
    token = _left.set(count("at_most: size", size, 0))
    try:
        yield
    finally:
        _left.reset(token)


def _take(name: str, shape: Any, dtype: Any, generator: Any) -> tuple[Shape, Any]:
    """Shape and dtype of weights that are about to be made, if they are such and there is memory for them."""
    if not isinstance(shape, tuple | list) or not all(type(n) is int and 0 <= n < 2**31 for n in shape):
        raise ShapeError(f"{name}: shape: got {brief(shape)}, wanted a tuple of sizes. try: (3, 2)")
    if not isinstance(generator, np.random.Generator):
        raise ArgumentError(f"{name}: generator: got {brief(generator)}. try: np.random.default_rng(0)")
    shape, dtype = tuple(shape), checked_float(name, dtype)
    refuse_what_is_too_large(math.prod(shape))
    left = _left.get()
    if left != math.inf:
        left -= math.prod(shape) * dtype.itemsize
        if left < 0:
            raise CheckpointError("its settings and facts ask for more weights than it can hold")
        _left.set(left)
    return shape, dtype


def uniform(shape: Shape, generator: np.random.Generator, dtype: Any = np.float32, bound: float | None = None) -> Array:
    """Evenly between ±bound, by default ±1/√H with H the last size: what PyTorch gives all weights of its RNNs."""
    shape, dtype = _take("uniform", shape, dtype, generator)
    if bound is None:
        if not shape or not shape[-1]:
            raise ShapeError(f"uniform: shape {shape} has no last size to take the bound from. try: bound=0.1")
        bound = 1 / math.sqrt(shape[-1])
    bound = at_least_zero("uniform: bound", bound)
    if bound > np.finfo(dtype).max / 2:  # twice that is the width to draw from
        raise ArgumentError(f"uniform: bound: got {bound}, and {dtype} holds no such numbers. try: bound=0.1")
    return generator.uniform(-bound, bound, shape).astype(dtype)


def normal(shape: Shape, generator: np.random.Generator, dtype: Any = np.float32) -> Array:
    """The standard normal distribution: what PyTorch gives embeddings."""
    shape, dtype = _take("normal", shape, dtype, generator)
    return generator.standard_normal(shape).astype(dtype)


def glorot_uniform(shape: Shape, generator: np.random.Generator, dtype: Any = np.float32) -> Array:
    """Evenly between ±√(6 / (inputs + outputs)), for W of (inputs, outputs).  Source: Glorot and Bengio 2010."""
    inputs, outputs = _matrix("glorot_uniform", shape)
    return uniform(shape, generator, dtype, math.sqrt(6 / (inputs + outputs)))


def orthogonal(shape: Shape, generator: np.random.Generator, dtype: Any = np.float32) -> Array:
    """A random matrix whose columns (or rows, if those are fewer) have length 1 and right angles between them.

    Lengths survive a multiplication by it, forward and backward.  Source: Saxe et al. 2013, arXiv 1312.6120.
    """
    rows, columns = _matrix("orthogonal", shape)
    _, dtype = _take("orthogonal", shape, dtype, generator)
    q, r = np.linalg.qr(generator.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diagonal(r))  # or else not every rotation would be as likely as every other
    return np.array(q if rows >= columns else q.T, dtype, order="C")


def zeros(shape: Shape, generator: np.random.Generator | None = None, dtype: Any = np.float32) -> Array:
    """Zeros."""
    shape, dtype = _take("zeros", shape, dtype, UNUSED if generator is None else generator)
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
        of_h = orthogonal((hidden, gates * hidden), generator, dtype)
        of_x = glorot_uniform((inputs, gates * hidden), generator, dtype)
        both = np.concatenate([of_h, of_x])  # (H+I, gates·H)
        return [W.copy() for W in np.split(both, gates, axis=1)]
    raise ArgumentError(f'init: got {brief(init)}, wanted "torch" or "keras"')


def refuse_what_is_too_large(numbers: int) -> None:
    """Raise ArgumentError for more numbers than there is memory for: it would be granted, and the process killed.

    They are drawn in float64.
    """
    there = machine_memory()
    if there is not None and 8 * numbers > there:
        raise ArgumentError(
            f"weights of {brief(numbers)} numbers take {8 * numbers // 10**9:,} GB, and there are {there / 1e9:,.0f}. "
            "try: smaller sizes"
        )


def machine_memory() -> int | None:
    """The bytes of this machine's memory, if it tells."""
    with suppress(AttributeError, OSError, ValueError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def _matrix(name: str, shape: Shape) -> tuple[int, int]:
    if not isinstance(shape, tuple | list) or len(shape) != 2 or not all(type(n) is int and n > 0 for n in shape):
        raise ShapeError(f"{name}: wants the shape of a matrix, got {brief(shape)}. try: (3, 2)")
    return shape[0], shape[1]
