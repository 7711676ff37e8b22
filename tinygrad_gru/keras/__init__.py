"""The Keras face: `tensorflow` → `tinygrad_gru` is the whole change."""

from importlib import import_module
from typing import Any

__all__ = ["Input", "Sequential", "callbacks", "layers", "models", "optimizers"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in ("Input", "Sequential"):  # keras.Sequential, as there
        return getattr(import_module(f"{__name__}.models"), name)
    return import_module(f"{__name__}.{name}")
