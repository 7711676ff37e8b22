"""Questions about numbers. Their answers are plain NumPy arrays, since no gradient can come through them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError, ShapeError
from ..op import Op, apply
from ..support.arrays import Array, is_weak
from ..support.operands import value_of
from ..support.scopes import current_mode
from ..tensor import Tensor

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


class Compare(Op):
    """x compared with y: recorded only for a tracer, which wants the operation and not its answer."""

    def __init__(self, compare: Any) -> None:
        self.compare = compare

    def forward(self, x: Any, y: Any) -> Any:
        return self.compare(x, y)


def _compared(compare: Any, x: Any, y: Any) -> Any:
    if current_mode().tracer is not None and (isinstance(x, Tensor) or isinstance(y, Tensor)):
        answer = apply(Compare(compare), x, y)
        answer.requires_grad = False
        return answer
    x, y = (t if is_weak(t) else value_of(t) for t in (x, y))  # Python numbers stay weak: f32 > 0.1 is in float32
    try:
        return compare(x, y)
    except ValueError:
        raise ShapeError(f"{compare.__name__}: shapes {np.shape(x)} and {np.shape(y)} do not broadcast") from None


def _position(search: Any, x: Any, axis: int | None, keepdims: bool) -> Any:
    array = x.data if isinstance(x, Tensor) else value_of(x)
    try:
        return search(array, axis=axis, keepdims=keepdims)
    except ValueError as error:  # NumPy says which: no elements, or no such axis
        raise ShapeError(f"{search.__name__}: {error}, got shape {array.shape}") from None


def equal(x: Any, y: Any) -> Any:
    """x == y, broadcast: a boolean array."""
    return _compared(np.equal, x, y)


def not_equal(x: Any, y: Any) -> Any:
    """x != y, broadcast: a boolean array."""
    return _compared(np.not_equal, x, y)


def less(x: Any, y: Any) -> Any:
    """x < y, broadcast: a boolean array."""
    return _compared(np.less, x, y)


def less_equal(x: Any, y: Any) -> Any:
    """x <= y, broadcast: a boolean array."""
    return _compared(np.less_equal, x, y)


def greater(x: Any, y: Any) -> Any:
    """x > y, broadcast: a boolean array."""
    return _compared(np.greater, x, y)


def greater_equal(x: Any, y: Any) -> Any:
    """x >= y, broadcast: a boolean array."""
    return _compared(np.greater_equal, x, y)


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the first largest element along `axis`: an integer array."""
    return _position(np.argmax, x, axis, keepdims)


def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the first smallest element along `axis`: an integer array."""
    return _position(np.argmin, x, axis, keepdims)


def isfinite(x: Any) -> Any:
    """Which elements are neither NaN nor infinite: a boolean array."""
    return np.isfinite(x.data if isinstance(x, Tensor) else value_of(x))


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
