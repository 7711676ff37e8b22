"""A whole model from a file that `saving` wrote.

The file names classes only from the table of layers, and settings only from their signatures: nothing is run. How many
weights the settings ask for is counted before any is made, and must fit into the file's own size.
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.support.arguments import flag
from ...errors import ArgumentError, CheckpointError
from ...nn.files import load, read_meta
from ...nn.files.formats import check_title, title_of
from .. import optimizers
from ..callbacks import kerass_own_explained
from ..layers.arguments import as_in_keras
from ..layers.config import KINDS
from ..layers.layer import Layer
from .saving import IN_FILES
from .sequential import Sequential

__all__ = ["load_model", "model_from_json"]

FROM_FILES = {in_file: name for name, in_file in IN_FILES.items()}
DEPTH = 4  # layers within layers: TimeDistributed(Bidirectional(GRU))
PathLike = str | os.PathLike[str]


@as_in_keras(custom_objects=(None, {}), safe_mode=(True,))
def load_model(filepath: PathLike, *, compile: bool = True) -> Sequential:
    """Read a model that `save` wrote, compiled as it was; CheckpointError if anything about the file is not right.

    With `compile=False` it is not compiled.
    """
    flag("load_model: compile", compile)
    with kerass_own_explained("load_model", filepath):
        return _loaded(filepath, compile)


def _loaded(path: PathLike, compile: bool) -> Sequential:
    meta = read_meta(path)
    kind = check_title(meta.get("format"), path)
    try:
        if kind != "model":
            raise ArgumentError(f"format is {str(meta.get('format'))[:40]!r}, wanted {title_of('model')!r}")
        model = _model(meta, Path(path).stat().st_size, compile)
    except (ArgumentError, TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise CheckpointError(f"{path} is damaged, or no model: {reason}") from None
    return load(model, path)  # type: ignore[return-value]


@as_in_keras()
def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Sequential:
    """The model that `to_json` described, here or in Keras, with initial weights; `custom_objects` has your classes."""
    try:
        whole = json.loads(json_string)
    except (TypeError, ValueError, RecursionError) as error:
        raise ArgumentError(f"model_from_json: no JSON: {error}. try: model.to_json()") from None
    if not isinstance(whole, Mapping) or whole.get("class_name") != "Sequential":
        raise ArgumentError("model_from_json: it describes no Sequential. try: model.to_json()")
    return Sequential.from_config(whole.get("config", {}), custom_objects)


def _model(meta: Mapping[str, Any], file_size: int, compile: bool) -> Sequential:
    chain = [_layer(description) for description in meta["layers"]]
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
        compiled = model if compile else Sequential()  # the settings must be right in any case
        compiled.compile(optimizers.BY_NAME[settings.pop("name")](**settings), loss, metrics=metrics)
    return model


def _whole(n: Any) -> int:
    if not isinstance(n, int) or isinstance(n, bool) or n < 0:
        raise ArgumentError(f"a size is {n!r}")
    return n


def _layer(description: Mapping[str, Any], depth: int = 0) -> Layer:
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
        if name.endswith("activation") and isinstance(value, str):
            value = FROM_FILES.get(value, value)
        settings[name] = _layer(value, depth + 1) if isinstance(value, dict) else value
    layer: Layer = kind(**settings, name=str(description["name"]))
    if description.get("trainable", True) is not True:
        layer.trainable = description["trainable"]
    return layer
