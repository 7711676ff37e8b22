"""Layers of ours with the weights of the GRU, LSTM and RNN nodes in ONNX models."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...core.support.arguments import brief, path_of
from ...core.support.arrays import FLOATS, Array
from ...core.support.random import seed
from ...errors import ArgumentError, FileError, TinygradError
from ...nn import GRU, LSTM, RNN, GRUCell, LSTMCell, Recurrent, RNNCell
from ...nn.files.formats import check_mark
from ...nn.files.names import printable
from ...nn.files.regular import IrregularFileError, open_regular
from ..cells import KeepGRUCell, TwoActivationsLSTMCell
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

    functions = _functions(node.op_type, attributes, D)
    if "clip" in attributes:
        _ignore_clip(text(node.name) or node.op_type, attributes["clip"], [f for one in functions for f in one])
    after = bool(attributes.get("linear_before_reset"))
    options: dict[str, Any] = {"batch_first": attributes.get("layout", 0) == 1}
    options |= {"go_backwards": True, "keep_order": True} if direction == "reverse" else {}
    of_cells = {"bias": _bias(node.op_type, B, G, H, after), "dtype": W.dtype}
    of_cells |= {"reset_after": after} if node.op_type == "GRU" else {}
    with seed(0):  # the initial weights are replaced: the caller's generator is left as it was
        if all(_is_plain(node.op_type, f) and f == functions[0] for f in functions):
            options |= {"bidirectional": True} if D == 2 else {}
            options |= _named_functions(node.op_type, functions[0])
            layer: Recurrent = LAYERS[node.op_type](I, H, **of_cells, **options)
        else:
            cells = tuple(_cell(node.op_type, I, H, f, of_cells) for f in functions)
            layer = Recurrent([cells] if len(cells) == 2 else list(cells), **options)
    state: dict[str, Array] = {}
    for d, (side, cell) in enumerate(layer.layers[0].items()):
        packed = {"W": W[d], "R": R[d]} | ({} if B is None else {"B": B[d]})
        state |= {f"layers.0.{side}.{key}": array for key, array in _unpacked(packed, cell, of_cells).items()}
    return layer.load_state_dict(state)


def _unpacked(packed: Mapping[str, Array], cell: Any, options: Mapping[str, Any]) -> dict[str, Array]:
    """The parameters of a cell; those of one of ONNX's own are those of the cell that it is derived from."""
    if type(cell) in KINDS:
        return unpack(packed, cell, dialect_for("onnx", cell))
    with seed(0):
        plain = next(kind for kind in type(cell).__mro__ if kind in KINDS)(cell.input_size, cell.hidden_size, **options)
    return unpack(packed, plain, dialect_for("onnx", plain))


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


def _functions(kind: str, attributes: Mapping[str, Any], D: int) -> list[list[OnnxActivation]]:
    """The activations of each direction."""
    count = len(FUNCTIONS[kind])
    names = attributes.get("activations", FUNCTIONS[kind] * D)
    if len(names) != D * count:
        raise FileError(f"activations: got {len(names)}, wanted {D * count}. try: leave them out")
    numbers = [attributes.get(key, []) for key in ("activation_alpha", "activation_beta")]
    functions = read_activations(names, *numbers)
    return [functions[d * count : (d + 1) * count] for d in range(D)]


def _is_plain(kind: str, functions: list[OnnxActivation]) -> bool:
    """Whether a cell of `nn` has these: an LSTM one φ for both, a GRU a σ that lets z's sign change."""
    if kind == "GRU":
        return functions[0].name == "Sigmoid" or (functions[0].name == "HardSigmoid" and functions[0].beta == 0.5)
    return kind == "RNN" or functions[1] == functions[2]


def _named_functions(kind: str, functions: list[OnnxActivation]) -> dict[str, Any]:
    """The activations as options of a cell or layer."""
    keys = ["nonlinearity"] if kind == "RNN" else ["gate_activation", "activation", "output_activation"]
    wanted = functions[:2] if _is_plain(kind, functions) else functions
    return {key: _function(f) for key, f in zip(keys, wanted, strict=False)}


def _cell(kind: str, I: int, H: int, functions: list[OnnxActivation], options: Mapping[str, Any]) -> Any:
    """A cell of `nn` with these activations, or one of ONNX's own where no cell of `nn` has them."""
    plain = {"RNN": RNNCell, "GRU": GRUCell, "LSTM": LSTMCell}
    kinds = plain if _is_plain(kind, functions) else {"GRU": KeepGRUCell, "LSTM": TwoActivationsLSTMCell}
    return kinds[kind](I, H, **options, **_named_functions(kind, functions))


def _ignore_clip(title: str, clip: float, functions: list[OnnxActivation]) -> None:
    """Say that a clip binds nothing; FileError where it does."""
    if all(clip >= _flat_from(function) for function in functions):
        warnings.warn(f"{printable(title)}: clip={clip:.6g} is too large to change anything: left out", stacklevel=2)
        return
    raise FileError(
        f"clip={clip:.6g} bounds the inputs of the activations, which our layers do not. try: a model without it"
    )


def _flat_from(function: OnnxActivation) -> float:
    """From where on an activation does not move any more, in float32, on both sides."""
    if function.name in ("Tanh", "Sigmoid"):
        return 88.0  # sigmoid(−88) is less than the least normal number
    if function.name == "HardSigmoid" and function.alpha and function.beta is not None:
        return max(1 - function.beta, function.beta) / function.alpha if function.alpha > 0 else np.inf
    return float(np.finfo(np.float32).max)


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
