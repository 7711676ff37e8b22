"""The short name of `tinygrad_gru.core.ops.linalg`."""

from .core.ops.linalg import *
from .core.ops.linalg import __all__ as __all__
