"""A whole model in one file: its weights as arrays, and beside them, as JSON, what the layers are.

`loading` reads it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ...core.support.arrays import Array
from ...errors import ArgumentError
from ...nn.files import write_arrays
from ...nn.files.formats import title_of
from ..layers.layer import Layer

__all__ = ["IN_FILES", "save_model"]

IN_FILES = {"gelu": "gelu_exact", "gelu_tanh": "gelu"}  # 0.1.0 wrote "gelu", and meant the form with tanh
LATER = ("unroll", "zero_output_for_mask")  # settings that 0.1.0 had not, written where they are chosen


def save_model(
    path: str | os.PathLike[str],
    name: str,
    layers: Sequence[Layer],
    arrays: Mapping[str, Array],
    compiled: Sequence[Any] | None,
) -> None:
    """Write layers that are built, their arrays, and optimiser, loss and metrics; settings are names and numbers."""
    meta: dict[str, Any] = {
        "format": title_of("model"),
        "name": name,
        "layers": [_description(layer) for layer in layers],
        "input_shape": list(layers[0].input_shape or layers[0].built_for),
        "compiled": compiled,
    }
    write_arrays(path, arrays, meta)


def _description(layer: Layer) -> dict[str, Any]:
    settings = {}
    for name, value in layer.settings.items():
        if value is False and name in LATER:
            continue
        if isinstance(value, Layer):
            value = _description(value)
        elif isinstance(value, tuple):
            value = list(value)
        elif not isinstance(value, str | int | float | bool | None):
            hint = f"try: a name for {name}, or save_weights"
            raise ArgumentError(f"save: {layer.name}: {name} is a {type(value).__name__}, not a name. {hint}")
        settings[name] = IN_FILES.get(value, value) if name.endswith("activation") else value
    description = {"kind": type(layer).__name__, "name": layer.name, "settings": settings}
    return description if layer.trainable else description | {"trainable": False}  # as in 0.1.0, unless it is frozen
