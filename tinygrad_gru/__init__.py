"""A tensor autodiff framework with a heart small enough to read in an afternoon, built around the GRU.

The public names are looked up when first used, so that `import tinygrad_gru` costs nothing: not even NumPy is loaded.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0.dev0"

if TYPE_CHECKING:  # the same names for type checkers and editors
    from . import callbacks as callbacks
    from . import compiler as compiler
    from . import core as core
    from . import errors as errors
    from . import interop as interop
    from . import keras as keras
    from . import layers as layers
    from . import linalg as linalg
    from . import models as models
    from . import nn as nn
    from . import optim as optim
    from . import optimizers as optimizers
    from .core.backward import grad as grad
    from .core.op import Op as Op
    from .core.ops import *
    from .core.support.flushing import flush_subnormals as flush_subnormals
    from .core.support.modes import detect_anomaly as detect_anomaly
    from .core.support.modes import enable_grad as enable_grad
    from .core.support.modes import no_grad as no_grad
    from .core.support.modes import record as record
    from .core.support.random import generator as generator
    from .core.support.random import seed as seed
    from .core.support.scopes import scope as scope
    from .core.tensor import Tensor as Tensor
    from .core.tools.batches import batches as batches
    from .core.tools.checkpoint import checkpoint as checkpoint
    from .core.tools.creation import arange as arange
    from .core.tools.creation import eye as eye
    from .core.tools.creation import full as full
    from .core.tools.creation import full_like as full_like
    from .core.tools.creation import linspace as linspace
    from .core.tools.creation import ones as ones
    from .core.tools.creation import ones_like as ones_like
    from .core.tools.creation import rand as rand
    from .core.tools.creation import rand_like as rand_like
    from .core.tools.creation import randn as randn
    from .core.tools.creation import randn_like as randn_like
    from .core.tools.creation import zeros as zeros
    from .core.tools.creation import zeros_like as zeros_like
    from .core.tools.gradcheck import gradcheck as gradcheck
    from .core.tools.transforms import grad_of as grad_of
    from .core.tools.transforms import hessian as hessian
    from .core.tools.transforms import hvp as hvp
    from .core.tools.transforms import jacobian as jacobian
    from .core.tools.transforms import jvp as jvp
    from .core.tools.transforms import value_and_grad as value_and_grad
    from .core.tools.transforms import vjp as vjp
    from .diagram import draw as draw
    from .nn.files import load as load
    from .nn.files import save as save
    from .nn.recurrent.compiling import compile as compile
    from .symbolic.api import equations as equations

# Where each name lives; a module that lists itself under "" is public as a module.
_HOME = {
    "core.tensor": ["Tensor"],
    "core.op": ["Op"],
    "core.ops": [
        "abs",
        "add",
        "all",
        "allclose",
        "any",
        "arccos",
        "arccosh",
        "arcsin",
        "arcsinh",
        "arctan",
        "arctan2",
        "arctanh",
        "argmax",
        "argmin",
        "argsort",
        "astype",
        "broadcast_to",
        "ceil",
        "clip",
        "column_stack",
        "concat",
        "cos",
        "cosh",
        "cumulative_max",
        "cumulative_min",
        "cumulative_prod",
        "cumulative_sum",
        "diagonal",
        "diff",
        "divide",
        "dstack",
        "einsum",
        "elu",
        "equal",
        "erf",
        "erfc",
        "exp",
        "exp2",
        "expand_dims",
        "expm1",
        "flip",
        "floor",
        "floor_divide",
        "gelu",
        "getitem",
        "greater",
        "greater_equal",
        "hstack",
        "hypot",
        "inner",
        "isclose",
        "isfinite",
        "isinf",
        "isnan",
        "kron",
        "leaky_relu",
        "less",
        "less_equal",
        "log",
        "log10",
        "log1p",
        "log2",
        "log_softmax",
        "logaddexp",
        "logical_and",
        "logical_not",
        "logical_or",
        "logical_xor",
        "logsumexp",
        "matmul",
        "matrix_transpose",
        "max",
        "maximum",
        "mean",
        "min",
        "minimum",
        "moveaxis",
        "multiply",
        "negative",
        "not_equal",
        "one_hot",
        "outer",
        "pad",
        "permute_dims",
        "pow",
        "prod",
        "reciprocal",
        "relu",
        "remainder",
        "repeat",
        "reshape",
        "roll",
        "round",
        "selu",
        "sigmoid",
        "sign",
        "silu",
        "sin",
        "sinh",
        "softmax",
        "softplus",
        "softsign",
        "sort",
        "split",
        "sqrt",
        "square",
        "squeeze",
        "stack",
        "std",
        "subtract",
        "sum",
        "take",
        "take_along_axis",
        "tan",
        "tanh",
        "tensordot",
        "tile",
        "topk",
        "trace",
        "tril",
        "triu",
        "trunc",
        "unstack",
        "var",
        "vector_norm",
        "vstack",
        "where",
    ],
    "core.support.flushing": ["flush_subnormals"],
    "core.backward": ["grad"],
    "core.support.modes": ["detect_anomaly", "enable_grad", "no_grad", "record"],
    "core.support.scopes": ["scope"],
    "core.support.random": ["generator", "seed"],
    "core.tools.batches": ["batches"],
    "core.tools.checkpoint": ["checkpoint"],
    "core.tools.creation": [
        "arange",
        "eye",
        "full",
        "full_like",
        "linspace",
        "ones",
        "ones_like",
        "rand",
        "rand_like",
        "randn",
        "randn_like",
        "zeros",
        "zeros_like",
    ],
    "core.tools.transforms": ["grad_of", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"],
    "core.tools.gradcheck": ["gradcheck"],
    "nn.recurrent.compiling": ["compile"],
    "nn.files": ["load", "save"],
    "diagram": ["draw"],
    "symbolic.api": ["equations"],
}
_MODULES = [
    "callbacks",
    "compiler",
    "core",
    "errors",
    "interop",
    "keras",
    "layers",
    "linalg",
    "models",
    "nn",
    "optim",
    "optimizers",
]
_TABLE = {name: home for home, names in _HOME.items() for name in names}

__all__ = sorted([*_TABLE, *_MODULES])


def __getattr__(name: str) -> Any:
    if name in _TABLE:
        value = getattr(import_module(f"{__name__}.{_TABLE[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"{__name__}.{name}")
    else:
        from .torch_names import FUNCTIONS, answer

        message = answer(__name__, name, FUNCTIONS) or f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message, name=name, obj=sys.modules[__name__])
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
