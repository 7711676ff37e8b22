"""Layers of ours with the weights of the GRU, LSTM and RNN nodes in ONNX models."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...core.support.arguments import brief, path_of
from ...core.support.arrays import FLOATS, Array
from ...core.support.random import seed
from ...errors import ArgumentError, FileError, TinygradError
from ...nn import GRU, LSTM, RNN, Recurrent
from ...nn.files.formats import check_mark
from ...nn.files.names import printable
from ...nn.files.regular import IrregularFileError, open_regular
from ..weights.gate_layouts import KINDS, dialect_for, unpack
from .activations import OnnxActivation, activation_from_onnx, read_activations
from .attributes import attributes_of, text
from .builder import LARGEST, onnx_package
from .wire import refuse_many_objects

__all__ = ["Source", "array_of", "from_onnx", "layers_of", "read_model", "recurrent_nodes", "stored_arrays"]

Source = str | os.PathLike[str] | bytes | Any  # a path, the bytes of a file, or a ModelProto

LAYERS = {"RNN": RNN, "GRU": GRU, "LSTM": LSTM}
GATES = {kind: len(cell.letters) for cell, kind in KINDS.items()}
FUNCTIONS = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}  # per direction
MOST_NODES = 10_000  # more than any model has
MOST_ARRAYS = 100_000  # stored ones, constants included
MOST_AXES = 64  # NumPy has no more
MOST_LAYERS = 1000  # at once: a layer takes memory however small its weights are
SHARED = 4  # times the bytes of a file that its layers may take: nodes may share weights, and our layers do not
SHOWN = 12  # names in one message


def from_onnx(source: Source, name: str | None = None) -> Recurrent:
    """The layer nn.GRU, nn.LSTM or nn.RNN with the weights of such a node in an ONNX model.

    `source` is a path, the bytes of a file, or a ModelProto; `name` says which node, if there are several. One node is
    one layer: of one direction (`reverse` becomes `go_backwards` with `keep_order`) or of two. ONNX always has two bias
    vectors; where the one on the side of h is zero throughout, the layer gets one. What the node takes from the graph,
    its input, `initial_h` and `sequence_lens`, are x, h0 and lengths in a call of the layer.

    Raises FileError for files that are damaged or hostile, and for nodes with options that our layers do not have.
    """
    if name is not None and not isinstance(name, str):
        raise ArgumentError(f"from_onnx: name: got {brief(name)}, wanted a node's name. try: to leave it out")
    model = read_model(source)
    nodes = recurrent_nodes(model)
    if not nodes:
        raise FileError(
            f"{_title(source)} holds no GRU, LSTM or RNN node. try: another file, or load its arrays one by one"
        )
    if name is None and len(nodes) > 1:
        raise FileError(f"{_title(source)} holds several: {_listed(nodes)}. try: name={next(iter(nodes))[:80]!r}")
    if name is not None and name not in nodes:
        raise FileError(f"{_title(source)} holds no node {brief(name)}. try: {_listed(nodes)}")
    title = next(iter(nodes)) if name is None else name
    return layer_of(title, nodes[title], stored_arrays(model))


def read_model(source: Source) -> Any:
    """The ModelProto of a path or of bytes; too large files are refused before they are read."""
    onnx = onnx_package("reading an ONNX model")
    if isinstance(source, onnx.ModelProto):
        return source
    data = source if isinstance(source, bytes) else _read(path_of("from_onnx", source, "model.onnx"))
    model = onnx.ModelProto()
    try:
        refuse_many_objects(data, model, _title(source))
        model.ParseFromString(data)
    except FileError:
        raise
    except Exception as error:  # protobuf has several implementations, each with exceptions of its own
        why = " ".join(str(error).split()) or type(error).__name__
        raise FileError(
            f"{_title(source)} is damaged, or no ONNX model: {why}. try: the file as it was exported, fetched again"
        ) from None
    check_mark("onnx", {entry.key: entry.value for entry in model.metadata_props}, _title(source))
    return model


def _read(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            if (size := os.fstat(file.fileno()).st_size) > LARGEST:
                raise FileError(f"{path} has {size} bytes, and an ONNX file at most {LARGEST}. try: a smaller model")
            return file.read()
    except IrregularFileError:
        raise FileError(f"{path} is not a file. try: the path of an .onnx file") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}. try: the path of an .onnx file") from None


def recurrent_nodes(model: Any) -> dict[str, Any]:
    """The recurrent nodes of a model by name, in order; those without a name are called GRU_0 and so on."""
    nodes: dict[str, Any] = {}
    for node in model.graph.node:
        if node.op_type in GATES and node.domain in ("", "ai.onnx"):
            usable = isinstance(node.name, str) and node.name and node.name not in nodes  # bytes: not UTF-8
            name = node.name if usable else f"{node.op_type}_{len(nodes)}"
            nodes[name] = node
            if len(nodes) > MOST_NODES:
                raise FileError(f"it holds more than {MOST_NODES} recurrent nodes. try: a part of the model")
    return nodes


def layers_of(model: Any, stored: Mapping[str, Any]) -> dict[str, Recurrent]:
    """A layer of ours for each recurrent node; FileError if their weights are much more than the model holds."""
    nodes = recurrent_nodes(model)
    held = sum(tensor.ByteSize() for tensor in stored.values())
    taken = sum(stored[name].ByteSize() for node in nodes.values() for name in node.input[1:4] if name in stored)
    if len(nodes) > MOST_LAYERS or taken > SHARED * held:
        raise FileError(
            f"{len(nodes)} recurrent nodes take {taken} bytes of weights, and the model holds {held} that they share. "
            f"try: tg.interop.from_onnx(path, name={next(iter(nodes))[:80]!r}) for each"
        )
    return {name: layer_of(name, node, stored) for name, node in nodes.items()}


def stored_arrays(model: Any) -> dict[str, Any]:
    """The arrays stored in a model by name, as TensorProto: initializers, and the values of Constant nodes."""
    tensors: dict[str, Any] = {}
    for name, tensor in _stored(model):
        if len(tensor.dims) > MOST_AXES:
            got = f"{printable(text(name))} has {len(tensor.dims)} axes"
            raise FileError(f"{got}, wanted at most {MOST_AXES}. try: the file as it was exported")
        if isinstance(name, str):  # bytes: not UTF-8
            tensors[name] = tensor
        if len(tensors) > MOST_ARRAYS:
            raise FileError(f"it holds more than {MOST_ARRAYS} arrays. try: a part of the model")
    return tensors


def _stored(model: Any) -> Iterator[tuple[str | bytes, Any]]:
    """The initializers and the values of Constant nodes, by name."""
    for tensor in model.graph.initializer:
        yield tensor.name, tensor
    for node in model.graph.node:
        if node.op_type == "Constant" and len(node.output) == 1:
            for attribute in node.attribute:
                if attribute.name == "value":
                    yield node.output[0], attribute.t


def array_of(name: str, tensor: Any) -> Array:
    """A stored array: its data in this file, of the size of its shape, float32 or float64, and finite."""
    onnx = onnx_package("reading an ONNX model")
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise FileError(f"{name}: its data are in another file, and no other file is read. try: onnx.save in one file")
    dtypes = {onnx.helper.np_dtype_to_tensor_dtype(dtype): dtype for dtype in FLOATS}
    if tensor.data_type not in dtypes:
        got = onnx.helper.tensor_dtype_to_string(tensor.data_type) if tensor.data_type in range(1, 24) else "unknown"
        raise FileError(f"{name} is {got}, wanted float32 or float64. try: a model exported in float32")
    if any(size < 1 for size in tensor.dims):
        raise FileError(
            f"{name} has shape {tuple(tensor.dims)}, wanted sizes above 0. try: the file as it was exported"
        )
    try:
        array: Array = onnx.numpy_helper.to_array(tensor)
    except Exception as error:
        why = " ".join(str(error).split())
        raise FileError(f"{name} is damaged: {why}. try: the file as it was exported") from None
    if not np.isfinite(array).all():
        raise FileError(f"{name} holds NaN or infinity. try: a checkpoint from before training diverged")
    return array


# --- one node --------------------------------------------------------------------------------------------------------


def layer_of(name: str, node: Any, stored: Mapping[str, Any]) -> Recurrent:
    """The layer of ours that computes what the node does."""
    try:
        return _layer(node, stored)
    except TinygradError as error:
        raise FileError(f"{node.op_type} {printable(name)}: {error}") from None


def _layer(node: Any, stored: Mapping[str, Any]) -> Recurrent:
    attributes = attributes_of(node)
    inputs = [text(name) for name in [*node.input[:8], *[""] * 8][:8]]
    if inputs[7]:
        raise FileError("peepholes (P) are connections that our LSTM does not have. try: a model without them")
    W, R = (_weight(label, inputs[i], stored, 3) for i, label in ((1, "W"), (2, "R")))
    B = _weight("B", inputs[3], stored, 2) if inputs[3] else None
    D, rows, I = W.shape
    H = R.shape[-1]
    directions = {"forward": 1, "reverse": 1, "bidirectional": 2}
    direction = attributes.get("direction", "forward")
    if directions.get(direction) != D:
        raise FileError(f"direction is {direction[:80]!r}, and the weights are for {D}. try: {' or '.join(directions)}")
    G = GATES[node.op_type]
    if rows != G * H or R.shape != (D, rows, H) or (B is not None and B.shape != (D, 2 * rows)):
        got = f"W {W.shape}, R {R.shape}{'' if B is None else f', B {B.shape}'}"
        raise FileError(f"the weights do not fit: {got}. try: onnx.checker.check_model(model, full_check=True)")
    if attributes.get("hidden_size", H) != H:
        raise FileError(f"hidden_size is {attributes['hidden_size']}, and R is {R.shape}. try: hidden_size={H}")
    if W.dtype != R.dtype or (B is not None and B.dtype != W.dtype):
        raise FileError("the weights have several dtypes. try: a model exported in float32")

    options: dict[str, Any] = {"bias": _bias(node.op_type, B, G, H, bool(attributes.get("linear_before_reset")))}
    options |= {"batch_first": attributes.get("layout", 0) == 1, "dtype": W.dtype}
    options |= {"bidirectional": True} if D == 2 else {}
    options |= {"go_backwards": True, "keep_order": True} if direction == "reverse" else {}
    options |= {"reset_after": bool(attributes.get("linear_before_reset"))} if node.op_type == "GRU" else {}
    options |= _functions(node.op_type, attributes, D)
    with seed(0):  # the initial weights are replaced: the caller's generator is left as it was
        layer: Recurrent = LAYERS[node.op_type](I, H, **options)
    state: dict[str, Array] = {}
    for d, (side, cell) in enumerate(layer.layers[0].items()):
        packed = {"W": W[d], "R": R[d]} | ({} if B is None else {"B": B[d]})
        state |= {f"layers.0.{side}.{key}": a for key, a in unpack(packed, cell, dialect_for("onnx", cell)).items()}
    return layer.load_state_dict(state)


def _weight(label: str, name: str, stored: Mapping[str, Any], axes: int) -> Array:
    if not name:
        raise FileError(f"it has no {label}. try: onnx.checker.check_model")
    if name not in stored:
        raise FileError(
            f"{label} ({printable(name)}) is computed by the model, wanted an initializer. try: constant folding first"
        )
    array = array_of(label, stored[name])
    if array.ndim != axes:
        raise FileError(f"{label} has shape {array.shape}, wanted {axes} axes. try: onnx.checker.check_model")
    return array


def _bias(kind: str, B: Array | None, G: int, H: int, after: bool) -> bool | str:
    """The option `bias`: "single" where the vectors on the side of h are zero; b_hh, inside the reset, may be any."""
    if B is None:
        return False
    of_h = B[:, G * H : -H] if kind == "GRU" and after else B[:, G * H :]
    return "double" if of_h.any() or np.signbit(of_h).any() else "single"


def _functions(kind: str, attributes: Mapping[str, Any], D: int) -> dict[str, Any]:
    """The activations as options of the layer."""
    names = attributes.get("activations", FUNCTIONS[kind] * D)
    if len(names) != D * len(FUNCTIONS[kind]):
        raise FileError(f"activations: got {len(names)}, wanted {D * len(FUNCTIONS[kind])}. try: leave them out")
    numbers = [attributes.get(key, []) for key in ("activation_alpha", "activation_beta")]
    functions = read_activations(names, *numbers)
    one = functions[: len(functions) // D]
    if functions != one * D:
        raise FileError("activations: the two directions differ, and our layers have the same. try: a node for each")
    if kind == "LSTM" and one[1] != one[2]:
        raise FileError(f"activations: g is {one[1].name} and h is {one[2].name}, wanted one for both. try: Tanh")
    if kind == "GRU" and (one[0].name not in ("Sigmoid", "HardSigmoid") or one[0].beta not in (None, 0.5)):
        raise FileError(f"activations: f is {one[0].name}, and only a sigmoid lets z's sign change. try: Sigmoid")
    keys = ["nonlinearity"] if kind == "RNN" else ["gate_activation", "activation"]
    return {key: _function(f) for key, f in zip(keys, one, strict=False)}


def _function(activation: OnnxActivation) -> Any:
    function = activation_from_onnx(activation)
    if function is None:
        got = f"{activation.name} with alpha {activation.alpha} and beta {activation.beta}"
        raise FileError(f"activations: we have no {got}. try: Tanh, Sigmoid, Relu or LeakyRelu")
    return function


def _listed(nodes: Mapping[str, Any]) -> str:
    """The names of the nodes, or the first of very many."""
    more = [f"and {len(nodes) - SHOWN} more"] if len(nodes) > SHOWN else []
    return ", ".join([*map(printable, list(nodes)[:SHOWN]), *more])


def _title(source: Source) -> str:
    return str(source) if isinstance(source, str | os.PathLike) else "the ONNX model"
