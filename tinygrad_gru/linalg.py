"""The short name of `tinygrad_gru.core.ops.linalg`, where PyTorch's names are answered, too."""

from .core.ops.linalg import *
from .core.ops.linalg import __all__ as __all__
from .core.support.hints import of_module
from .torch_names import LINALG, answer

__getattr__ = of_module(__name__, lambda name: answer(__name__, name, LINALG))
