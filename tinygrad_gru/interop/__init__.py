"""Models from PyTorch, Keras and ONNX, and back to them: the same numbers, or a refusal that says why."""

from importlib import import_module
from typing import Any

from .weights.keras import from_keras, to_keras
from .weights.safetensors import read_safetensors, save_safetensors
from .weights.torch import from_torch, to_torch

_ONNX = {
    "export_onnx": "onnx.exporter",
    "from_onnx": "onnx.importer",
    "import_onnx": "onnx.imported.model",
    "to_onnx": "onnx.recurrent",
}  # thirty files; fmt: skip

__all__ = [
    "export_onnx",
    "from_keras",
    "from_onnx",
    "from_torch",
    "import_onnx",
    "read_safetensors",
    "save_safetensors",
    "to_keras",
    "to_onnx",
    "to_torch",
]


def __getattr__(name: str) -> Any:
    if name not in _ONNX:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ONNX[name]}"), name)
