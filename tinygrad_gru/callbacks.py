"""The short name of `tinygrad_gru.keras.callbacks`."""

from .keras.callbacks import *
from .keras.callbacks import __all__ as __all__
