"""The methods of a tensor that are no operations, and NumPy's protocols; attached in core/__init__.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from numbers import Number
from typing import Any

import numpy as np

from ...errors import ArgumentError, DtypeError, GraphError, ShapeError
from .. import ops
from ..op import Op, apply
from ..tensor import Tensor
from .arguments import integers
from .arrays import Array
from .operands import as_operand
from .provenance import transparent
from .scopes import current_mode

__all__ = ["T", "array", "array_function", "array_ufunc", "comparison", "contains", "mT", "reshape", "swapped",
           "transpose"]  # fmt: skip

transparent.add(__file__)


def swapped(op: Op) -> Callable[[Any, Any], Any]:
    """The operator with the tensor on the right: `2 - t` is `t.__rsub__(2)`."""

    def operator(t: Any, other: Any) -> Any:
        return apply(op, as_operand(other, t), t)

    operator.__name__ = operator.__qualname__ = f"r{op.name}"
    operator.__doc__ = f"The operator of {op.name} with the tensor on the right."
    return operator


def comparison(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A comparison as an operator: for None, a string or another type it returns NotImplemented."""

    @wraps(compare)
    def operator(t: Any, other: Any) -> Any:
        comparable = hasattr(other, "__array__") or isinstance(other, Number | list | tuple)
        return compare(t, other) if comparable else NotImplemented

    return operator


def reshape(t: Tensor, *shape: Any) -> Any:
    """The same elements in another shape: `t.reshape(2, -1)` or `t.reshape((2, -1))`."""
    if not shape or (len(shape) == 1 and shape[0] is None):
        raise ArgumentError(f"reshape: got {shape}, wanted a shape for {t.summary}. try: t.reshape(-1), or t itself")
    return ops.reshape(t, shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)


def transpose(t: Tensor, *axes: Any) -> Any:
    """The axes in another order, reversed by default: `t.transpose(1, 0)` or `t.transpose((1, 0))`."""
    if not axes:
        axes = tuple(reversed(range(t.ndim)))
    elif len(axes) == 2:
        axes = integers("transpose: axes", axes)
    if len(axes) == 2 and t.ndim > 1 and (t.ndim > 2 or axes[0] % 2 < axes[1] % 2):
        # the order of all axes to NumPy, two axes to exchange to PyTorch
        raise ArgumentError(
            f"transpose{axes} of {t.summary} can be read in two ways. "
            f"try: .mT or .swapaxes{axes}, or tg.permute_dims(t, axes) with the order of all axes"
        )
    return ops.permute_dims(t, axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes)


def T(t: Tensor) -> Any:
    """The transpose of a matrix."""
    if t.ndim != 2:
        raise ShapeError(f"T: wants a matrix, got {t.summary}. try: .mT for a stack of matrices")
    return ops.matrix_transpose(t)


def mT(t: Tensor) -> Any:
    """The transpose of a matrix, or of each matrix in a stack."""
    return ops.matrix_transpose(t)


def contains(t: Tensor, value: Any) -> bool:
    """`value in t`: whether any element equals it."""
    return bool(np.any(ops.equal(t.data, value)))


def array(t: Tensor, dtype: Any = None, copy: bool | None = None) -> Array:
    """`np.asarray(t)`: refused where the gradient would be lost in silence."""
    values = t.data
    if t.requires_grad and current_mode().grad:
        raise GraphError(f"np.asarray would drop the gradient of {t.summary}. try: t.numpy(), or t.detach() first")
    return values.copy() if copy and dtype is None else np.asarray(values, dtype=dtype)


def array_ufunc(t: Tensor, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """`np.float32(2) * t` and `array @ t` work; `np.tanh(t)` is refused, naming the function to use instead."""
    function = ops.FOR_NUMPY_OPERATOR.get(ufunc.__name__)
    if function is not None and method == "__call__" and not options:
        return function(*inputs)
    if "out" in options:
        raise GraphError(
            f"{ufunc.__name__} of a tensor into an array in place would drop the gradient. "
            f"try: a = a + t, or for the data of a tensor: w.data = w.data - step.data"
        )
    return _refuse(ufunc.__name__)


def array_function(t: Tensor, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """NumPy functions are refused: they would drop the gradient without a word. Asking for the shape is fine."""
    if function in (np.shape, np.ndim, np.size):
        return function(*[a._array if isinstance(a, Tensor) else a for a in args], **kwargs)
    return _refuse(function.__name__, function.__module__)


def _refuse(name: str, module: str = "") -> Any:
    ours = ops.FOR_NUMPY_NAME.get(name, name)
    if module == "numpy.linalg" and name in ops.linalg.__all__:
        ours = f"linalg.{name}"
    name = f"linalg.{name}" if module == "numpy.linalg" else name
    here = ours in ops.__all__ or ours.startswith("linalg.")
    hint = f"tg.{ours}(t), or np.{name}(t.data)" if here else f"np.{name}(t.data)"
    raise DtypeError(f"np.{name} does not know tensors and would drop the gradient. try: {hint}")
