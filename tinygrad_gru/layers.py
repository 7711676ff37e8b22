"""The short name of `tinygrad_gru.keras.layers`."""

from .keras.layers import *
from .keras.layers import __all__ as __all__
