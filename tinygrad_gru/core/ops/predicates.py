"""Questions about numbers. Their answers are plain NumPy arrays, since no gradient can come through them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError
from ..arrays import Array, is_weak
from ..op import value_of

__all__ = [
    "argmax",
    "argmin",
    "equal",
    "greater",
    "greater_equal",
    "isfinite",
    "less",
    "less_equal",
    "not_equal",
    "one_hot",
]


def _operand(x: Any) -> Any:
    return x if is_weak(x) else value_of(x)  # a Python number stays weak: f32 > 0.1 compares in float32


def equal(x: Any, y: Any) -> Any:
    """x == y, broadcast: a boolean array."""
    return np.equal(_operand(x), _operand(y))


def not_equal(x: Any, y: Any) -> Any:
    """x != y, broadcast: a boolean array."""
    return np.not_equal(_operand(x), _operand(y))


def less(x: Any, y: Any) -> Any:
    """x < y, broadcast: a boolean array."""
    return np.less(_operand(x), _operand(y))


def less_equal(x: Any, y: Any) -> Any:
    """x <= y, broadcast: a boolean array."""
    return np.less_equal(_operand(x), _operand(y))


def greater(x: Any, y: Any) -> Any:
    """x > y, broadcast: a boolean array."""
    return np.greater(_operand(x), _operand(y))


def greater_equal(x: Any, y: Any) -> Any:
    """x >= y, broadcast: a boolean array."""
    return np.greater_equal(_operand(x), _operand(y))


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the first largest element along `axis`: an integer array."""
    return np.argmax(value_of(x), axis=axis, keepdims=keepdims)


def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the first smallest element along `axis`: an integer array."""
    return np.argmin(value_of(x), axis=axis, keepdims=keepdims)


def isfinite(x: Any) -> Any:
    """Which elements are neither NaN nor infinite: a boolean array."""
    return np.isfinite(value_of(x))


def one_hot(indices: Any, size: int, dtype: Any = np.float32) -> Array:
    """Rows of zeros with a one at each index: shape `indices.shape + (size,)`."""
    indices = np.asarray(indices if isinstance(indices, list | tuple | int) else value_of(indices))
    if indices.size == 0:
        indices = indices.astype(int)
    if indices.dtype.kind not in "iu" or (indices.size and not 0 <= indices.min() <= indices.max() < size):
        raise ArgumentError(f"one_hot: indices must be whole numbers from 0 to {size - 1}")
    out = np.zeros((*indices.shape, size), dtype)
    np.put_along_axis(out, indices[..., None], 1, axis=-1)
    return out
