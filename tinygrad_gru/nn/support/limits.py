"""Memory limits of weights: the machine's memory, and the size of the file that they are loaded from."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import numpy as np

from ...core.support.arguments import brief, count
from ...errors import ArgumentError, CheckpointError, ShapeError
from .checks import checked_float

__all__ = ["at_most", "checked_matrix", "checked_weights", "machine_memory", "refuse_what_is_too_large"]

_bytes_left: ContextVar[float] = ContextVar("bytes that weights may still take", default=math.inf)


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Weights that are drawn inside take at most so many bytes; CheckpointError before memory is taken for more.

    For a model that is built as a file says, before the file's arrays are loaded into it.
    """
    token = _bytes_left.set(count("at_most: size", size, 0))
    try:
        yield
    finally:
        _bytes_left.reset(token)


def checked_weights(name: str, shape: Any, dtype: Any, generator: Any) -> tuple[tuple[int, ...], Any]:
    """The shape and dtype of weights that are to be drawn, if there is memory for them."""
    if not isinstance(shape, tuple | list) or not all(type(n) is int and 0 <= n < 2**31 for n in shape):
        raise ShapeError(f"{name}: shape: got {brief(shape)}, wanted a tuple of sizes. try: (3, 2)")
    if not isinstance(generator, np.random.Generator):
        raise ArgumentError(f"{name}: generator: got {brief(generator)}. try: np.random.default_rng(0)")
    shape, dtype = tuple(shape), checked_float(name, dtype)
    refuse_what_is_too_large(math.prod(shape))
    left = _bytes_left.get()
    if left != math.inf:
        left -= math.prod(shape) * dtype.itemsize
        if left < 0:
            raise CheckpointError("its settings and facts ask for more weights than it can hold")
        _bytes_left.set(left)
    return shape, dtype


def checked_matrix(name: str, shape: Any) -> tuple[int, int]:
    """The two sizes of a matrix, above 0."""
    if not isinstance(shape, tuple | list) or len(shape) != 2 or not all(type(n) is int and n > 0 for n in shape):
        raise ShapeError(f"{name}: wants the shape of a matrix, got {brief(shape)}. try: (3, 2)")
    return shape[0], shape[1]


def refuse_what_is_too_large(numbers: int) -> None:
    """Raise ArgumentError for more numbers, in float64, than fit into memory.

    The system would grant it, and kill the process when it is used.
    """
    memory = machine_memory()
    if memory is not None and 8 * numbers > memory:
        raise ArgumentError(
            f"weights of {brief(numbers)} numbers take {8 * numbers // 10**9:,} GB, and there are {memory / 1e9:,.0f}. "
            "try: smaller sizes"
        )


def machine_memory() -> int | None:
    """The bytes of this machine's memory, or None where the system does not tell."""
    with suppress(AttributeError, OSError, ValueError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None
