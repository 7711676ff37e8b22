"""Questions: comparisons, logic, isnan and its like, any, all, positions, one_hot.

Their results are NumPy arrays: no gradient can come through them.
"""

from typing import Any

import numpy as np

from ...errors import ArgumentError, DtypeError, ShapeError
from ..op import Op, apply
from ..support.arguments import axes, axis_of, brief, brief_shape, flag, integer, number, shortened, some_dtype
from ..support.arguments import axis as one_axis
from ..support.arrays import Array, checked_dtype, is_weak
from ..support.explain import MISFITS
from ..support.indices import listed
from ..support.operands import value_of
from ..support.scopes import current_mode
from ..tensor import Tensor

__all__ = [
    "all",
    "allclose",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "equal",
    "greater",
    "greater_equal",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
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
    return answer_of(compare, x, y)


def answer_of(compare, x, y):
    """What `compare` says of the arrays of x and y, or why it cannot."""
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


def asked(question, x, **options):
    """The answer of NumPy's function `question` for an array, or for the data of a tensor."""
    array = x.data if isinstance(x, Tensor) else value_of(x)
    try:
        return question(array, **options)
    except (ValueError, OverflowError) as error:  # NumPy says which: no elements, or no such axis
        raise ShapeError(f"{question.__name__}: {shortened(error)}, got shape {brief_shape(array.shape)}") from None
    except TypeError as error:
        raise DtypeError(f"{question.__name__}: {shortened(error)}: {brief(array)}. try: an array of numbers") from None


def position(search, x, axis, keepdims):
    """The index along `axis` that `search`, np.argmax or np.argmin, returns."""
    keepdims = flag(f"{search.__name__}: keepdims", keepdims)
    return asked(search, x, axis=None if axis is None else one_axis(search.__name__, axis), keepdims=keepdims)


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
    return asked(np.isfinite, x)


def isinf(x) -> Any:
    """out = which elements are +∞ or −∞: a boolean array; no gradient comes through.

    >>> tg.isinf([1.0, float("inf"), float("nan")]).tolist()
    [False, True, False]
    """
    return asked(np.isinf, x)


def isnan(x) -> Any:
    """out = which elements are NaN: a boolean array; no gradient comes through.

    >>> tg.isnan([1.0, float("inf"), float("nan")]).tolist()
    [False, False, True]
    """
    return asked(np.isnan, x)


def isclose(x, y, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """out = where |x − y| ≤ atol + rtol·|y|, broadcast: a boolean array; no gradient comes through.

    >>> tg.isclose([1.0, 2.0], [1.000001, 2.1]).tolist()
    [True, False]
    """
    rtol, atol = number("isclose: rtol", rtol, "1e-5"), number("isclose: atol", atol, "1e-8")
    equal_nan = flag("isclose: equal_nan", equal_nan)

    def isclose(x, y):
        with np.errstate(invalid="ignore"):  # of ∞ − ∞, which are equal
            return np.isclose(x, y, rtol, atol, equal_nan)

    return answer_of(isclose, x, y)


def allclose(x, y, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """out = whether all of x and y are close, as isclose means it: True or False; no gradient comes through.

    >>> tg.allclose([1.0, 2.0], [1.000001, 2.1])
    False
    """
    return bool(isclose(x, y, rtol, atol, equal_nan).all())


def logical_and(x, y) -> Any:
    """out = x and y, where 0 is false, broadcast: a boolean array; no gradient comes through.

    >>> tg.logical_and([True, True, False], [True, False, False]).tolist()
    [True, False, False]
    """
    return compared(np.logical_and, x, y)


def logical_or(x, y) -> Any:
    """out = x or y, where 0 is false, broadcast: a boolean array; no gradient comes through.

    >>> tg.logical_or([True, True, False], [True, False, False]).tolist()
    [True, True, False]
    """
    return compared(np.logical_or, x, y)


def logical_xor(x, y) -> Any:
    """out = x or y but not both, where 0 is false, broadcast: a boolean array; no gradient comes through.

    >>> tg.logical_xor([True, True, False], [True, False, False]).tolist()
    [False, True, False]
    """
    return compared(np.logical_xor, x, y)


def logical_not(x) -> Any:
    """out = not x, where 0 is false: a boolean array; no gradient comes through.

    >>> tg.logical_not([True, False]).tolist()
    [False, True]
    """
    return equal(x, 0)


def any(x, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """out = whether any element along `axis` is not 0, NaN among them: booleans; no gradient comes through.

    >>> tg.any([[0.0, 1.0], [0.0, 0.0]], axis=1).tolist()
    [True, False]
    """
    return asked(np.any, x, axis=axes("any", axis), keepdims=flag("any: keepdims", keepdims))


def all(x, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """out = whether no element along `axis` is 0: booleans; no gradient comes through.

    >>> tg.all([[0.0, 1.0], [2.0, 1.0]], axis=1).tolist()
    [False, True]
    """
    return asked(np.all, x, axis=axes("all", axis), keepdims=flag("all: keepdims", keepdims))


def argsort(x, axis: int = -1) -> Any:
    """out = the positions that sort x along `axis`, equal elements in their order, integers; no gradient comes through.

    >>> tg.argsort([3.0, 1.0, 2.0]).tolist()
    [1, 2, 0]
    """
    return asked(np.argsort, x, axis=axis_of("argsort", axis, value_of(x).shape), kind="stable")


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
