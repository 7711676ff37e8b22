"""What a file of weights from elsewhere holds, seen from its names and shapes: whose it is, and which layers.

.onnx                                       ONNX: the recurrent nodes
.npz, .safetensors named 0000… or arr_0…    Keras: `get_weights()` in its order
any other .safetensors                      PyTorch: a `state_dict`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import nn
from ..errors import ArgumentError, CheckpointError
from ..nn.files import npz_header, read_arrays
from ..nn.files.names import printable
from .onnx.contents import onnx_layers, onnx_model_into, onnx_unread
from .weights.infer_architecture import keras_parts, module_of, torch_parts
from .weights.keras import from_keras
from .weights.safetensors import read_safetensors, safetensors_header
from .weights.torch import from_torch, without_wrappers

__all__ = ["Detected", "DetectedLayer", "detect", "load_into", "refuse_unknown_format"]

Header = Mapping[str, tuple[str, tuple[int, ...]]]  # of each array the dtype and the shape

FORMATS = (".safetensors", ".npz", ".onnx")
SAVING = {  # how to get one of these formats instead
    (".pt", ".pth", ".bin", ".pkl", ".ckpt"): "where PyTorch is, "
    "from safetensors.torch import save_file; save_file(model.state_dict(), 'model.safetensors')",
    (".h5", ".hdf5", ".keras"): "where Keras is, numpy.savez('model.npz', *model.get_weights())",
}


@dataclass(frozen=True)
class DetectedLayer:
    """A layer of a file: where it is in the model, what it is, and what could not be seen but was assumed."""

    place: str  # the attributes on the way to it, `encoder.0`; empty if the file is this layer
    layer: str
    parameters: int
    note: str = ""


@dataclass(frozen=True)
class Detected:
    """The module of a file with its weights; `unread` are the arrays of the file that are in no layer of it."""

    dialect: str  # torch, keras or onnx
    layers: Sequence[DetectedLayer]
    module: nn.Module
    unread: Sequence[str] = field(default=())

    @property
    def dtype(self) -> str:
        return str(self.module.parameters()[0].dtype)


def refuse_unknown_format(path: Path) -> None:
    """Raise ArgumentError for a name that ends otherwise than the formats that can be read."""
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        hint = next((hint for endings, hint in SAVING.items() if suffix in endings), "a .safetensors, .npz or .onnx")
        raise ArgumentError(f"file: {path} is not opened, only .safetensors, .npz and .onnx are. try: {hint}")


def detect(path: Path) -> Detected:
    """The module that a file seems to hold, with its weights. Raises CheckpointError if some arrays make no layer."""
    refuse_unknown_format(path)
    if _is_onnx(path):
        return _detect_onnx(path)
    header = _header(path)
    keras_names = _keras_names(header)
    if keras_names is not None:
        parts = keras_parts([header[name][1] for name in keras_names])
        module = from_keras(module_of(parts), _keras_arrays(path, header, keras_names))
    else:
        _refuse_own_names(path)
        parts = torch_parts({name: shape for name, (_, shape) in without_wrappers(header).items()})
        module = from_torch(module_of(parts), path)
    layers = [DetectedLayer(part.place, str(part), _at(module, part.place).num_parameters, part.note) for part in parts]
    return Detected("torch" if keras_names is None else "keras", layers, module)


def load_into(module: nn.Module, path: Path) -> Detected:
    """A module of yours with the weights of a file instead of its own, which must fit it exactly."""
    refuse_unknown_format(path)
    if _is_onnx(path):
        dialect = "onnx"
        onnx_model_into(module, path)
    else:
        header = _header(path)
        keras_names = _keras_names(header)
        dialect = "torch" if keras_names is None else "keras"
        if keras_names is not None:
            from_keras(module, _keras_arrays(path, header, keras_names))
        else:
            _refuse_own_names(path)
            from_torch(module, path)
    layers = [
        DetectedLayer(name, type(child).__name__, child.num_parameters)
        for name, child in vars(module).items()
        if isinstance(child, nn.Module)
    ]
    return Detected(dialect, layers, module)


def _is_onnx(path: Path) -> bool:
    return path.suffix.lower() == ".onnx"


def _detect_onnx(path: Path) -> Detected:
    """The recurrent nodes of a file; the other arrays it has learned are unread."""
    nodes = onnx_layers(path)
    layers = [
        DetectedLayer(
            printable(name) if len(nodes) > 1 else "",
            _described(layer),
            layer.num_parameters,
            f"node {printable(name)}",
        )
        for name, layer in nodes.items()
    ]
    if len(nodes) == 1:
        module: nn.Module = next(iter(nodes.values()))
    else:
        module = nn.Module()
        module.nodes = dict(nodes)
    return Detected("onnx", layers, module, onnx_unread(path))


def _described(layer: nn.Recurrent) -> str:
    directions = ", both directions" if layer.bidirectional else ""
    reset_after = getattr(layer.cell, "reset_after", None)
    reset = "" if reset_after is None else f", reset_after={reset_after}"
    return f"{type(layer).__name__} {layer.input_size} to {layer.hidden_size}{directions}{reset}"


def _at(module: nn.Module, place: str) -> Any:
    """The module at a place such as `encoder.0`."""
    for name in place.split(".") if place else ():
        module = vars(module)[name]
    return module


# --- the arrays of .npz and .safetensors -----------------------------------------------------------------------------


def _header(path: Path) -> Header:
    """The names, dtypes and shapes in a file, which must have some."""
    header = npz_header(path) if path.suffix.lower() == ".npz" else safetensors_header(path)
    if not header:
        raise CheckpointError(f"{path} holds no arrays. try: another file")
    return header


def _keras_names(header: Header) -> list[str] | None:
    """The names 0000, 0001 ... or arr_0, arr_1 ... in their order, if all names are such."""
    numbers = {name.removeprefix("arr_"): name for name in header}
    if not all(number.isascii() and number.isdigit() and len(number) < 10 for number in numbers):
        return None
    return [numbers[number] for number in sorted(numbers, key=int)]


def _keras_arrays(path: Path, header: Header, names: Sequence[str]) -> list[Any]:
    if path.suffix.lower() == ".npz":
        arrays = read_arrays(path, {name: (shape, dtype) for name, (dtype, shape) in header.items()})
    else:
        arrays = read_safetensors(path)
    return [arrays[name] for name in names]


def _refuse_own_names(path: Path) -> None:
    """Refuse an .npz without Keras's names: PyTorch writes none."""
    if path.suffix.lower() == ".npz":
        raise CheckpointError(
            f"{path} has names of its own: it is ours already, or a model's of another kind. "
            "try: tg.load(module, path), or numpy.savez('model.npz', *model.get_weights()) where Keras is"
        )
