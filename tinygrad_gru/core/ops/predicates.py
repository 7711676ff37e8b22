"""Comparisons, argmax, argmin and one_hot. Their results are NumPy arrays: no gradient can come through them."""

from typing import Any

import numpy as np

from ...errors import ArgumentError, DtypeError, ShapeError
from ..op import Op, apply
from ..support.arguments import axis as one_axis
from ..support.arguments import brief, brief_shape, flag, integer, shortened, some_dtype
from ..support.arrays import Array, checked_dtype, is_weak
from ..support.explain import MISFITS
from ..support.indices import listed
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

    def __init__(self, compare: Any):
        self.compare = compare

    def forward(self, x, y):
        return self.compare(x, y)


def compared(compare, x, y):
    """The answer of a comparison, an array; for a tracer a tensor."""
    if current_mode().tracer is not None and (isinstance(x, Tensor) or isinstance(y, Tensor)):
        answer = apply(Compare(compare), x, y)
        answer.requires_grad = False
        return answer
    x, y = (t if is_weak(t) else value_of(t) for t in (x, y))  # Python numbers stay weak: f32 > 0.1 is in float32
    try:
        return compare(x, y)
    except ValueError:
        shapes = " and ".join(brief_shape(np.shape(t)) for t in (x, y))
        raise ShapeError(f"{compare.__name__}: shapes {shapes} do not broadcast. try: x.reshape(...)") from None
    except MISFITS as error:
        raise DtypeError(
            f"{compare.__name__}: {shortened(error)}: {brief(x)} and {brief(y)}. try: arrays of numbers"
        ) from None


def position(search, x, axis, keepdims):
    """The index along `axis` that `search`, np.argmax or np.argmin, returns."""
    array = x.data if isinstance(x, Tensor) else value_of(x)
    keepdims = flag(f"{search.__name__}: keepdims", keepdims)
    try:
        return search(array, axis=None if axis is None else one_axis(search.__name__, axis), keepdims=keepdims)
    except (ValueError, OverflowError) as error:  # NumPy says which: no elements, or no such axis
        raise ShapeError(f"{search.__name__}: {shortened(error)}, got shape {brief_shape(array.shape)}") from None
    except TypeError as error:
        raise DtypeError(f"{search.__name__}: {shortened(error)}: {brief(array)}. try: an array of numbers") from None


def equal(x, y) -> Any:
    """out = x == y, broadcast: a boolean array; no gradient comes through.

    >>> tg.equal([1.0, 2.0, 3.0], 2.0).tolist()
    [False, True, False]
    """
    return compared(np.equal, x, y)


def not_equal(x, y) -> Any:
    """out = x != y, broadcast: a boolean array; no gradient comes through.

    >>> tg.not_equal([1.0, 2.0, 3.0], 2.0).tolist()
    [True, False, True]
    """
    return compared(np.not_equal, x, y)


def less(x, y) -> Any:
    """out = x < y, broadcast: a boolean array; no gradient comes through.

    >>> tg.less([1.0, 2.0, 3.0], 2.0).tolist()
    [True, False, False]
    """
    return compared(np.less, x, y)


def less_equal(x, y) -> Any:
    """out = x <= y, broadcast: a boolean array; no gradient comes through.

    >>> tg.less_equal([1.0, 2.0, 3.0], 2.0).tolist()
    [True, True, False]
    """
    return compared(np.less_equal, x, y)


def greater(x, y) -> Any:
    """out = x > y, broadcast: a boolean array; no gradient comes through.

    >>> tg.greater([1.0, 2.0, 3.0], 2.0).tolist()
    [False, False, True]
    """
    return compared(np.greater, x, y)


def greater_equal(x, y) -> Any:
    """out = x >= y, broadcast: a boolean array; no gradient comes through.

    >>> tg.greater_equal([1.0, 2.0, 3.0], 2.0).tolist()
    [False, True, True]
    """
    return compared(np.greater_equal, x, y)


def argmax(x, axis: int | None = None, keepdims: bool = False):
    """out = the position of the first largest element along `axis`, an integer; no gradient comes through.

    >>> tg.argmax([[1.0, 5.0], [3.0, 4.0]], axis=1).tolist()
    [1, 1]
    """
    return position(np.argmax, x, axis, keepdims)


def argmin(x, axis: int | None = None, keepdims: bool = False):
    """out = the position of the first smallest element along `axis`, an integer; no gradient comes through.

    >>> tg.argmin([[1.0, 5.0], [3.0, 4.0]], axis=1).tolist()
    [0, 0]
    """
    return position(np.argmin, x, axis, keepdims)


def isfinite(x) -> Any:
    """out = which elements are neither NaN nor infinite: a boolean array; no gradient comes through.

    >>> tg.isfinite([1.0, float("inf"), float("nan")]).tolist()
    [True, False, False]
    """
    array = x.data if isinstance(x, Tensor) else value_of(x)
    try:
        return np.isfinite(array)
    except TypeError as error:
        raise DtypeError(f"isfinite: {shortened(error)}: {brief(array)}. try: an array of numbers") from None


def one_hot(indices: Any, size: int, dtype: Any = np.float32) -> Array:
    """out = rows of zeros with a one at each index: shape `indices.shape + (size,)`; no gradient comes through.

    >>> tg.one_hot([2, 0], 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    size = integer("one_hot: size", size, 0)
    indices = np.asarray(value_of(listed(indices) if isinstance(indices, list | tuple | int) else indices))
    if indices.size == 0:
        indices = indices.astype(int)
    if indices.dtype.kind not in "iu" or (indices.size and not 0 <= indices.min() <= indices.max() < size):
        raise ArgumentError(f"one_hot: indices must be whole numbers from 0 to {size - 1}. try: a larger size")
    dtype = checked_dtype(np.zeros(0, some_dtype("one_hot: dtype", dtype))).dtype
    try:
        out = np.zeros((*indices.shape, size), dtype)
        np.put_along_axis(out, indices[..., None], 1, axis=-1)
    except MISFITS as error:
        got = f"{brief(indices)}, size {brief(size)}, dtype {brief(dtype)}"
        raise ArgumentError(f"one_hot: {shortened(error)}: {got}. try: dtype=np.float32, a smaller size") from None
    return out
