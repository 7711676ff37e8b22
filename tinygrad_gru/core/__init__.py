"""The ground floor: tensors, operations, and the backward pass that differentiates them. Needs NumPy only.

The operators and methods of a tensor are the operations: attached here, where both are known.
"""

from ..torch_names import METHODS as _OF_PYTORCH
from . import ops
from .backward import backward as _backward
from .op import Op
from .ops import arithmetic, products, rounding
from .support import array_methods, hints, methods
from .tensor import Tensor

__all__ = ["Op", "Tensor"]

OPERATORS = {
    "__add__": ops.add,
    "__sub__": ops.subtract,
    "__mul__": ops.multiply,
    "__truediv__": ops.divide,
    "__floordiv__": ops.floor_divide,
    "__mod__": ops.remainder,
    "__pow__": ops.pow,
    "__matmul__": ops.matmul,
    "__radd__": methods.swapped(arithmetic.Add()),
    "__rsub__": methods.swapped(arithmetic.Subtract()),
    "__rmul__": methods.swapped(arithmetic.Multiply()),
    "__rtruediv__": methods.swapped(arithmetic.Divide()),
    "__rfloordiv__": methods.swapped(rounding.FloorDivide()),
    "__rmod__": methods.swapped(rounding.Remainder()),
    "__rpow__": methods.swapped(arithmetic.Pow()),
    "__rmatmul__": methods.swapped(products.Matmul()),
    "__neg__": ops.negative,
    "__abs__": ops.abs,
    "__getitem__": ops.getitem,
    "__contains__": methods.contains,
    "__eq__": methods.comparison(ops.equal),
    "__ne__": methods.comparison(ops.not_equal),
    "__lt__": methods.comparison(ops.less),
    "__le__": methods.comparison(ops.less_equal),
    "__gt__": methods.comparison(ops.greater),
    "__ge__": methods.comparison(ops.greater_equal),
}

METHODS = {
    **array_methods.METHODS,
    "backward": _backward,
    "sum": ops.sum,
    "mean": ops.mean,
    "var": ops.var,
    "std": ops.std,
    "prod": ops.prod,
    "max": ops.max,
    "min": ops.min,
    "argmax": ops.argmax,
    "argmin": ops.argmin,
    "clip": ops.clip,
    "repeat": ops.repeat,
    "take": ops.take,
    "diagonal": ops.diagonal,
    "squeeze": ops.squeeze,
    "astype": ops.astype,
    "reshape": methods.reshape,
    "transpose": methods.transpose,
    "T": property(methods.T),
    "mT": property(methods.mT),
}

NUMPY = {
    "__array_priority__": 1000.0,
    "__array__": methods.array,
    "__array_ufunc__": methods.array_ufunc,
    "__array_function__": methods.array_function,
}

ATTACHED = {**hints.not_here(_OF_PYTORCH), **OPERATORS, **METHODS, **NUMPY, "__dir__": hints.names}
ATTACHED["__init__"] = hints.in_our_words(Tensor.__init__)  # Tensor(x, dtype=...) is answered, too

for _name, _value in ATTACHED.items():
    setattr(Tensor, _name, _value)
