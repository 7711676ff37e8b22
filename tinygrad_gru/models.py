"""The short name of `tinygrad_gru.keras.models`."""

from .keras.models import *
from .keras.models import __all__ as __all__
