"""Models from PyTorch, Keras and ONNX, and back to them: the same numbers, or a refusal that says why."""

from .keras import from_keras, to_keras
from .tensorfiles import read_safetensors, save_safetensors
from .torch import from_torch, to_torch

__all__ = ["from_keras", "from_torch", "read_safetensors", "save_safetensors", "to_keras", "to_torch"]
