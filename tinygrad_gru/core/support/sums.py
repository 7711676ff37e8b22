"""Accurate sums and means: blockwise summation, along any axis.

NumPy adds pairwise along the axis that is contiguous in memory, and one after the other along every other: of a million
equal float32 numbers the mean along axis 0 comes out wrong by 1 %. Here such an axis is cut into blocks, the sums of
the blocks into blocks again, and so on: the error of n numbers grows like log n instead of n, as it does pairwise.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .arrays import Array

__all__ = ["accurate_mean", "accurate_sum", "in_float64"]

BLOCK = 16  # so many numbers are added one after the other
SHORT = 64  # so few need no blocks
WIDE = 1024  # rows shorter than this are added several at a time: NumPy's loop over one row has a cost of its own

add_up: Any = np.add.reduce


def accurate_sum(x: Array, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """`np.add.reduce(x, axis, keepdims=keepdims)`, accurate along every axis of whatever length.

    Integers and booleans are added as NumPy adds them. Infinities and NaN come out as they do from any sum.
    """
    if x.dtype.kind != "f" or x.size <= SHORT:
        return add_up(x, axis=axis, keepdims=keepdims)
    ndim = x.ndim
    axes = _counted(axis, ndim)
    if math.prod(x.shape[a] for a in axes) <= SHORT:
        return add_up(x, axis=axes, keepdims=keepdims)
    contiguous = x.flags.c_contiguous
    if contiguous and axes == tuple(range(ndim - len(axes), ndim)):  # the last axes: pairwise already
        return add_up(x, axis=axes, keepdims=keepdims)
    if contiguous and axes == tuple(range(len(axes))):
        y = _over_rows(x.reshape(math.prod(x.shape[: len(axes)]), -1))  # (n, k) to (1, k)
    else:
        y = x
        for a in sorted(axes, key=lambda a: abs(x.strides[a])):  # the contiguous one, if it is among them, first
            y = _along(y, a)
    shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes)
    return y.reshape(shape)[()]


def _counted(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes counted from the front, in order; NumPy's own error where one does not exist or stands twice."""
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int and -ndim <= axis < ndim:  # as in nearly every call
        return (axis % ndim,)
    return tuple(sorted(np.lib.array_utils.normalize_axis_tuple(axis, ndim)))


def _over_rows(x: Array) -> Any:
    """The sum of the rows of a contiguous matrix: (n, k) to (1, k)."""
    n, k = x.shape
    if n <= SHORT:
        return add_up(x, axis=0, keepdims=True)
    side = max(1, min(WIDE // k, n // BLOCK))  # so many rows stand side by side, as one
    blocks = n // (BLOCK * side)
    end = blocks * BLOCK * side
    sums = add_up(x[:end].reshape(blocks, BLOCK, side * k), axis=1).reshape(blocks * side, k)
    y = _over_rows(sums)
    return y if end == n else y + _over_rows(x[end:])


def _along(x: Array, axis: int) -> Any:
    """The sum along one axis of any array; the axis stays, with size 1."""
    n = x.shape[axis]
    if n <= SHORT or x.strides[axis] == x.itemsize:  # few, or contiguous: NumPy adds pairwise
        return add_up(x, axis=axis, keepdims=True)
    before = (slice(None),) * axis
    blocks = n // BLOCK
    end = blocks * BLOCK
    cut = x[(*before, slice(end))].reshape(*x.shape[:axis], blocks, BLOCK, *x.shape[axis + 1 :])  # a view
    y = _along(add_up(cut, axis=axis + 1), axis)
    return y if end == n else y + add_up(x[(*before, slice(end, n))], axis=axis, keepdims=True)


def accurate_mean(x: Array, axis: int | tuple[int, ...] | None, keepdims: bool, count: int) -> Any:
    """The mean of an array, `count` elements for each number, which is finite wherever all of x is."""
    if x.dtype.kind != "f":
        return np.mean(x, axis=axis, keepdims=keepdims)
    with np.errstate(over="ignore", invalid="ignore"):
        total = accurate_sum(x, axis, keepdims)
    if np.isfinite(total).all():
        return total / count
    return np.where(np.isfinite(total), total / count, accurate_sum(x / count, axis, keepdims))


def in_float64(accumulate: Any, x: Array, **options: Any) -> Any:
    """`accumulate(x, **options)`, of float32 numbers in float64: one after the other, a million of them would drift."""
    if x.dtype != np.float32:
        return accumulate(x, **options)
    return accumulate(x, dtype=np.float64, **options).astype(np.float32)
