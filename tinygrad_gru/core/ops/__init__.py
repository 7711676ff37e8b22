"""The operations, by family: in each class the forward and its derivative stand together.

Names are those of the Python array API standard where it has one. Each works as a function and, where NumPy has one,
as a method or operator of Tensor; given no Tensor, it returns arrays.
"""

from ..support.hints import functions_in_our_words
from . import linalg as linalg
from .activations import *
from .activations import __all__ as _activations
from .arithmetic import *
from .arithmetic import __all__ as _arithmetic
from .elementary import *
from .elementary import __all__ as _elementary
from .indexing import *
from .indexing import __all__ as _indexing
from .joining import *
from .joining import __all__ as _joining
from .predicates import *
from .predicates import __all__ as _predicates
from .products import *
from .products import __all__ as _products
from .reductions import *
from .reductions import __all__ as _reductions
from .rounding import *
from .rounding import __all__ as _rounding
from .scans import *
from .scans import __all__ as _scans
from .shapes import *
from .shapes import __all__ as _shapes
from .trigonometric import *
from .trigonometric import __all__ as _trigonometric

FAMILIES = {
    "arithmetic": _arithmetic,
    "elementary": _elementary,
    "trigonometric": _trigonometric,
    "rounding": _rounding,
    "activations": _activations,
    "reductions": _reductions,
    "scans": _scans,
    "products": _products,
    "shapes": _shapes,
    "joining": _joining,
    "indexing": _indexing,
    "predicates": _predicates,
}

__all__ = sorted(name for names in FAMILIES.values() for name in names)

functions_in_our_words(globals(), __all__)

# What NumPy calls when an array or NumPy number stands on the left of an operator.
FOR_NUMPY_OPERATOR = {
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "divide": divide,
    "floor_divide": floor_divide,
    "remainder": remainder,
    "power": pow,
    "matmul": matmul,
    "equal": equal,
    "not_equal": not_equal,
    "less": less,
    "less_equal": less_equal,
    "greater": greater,
    "greater_equal": greater_equal,
}

# Our names for the NumPy functions that have another name there.
FOR_NUMPY_NAME = {
    "absolute": "abs",
    "concatenate": "concat",
    "cumsum": "cumulative_sum",
    "cumprod": "cumulative_prod",
    "power": "pow",
    "transpose": "permute_dims",
    "around": "round",
    "fix": "trunc",
    "rint": "round",
    "norm": "vector_norm",
    "amax": "max",
    "amin": "min",
}
