"""import_onnx: a whole ONNX model as a module."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ....core import ops
from ....core.support.arguments import brief
from ....core.support.modes import no_grad
from ....core.support.operands import value_of
from ....core.tensor import Tensor
from ....errors import ArgumentError, DtypeError, FileError, ShapeError
from ....nn import Module, Parameter, Recurrent
from ....nn.files.names import printable
from ..attributes import text
from ..builder import onnx_package
from ..importer import GATES, MOST_LAYERS, SHARED, Source, layer_of, read_model, stored_arrays
from .node import TYPES, Node
from .program import Memory, Program, read_program, reads
from .recurrent import run_layer

__all__ = ["OnnxModel", "import_onnx"]

MOST_BYTES = 1 << 32  # of the arrays that one run makes
OLDEST = 7  # opset, of 2018


def import_onnx(source: Source, most_bytes: int = MOST_BYTES) -> OnnxModel:
    """The module that computes what an ONNX model does: `model(x)` for an input x, in the order of the file.

    `source` is a path, the bytes of a file, or a ModelProto. Each GRU, LSTM and RNN node is a layer of ours, in
    `model.layers`; stored arrays of floats that have an axis are parameters, in `model.weights`, so that the model can
    be trained further; every other node is the operations that it stands for. So pictures, equations, `tg.compile` and
    `export_onnx` take the module as any other.

    The nodes are those that PyTorch's and Keras's exporters write around recurrent layers; another operator, or a node
    with options that are not followed, is a FileError that names it. Nothing in a file is executed, and sizes are
    checked before memory is taken: the arrays of one run may take `most_bytes` in all, counted at 8 bytes a number.
    """
    if isinstance(most_bytes, bool) or not isinstance(most_bytes, int) or most_bytes < 1:
        raise ArgumentError(f"import_onnx: most_bytes: got {brief(most_bytes)}, wanted a number of bytes. try: 2**32")
    return OnnxModel(read_model(source), most_bytes)


class OnnxModel(Module):
    """A whole ONNX model; made by `import_onnx`."""

    def __init__(self, proto: Any, most_bytes: int = MOST_BYTES) -> None:
        if len(proto.functions):
            raise FileError("it has functions of its own, which are not read. try: onnx.inliner.inline_local_functions")
        opset = _opset(proto)
        self._most_bytes = most_bytes
        self._program = read_program(proto.graph, opset)
        self._types = {text(v.name): _type_of(v) for v in proto.graph.input if text(v.name) in self._program.inputs}
        stored = _with_computed(self._program, stored_arrays(proto), most_bytes)
        _drop_unused(self._program)
        self.layers, self._layer_of = _layers(self._program, stored)
        self.weights, self._key_of = _weights(self._program)

    @property
    def inputs(self) -> dict[str, tuple[str, tuple[Any, ...] | None]]:
        """The inputs by name: dtype, and shape with names or None for the sizes that are free."""
        return dict(self._types)

    @property
    def outputs(self) -> list[str]:
        """The names of the outputs."""
        return list(self._program.outputs)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The output for these inputs, in the order of the file or by name; a tuple where there are several."""
        values: dict[str, Any] = {name: self.weights[key] for name, key in self._key_of.items()}
        values |= self._checked(inputs, named)
        results = self._program.run(values, Memory(self._most_bytes), self._run_layer)
        outputs = [Tensor(r) if not isinstance(r, Tensor) and r.dtype.kind == "f" else r for r in results]
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def _run_layer(self, node: Node, values: tuple[Any, ...], memory: Memory) -> tuple[Any, ...]:
        return run_layer(node, self.layers[self._layer_of[node]], values, memory)

    def _checked(self, inputs: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        names = list(self._types)
        if len(inputs) > len(names):
            raise ArgumentError(f"OnnxModel: got {len(inputs)} inputs, wanted {len(names)}: {_listed(names)}")
        by_name = dict(zip(names, inputs, strict=False))
        for name, value in named.items():
            if name not in names or name in by_name:
                why = "comes twice" if name in by_name else "is no input"
                raise ArgumentError(f"OnnxModel: {name} {why}. try: {_listed(names)}")
            by_name[name] = value
        if missing := [name for name in names if name not in by_name]:
            raise ArgumentError(f"OnnxModel: no value for {_listed(missing)}. try: model({_listed(names)})")
        sizes: dict[str, int] = {}
        return {name: _fitting(name, by_name[name], *self._types[name], sizes) for name in names}

    def describe(self) -> str:
        """How many nodes there are, and what goes in and out."""
        shapes = [f"{printable(name)} {_shown(shape)}" for name, (_, shape) in self._types.items()]
        outputs = _listed(self.outputs)
        return f"{len(self._program.nodes)} nodes: {', '.join(shapes)} -> {outputs}"


# --- what goes in ----------------------------------------------------------------------------------------------------


def _opset(proto: Any) -> int:
    """The version of ONNX's operators that the file is written in."""
    versions = [entry.version for entry in proto.opset_import if text(entry.domain) in ("", "ai.onnx")]
    newest = onnx_package("reading an ONNX model").defs.onnx_opset_version()
    if len(versions) != 1 or not OLDEST <= versions[0] <= newest:
        got = f"opset {versions[0]}" if len(versions) == 1 else f"{len(versions)} opsets"
        raise FileError(f"it is written in {got}, wanted one from {OLDEST} to {newest}. try: another opset_version")
    return int(versions[0])


def _type_of(value: Any) -> tuple[str, tuple[Any, ...] | None]:
    """dtype and shape of an input."""
    onnx = onnx_package("reading an ONNX model")
    name, tensor = printable(text(value.name)), value.type.tensor_type
    known = {onnx.TensorProto.DataType.Value(kind): kind for kind in TYPES}
    if value.type.WhichOneof("value") != "tensor_type" or tensor.elem_type not in known:
        raise FileError(f"the input {name} is no array of floats or whole numbers. try: a model in float32")
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    if not tensor.HasField("shape"):
        return dtype.name, None
    sizes = [d.dim_value if d.HasField("dim_value") else text(d.dim_param) or None for d in tensor.shape.dim]
    return dtype.name, tuple(sizes[:64])


def _fitting(name: str, value: Any, dtype: str, shape: tuple[Any, ...] | None, sizes: dict[str, int]) -> Any:
    """An input as a tensor of this dtype, if it has dtype and shape.

    `sizes` keeps the free sizes, which must agree. Whole numbers may go where floats are wanted.
    """
    title = printable(name)
    is_float = np.dtype(dtype).kind == "f"
    tensor = value if isinstance(value, Tensor) else Tensor(value)
    kind = tensor.dtype.kind
    if kind != np.dtype(dtype).kind and not (is_float and kind in "iu") and not (kind in "iu" and dtype[0] in "iu"):
        raise DtypeError(f"OnnxModel: {title} is {tensor.dtype}, wanted {dtype}. try: np.asarray(x, np.{dtype})")
    if is_float and kind == "f" and tensor.dtype != dtype:
        raise DtypeError(f"OnnxModel: {title} is {tensor.dtype}, wanted {dtype}. try: x.astype(np.{dtype})")
    if shape is not None:
        fits = tensor.ndim == len(shape) and all(
            n is None or n == (m if isinstance(n, int) else sizes.setdefault(n, m))
            or (isinstance(n, str) and sizes[n] == m)
            for n, m in zip(shape, tensor.shape, strict=True)
        )  # fmt: skip
        if not fits:
            agreed = "".join(f", where {key} is {size}" for key, size in sizes.items() if key in shape)
            raise ShapeError(f"OnnxModel: {title} has shape {tensor.shape}, wanted {_shown(shape)}{agreed}")
    if is_float:
        return tensor if tensor.dtype == dtype else ops.astype(tensor, dtype)
    return tensor if isinstance(value, Tensor) else Tensor(tensor.data.astype(dtype))


def _shown(shape: tuple[Any, ...] | None) -> str:
    if shape is None:
        return "of any shape"
    return f"({', '.join('?' if n is None else printable(str(n)) for n in shape)}{',' * (len(shape) == 1)})"


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(printable(name) for name in names[:12]) + (
        f" and {len(names) - 12} more" if len(names) > 12 else ""
    )


# --- what is stored --------------------------------------------------------------------------------------------------


def _with_computed(program: Program, stored: dict[str, Any], most_bytes: int) -> dict[str, Any]:
    """The stored arrays, and those weights of recurrent nodes that the file computes of stored ones, as TensorProto."""
    onnx = onnx_package("reading an ONNX model")
    wanted = {name for node in program.nodes if node.op in GATES for name in node.inputs[1:4] if name} - {*stored}
    wanted -= set(program.inputs)
    if not wanted:
        return stored
    maker = {name: node for node in program.nodes for name in node.outputs}
    needed: set[Node] = set()
    pending = [maker[name] for name in wanted if name in maker]
    while pending:
        node = pending.pop()
        if node not in needed:
            needed.add(node)
            pending += [maker[name] for name in reads(program, node) if name in maker]
    nodes = [node for node in program.nodes if node in needed]
    outside = {name for node in nodes for name in reads(program, node)} & set(program.inputs)
    if outside or any(node.op in GATES for node in nodes):
        return stored  # layer_of says what is missing
    part = Program(nodes, program.constants, [], sorted(wanted), program.branches)
    with no_grad():
        arrays = part.run({}, Memory(most_bytes), _no_layer)
    computed = zip(part.outputs, arrays, strict=True)
    return stored | {name: onnx.numpy_helper.from_array(np.asarray(value_of(a)), name) for name, a in computed}


def _no_layer(node: Node, values: tuple[Any, ...], memory: Memory) -> tuple[Any, ...]:
    raise node.refused("weights that a recurrent node computes are not read. try: constant folding first")


def _drop_unused(program: Program) -> None:
    """Leave the nodes out that no output needs, and those that only make the weights of layers."""
    used, kept = set(program.outputs), []
    for node in reversed(program.nodes):
        if used.intersection(node.outputs):
            kept.append(node)
            names = (node.inputs[0], *node.inputs[4:]) if node.op in GATES else reads(program, node)
            used.update(names)
    program.nodes = kept[::-1]
    program.constants = {name: array for name, array in program.constants.items() if name in used}


def _layers(program: Program, stored: Mapping[str, Any]) -> tuple[dict[str, Recurrent], dict[Node, str]]:
    """The layers by the names of their nodes, one for all nodes that share weights and options, and whose is whose."""
    layers: dict[str, Recurrent] = {}
    of_node: dict[Node, str] = {}
    key_of: dict[Any, str] = {}
    held, taken = sum(tensor.ByteSize() for tensor in stored.values()), 0
    for node in program.nodes:
        for branch in program.branches.get(node, {}).values():
            if inside := next((inner for inner in branch.nodes if inner.op in GATES), None):
                raise inside.refused("a recurrent node in a branch is not read. try: a model without the If around it")
        if node.op not in GATES:
            continue
        same = (node.op, node.inputs[1:4], tuple((key, str(value)) for key, value in sorted(node.options.items())))
        if same not in key_of:
            taken += sum(stored[name].ByteSize() for name in node.inputs[1:4] if name in stored)
            if len(layers) >= MOST_LAYERS or taken > SHARED * held:
                raise node.refused(f"with it the layers take {taken} bytes, and the file holds {held}. try: from_onnx")
            key = key_of[same] = _unused(node.title.partition(" ")[2], layers)
            layers[key] = layer_of(node.title.partition(" ")[2], _as_proto(node), stored)
        of_node[node] = key_of[same]
    return layers, of_node


def _as_proto(node: Node) -> Any:
    """The node as it stands in a file."""
    helper = onnx_package("reading an ONNX model").helper
    return helper.make_node(node.op, node.inputs, node.outputs, node.title.partition(" ")[2], **node.options)


def _weights(program: Program) -> tuple[dict[str, Parameter], dict[str, str]]:
    """The parameters: stored arrays of floats with an axis that a node reads, and the keys of their names."""
    fixed = {name for node in program.nodes if node.op == "BatchNormalization" for name in node.inputs[3:5]}
    parameters: dict[str, Parameter] = {}
    key_of: dict[str, str] = {}
    for name, array in program.constants.items():
        if array.dtype.kind != "f" or not array.ndim or not array.size or name in fixed:
            continue
        if np.isnan(array).any():
            raise FileError(f"{printable(name)} holds NaN. try: a checkpoint from before training diverged")
        if np.isfinite(array).all():  # or it is a mask
            key_of[name] = _unused(name, parameters)
            parameters[key_of[name]] = Parameter(array)
    return parameters, key_of


def _unused(name: str, taken: Mapping[str, Any]) -> str:
    """A key of letters that any file of ours takes, and a number if it is taken."""
    base = re.sub(r"[^A-Za-z0-9_./:-]", "_", name).strip("/")[:200] or "value"
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base}_{number}"
    return key
