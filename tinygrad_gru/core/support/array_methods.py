"""Methods that NumPy's arrays and PyTorch's tensors have, made of the operations; attached in core/__init__.py.

>>> t = tg.Tensor([[1.0, 2.0], [3.0, 4.0]])
>>> t.flatten().tolist(), t.swapaxes(0, 1).tolist()
([1.0, 2.0, 3.0, 4.0], [[1.0, 3.0], [2.0, 4.0]])
"""

from __future__ import annotations

import math
from typing import Any

from ...errors import ShapeError
from .. import ops
from ..tensor import Tensor
from .arguments import axis_of
from .hints import in_our_words
from .operands import as_operand
from .provenance import transparent

__all__ = ["METHODS"]

transparent.add(__file__)


def tolist(t: Tensor) -> Any:
    """The elements as Python numbers, in lists in each other, one for each axis."""
    return t.data.tolist()


def ravel(t: Tensor) -> Any:
    """All elements along one axis."""
    return ops.reshape(t, -1)


@in_our_words
def flatten(t: Tensor, start_axis: int = 0, end_axis: int = -1) -> Any:
    """The axes from `start_axis` to `end_axis` as one, all of them by default."""
    if t.ndim == 0:
        return ops.reshape(t, -1)
    first, last = (axis_of("flatten", axis, t.shape) % t.ndim for axis in (start_axis, end_axis))
    if first > last:
        raise ShapeError(f"flatten: axis {first} comes after axis {last} in {t.summary}. try: t.flatten({last})")
    shape = t.shape
    return ops.reshape(t, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


@in_our_words
def swapaxes(t: Tensor, axis1: int, axis2: int) -> Any:
    """Two axes exchanged: NumPy's swapaxes, and PyTorch's transpose(axis1, axis2)."""
    first, second = (axis_of("swapaxes", axis, t.shape) % t.ndim for axis in (axis1, axis2))
    order = list(range(t.ndim))
    order[first], order[second] = second, first
    return ops.permute_dims(t, tuple(order))


@in_our_words
def cumsum(t: Tensor, axis: int | None = None) -> Any:
    """The running sum along `axis`, or of all elements in a row if there is none, as NumPy has it."""
    return ops.cumulative_sum(ravel(t), 0) if axis is None else ops.cumulative_sum(t, axis)


@in_our_words
def cumprod(t: Tensor, axis: int | None = None) -> Any:
    """The running product along `axis`, or of all elements in a row if there is none, as NumPy has it."""
    return ops.cumulative_prod(ravel(t), 0) if axis is None else ops.cumulative_prod(t, axis)


def dot(t: Tensor, u: Any) -> Any:
    """The product of vectors and matrices, `t @ u`, or with a single number, `t * u`; stacks are refused."""
    other = u if isinstance(u, Tensor) else as_operand(u, t)
    if t.ndim == 0 or other.ndim == 0:
        return ops.multiply(t, other)
    if t.ndim > 2 or other.ndim > 2:
        raise ShapeError(
            f"dot: {t.summary} and {other.summary} can be multiplied in two ways. "
            "try: t @ u for each matrix of a stack, or tg.tensordot(t, u, axes=(-1, -2)) for all with all"
        )
    return ops.matmul(t, other)


METHODS = {
    "tolist": tolist,
    "ravel": ravel,
    "flatten": flatten,
    "swapaxes": swapaxes,
    "cumsum": cumsum,
    "cumprod": cumprod,
    "dot": dot,
}

# Operations that are methods there, under the same name and with the same arguments.
SAME = [
    "abs", "all", "any", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "argsort", "broadcast_to",
    "ceil", "cos", "cosh", "diff", "erf", "erfc", "exp", "exp2", "expm1", "flip", "floor", "isfinite", "isinf",
    "isnan", "kron", "log", "log10", "log1p", "log2", "log_softmax", "logsumexp", "matmul", "maximum", "minimum",
    "moveaxis", "outer", "pow", "reciprocal", "relu", "roll", "round", "sigmoid", "sign", "sin", "sinh", "softmax",
    "sqrt", "square", "tan", "tanh", "tile", "trace", "tril", "triu", "trunc",
]  # fmt: skip
METHODS |= {name: getattr(ops, name) for name in SAME}
