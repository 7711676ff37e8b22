"""The Keras face: a model that is compiled, fitted and asked, on top of `tinygrad_gru.keras.layers`."""

from ..layers import Input
from .loading import load_model, model_from_json
from .sequential import Sequential

__all__ = ["Input", "Sequential", "load_model", "model_from_json"]
