"""A whole model in one file: its weights as arrays, and beside them, as JSON, what the layers are.

The file names classes only from the table of layers, and settings only from their signatures: nothing is run. How many
weights the settings ask for is counted before any is made, and must fit into the file's own size.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.support.arguments import flag
from ...errors import ArgumentError, CheckpointError
from ...nn.files import load, read_meta, write_arrays
from ...nn.files.formats import check_title, title_of
from .. import layers, optimizers
from ..callbacks import refuse_no_path
from ..layers.arguments import as_in_keras
from ..layers.layer import Layer
from .sequential import Sequential

__all__ = ["load_model", "save_model"]

KINDS = {name: getattr(layers, name) for name in layers.__all__ if name != "Layer"}
DEPTH = 4  # layers within layers: TimeDistributed(Bidirectional(GRU))
PathLike = str | os.PathLike[str]


def save_model(model: Sequential, path: PathLike) -> None:
    """Write a model; it must be built, and its settings must be names and numbers."""
    model._built("save")
    shape = model.layers[0].input_shape or model.layers[0].built_for
    meta: dict[str, Any] = {
        "format": title_of("model"),
        "name": model.name,
        "layers": [_written(layer) for layer in model.layers],
        "input_shape": list(shape),
        "compiled": None,
    }
    if model.loss is not None and model.maker is not None:
        optimizer = optimizers.described(model.maker)
        meta["compiled"] = optimizer and [optimizer, model.loss.name, list(model.metrics)]
    write_arrays(path, model.state_dict(), meta)


@as_in_keras(custom_objects=(None, {}), safe_mode=(True,))
def load_model(filepath: PathLike, *, compile: bool = True) -> Sequential:
    """Read a model that `save` wrote, compiled as it was; CheckpointError if anything about the file is not right.

    With `compile=False` it is not compiled.
    """
    refuse_no_path("load_model", filepath)
    flag("load_model: compile", compile)
    path = filepath
    meta = read_meta(path)
    kind = check_title(meta.get("format"), path)
    try:
        if kind != "model":
            raise ArgumentError(f"format is {str(meta.get('format'))[:40]!r}, wanted {title_of('model')!r}")
        model = _model(meta, Path(path).stat().st_size)
    except (ArgumentError, TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise CheckpointError(f"{path} is damaged, or no model: {reason}") from None
    if not compile:
        model.loss = model.maker = None
        model._jit(False)
        model.metrics = {}
    return load(model, path)  # type: ignore[return-value]


def _model(meta: Mapping[str, Any], file_size: int) -> Sequential:
    chain = [_read(description) for description in meta["layers"]]
    shape = tuple(None if n is None else _whole(n) for n in meta["input_shape"])
    asked, inner = 0, shape
    for layer in chain:
        asked += layer.size(inner)
        inner = layer.output_shape(inner)
    if asked * 4 > file_size:
        raise ArgumentError(f"the layers have {asked} weights, more than the file can hold")
    model = Sequential(name=str(meta["name"]))
    for layer in chain:
        model.layers = [*model.layers, layer]
    model.build(shape)
    if meta["compiled"] is not None:
        settings, loss, metrics = meta["compiled"]
        settings = dict(settings)
        model.compile(optimizers.BY_NAME[settings.pop("name")](**settings), loss, metrics=metrics)
    return model


def _whole(n: Any) -> int:
    if not isinstance(n, int) or isinstance(n, bool) or n < 0:
        raise ArgumentError(f"a size is {n!r}")
    return n


def _written(layer: Layer) -> dict[str, Any]:
    settings = {}
    for name, value in layer.settings.items():
        if isinstance(value, Layer):
            value = _written(value)
        elif isinstance(value, tuple):
            value = list(value)
        elif not isinstance(value, str | int | float | bool | None):
            hint = f"try: a name for {name}, or save_weights"
            raise ArgumentError(f"save: {layer.name}: {name} is a {type(value).__name__}, not a name. {hint}")
        settings[name] = value
    described = {"kind": type(layer).__name__, "name": layer.name, "settings": settings}
    return described if layer.trainable else described | {"trainable": False}  # as in 0.1.0, unless it is frozen


def _read(description: Mapping[str, Any], depth: int = 0) -> Layer:
    if depth > DEPTH:
        raise ArgumentError("layers within layers within layers")
    kind = KINDS.get(description["kind"])
    if kind is None:
        raise ArgumentError(f"unknown layer {str(description['kind'])[:40]!r}")
    known = inspect.signature(kind.__init__).parameters
    settings = {}
    for name, value in description["settings"].items():
        if name not in known or name in ("self", "options"):
            raise ArgumentError(f"{description['kind']}: unknown setting {str(name)[:40]!r}")
        if name in ("units", "input_dim", "output_dim"):
            value = _whole(value)
        settings[name] = _read(value, depth + 1) if isinstance(value, dict) else value
    layer: Layer = kind(**settings, name=str(description["name"]))
    if description.get("trainable", True) is not True:
        layer.trainable = description["trainable"]
    return layer
