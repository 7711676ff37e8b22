"""The short name of `tinygrad_gru.keras.optimizers`."""

from .keras.optimizers import *
from .keras.optimizers import __all__ as __all__
