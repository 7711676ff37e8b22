"""Any module as an ONNX model: its program, operation by operation, and recurrent layers as one ONNX node each."""

from __future__ import annotations

import keyword
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ...core.support.arguments import brief, path_of
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ...errors import ArgumentError, GraphError
from ...nn import Module
from ...nn.files import write_atomically
from ...nn.files.formats import MARK
from .builder import OPSET, Graph, onnx_package
from .dynamic_axes import another, extreme_values, free_axes, named_axes, other_values, resized
from .ops.elementwise import OPERATORS, Emit
from .ops.indexing import INDEXING
from .ops.shape import SHAPES
from .record import Call, Node, Program, aligned
from .recurrent import LayerOutput, emit_layer, in_one_node
from .symbolic_size import Fill, Range, Size

__all__ = ["export_onnx"]

EMIT: dict[Any, Emit] = OPERATORS | SHAPES | INDEXING


def export_onnx(
    module: Module,
    example_inputs: Any,
    path: str | os.PathLike[str],
    dynamic_axes: Mapping[str, Mapping[int, str]] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write what a module computes, in inference, as an ONNX model, which other libraries run.

    `example_inputs` is an array or tensor, several in a tuple, or by name in a dictionary. The module is run on them
    and on others like them. Axes that the module takes in any size are free in the model; `dynamic_axes`, such as
    `{"x": {0: "time", 1: "batch"}}`, says which to leave free, and all others are fixed as in the example. Layers of
    RNN, GRU and LSTM cells become ONNX nodes of that name, and every other operation becomes ONNX operators. `metadata`
    holds words that go with the model, in its metadata_props: labels, a vocabulary, units.

    Raises GraphError, and writes no file, for an operation that ONNX does not have, with its name and scope, and for
    what depends on the values or the sizes of the inputs in a way that no ONNX operator expresses. Comparisons do: they
    are NumPy arrays here, and nothing records them.
    """
    path = path_of("export_onnx", path, "model.onnx")
    metadata = _words(metadata or {})
    model = model_of(module, example_inputs, dynamic_axes)
    for key, value in metadata.items():
        model.metadata_props.add(key=key, value=value)
    onnx_package("ONNX export").checker.check_model(model, full_check=True)
    with write_atomically(path) as file:
        file.write(model.SerializeToString())


def model_of(module: Module, example_inputs: Any, dynamic_axes: Mapping[str, Mapping[int, str]] | None = None) -> Any:
    """The ONNX model, as a ModelProto."""
    if not isinstance(module, Module):
        raise ArgumentError(f"export_onnx: got {brief(module)}, wanted a module. try: nn.GRU(2, 3)")
    with in_one_node():
        program = program_of(module, example_inputs, dynamic_axes)
    titles = {} if dynamic_axes is not None else _titles(program)
    g = Graph(program.free)
    inputs = [_described(g, g.named(name), node, titles) for name, node in program.inputs.items()]
    names = {node: value.name for node, value in zip(program.inputs.values(), inputs, strict=True)}
    parameters: dict[Tensor, str] = {p: key for key, p in module.named_parameters()}
    for node in program.nodes:
        g.place = "".join(f"{place.title}/" for place in node.tensor.scope.path).replace(" ", "_")
        names[node] = _leaf(g, node, parameters) if node.op is None else _emit(g, node, names, parameters)
    g.place = ""
    outputs = []
    for i, node in enumerate(program.outputs):
        title = node.tensor.name or ""
        usable = title.isidentifier() and title.isascii() and not keyword.iskeyword(title)
        name = g.named(title if usable else "output" if len(program.outputs) == 1 else f"output_{i}")
        g.add("Identity", names[node], outputs=[name])
        outputs.append(_described(g, name, node, titles))
    return g.model(type(module).__name__, inputs, outputs)


def program_of(
    module: Module, example_inputs: Any, dynamic_axes: Mapping[str, Mapping[int, str]] | None = None
) -> Program:
    """The program of a module in inference, recorded with the example and with other sizes and values.

    `dynamic_axes` names the free axes; without it, each axis is tried."""
    call = Call(module, example_inputs)
    runs = [call.record(call.arrays)]
    free = free_axes(call) if dynamic_axes is None else named_axes(call, dynamic_axes)
    sizes = {name: call.arrays[axes[0][0]].shape[axes[0][1]] for name, axes in free.items()}
    recordings: list[Mapping[str, int]] = [sizes]
    taken = {n for array in call.arrays for n in array.shape}
    for name in free:
        recordings.append(sizes | {name: another(sizes[name], taken)})
        runs.append(_recorded(call, resized(call.arrays, free, recordings[-1]), name))

    last: dict[str, int] = {}
    for name in free:
        taken |= {n for each in [*recordings, last] for n in each.values()}
        last[name] = another(sizes[name], taken)
    recordings.append(last)
    arrays = resized(call.arrays, free, last)
    try:
        runs.append(call.record([other_values(array, anything=True) for array in arrays]))
    except Exception:  # it does not take any number, so a number like those in the example
        runs.append(_recorded(call, [other_values(array, anything=False) for array in arrays], "input"))
    with suppress(Exception):  # it may refuse them, and then its numbers do not depend on them
        runs.append(call.record([extreme_values(array) for array in arrays]))
        recordings.append(last)
    inputs, outputs, nodes = aligned(runs, tuple(recordings))
    places = {name: (call.names[axes[0][0]], axes[0][1]) for name, axes in free.items()}
    return Program(dict(zip(call.names, inputs, strict=True)), outputs, nodes, places)


def _words(metadata: Mapping[str, str]) -> Mapping[str, str]:
    """The metadata, which must be words by names; ArgumentError otherwise, and for the name that marks our files."""
    if not isinstance(metadata, Mapping) or not all(isinstance(w, str) for pair in metadata.items() for w in pair):
        raise ArgumentError(f"export_onnx: metadata: got {brief(metadata)}, wanted words by name. try: json.dumps(…)")
    if MARK in metadata:
        raise ArgumentError(f"export_onnx: metadata: {MARK} is the mark of the format. try: another name")
    return metadata


def _recorded(call: Call, arrays: Sequence[Array], changed: str) -> tuple[list[Tensor], list[Tensor]]:
    try:
        return call.record(arrays)
    except Exception as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(call.names, arrays, strict=True))
        why = " ".join(str(error).split())
        hint = "" if "try:" in why else ". try: dynamic_axes={}, to fix all sizes"
        raise GraphError(
            f"ONNX export: with another {changed} ({shapes}) the module does not run: {why}{hint}"
        ) from error


def _emit(g: Graph, node: Node, names: Mapping[Node, str], parameters: Mapping[Tensor, str]) -> str:
    xs = [names[source] for source in node.inputs]
    if isinstance(node.op, LayerOutput):
        key = next((parameters[p] for p in node.op.layer.parameters() if p in parameters), "")
        return emit_layer(g, node, xs, key.rpartition("layers.")[0].rstrip("."))  # recurrent.layers.0.forward.W_r
    emit = EMIT.get(type(node.op))
    if emit is None:
        raise node.refused(f"ONNX {OPSET} has no operator for it. try: other operations")
    return emit(g, node, xs)


def _leaf(g: Graph, node: Node, parameters: Mapping[Tensor, str]) -> str:
    """A parameter, or a constant, which may depend on the sizes of the inputs but not on their values."""
    match node.constant():
        case Size() as size:
            return g.cast(g.scalar(size), node.tensor.dtype)
        case Range() as numbers:
            return g.cast(g.range(numbers), node.tensor.dtype)
        case Fill(value):
            return g.add("Expand", g.array(value), g.numbers(node.dims))
        case None:
            raise node.refused(
                "it changes with the values or sizes of the inputs, and no operation was recorded that makes it "
                "(comparisons, argmax, detach() and no_grad() make such constants). try: dynamic_axes={}, for sizes"
            )
        case array:
            return g.array(array, parameters.get(node.tensor) or node.tensor.name or "constant")


def _titles(program: Program) -> dict[str, str]:
    """The names of the free sizes in the model, where the caller has not named them."""
    if len(program.free) == 1:
        return dict.fromkeys(program.free, "batch")
    titles: dict[str, str] = {}
    for node in program.nodes:
        if isinstance(node.op, LayerOutput):
            axes = ("batch", "time") if node.op.layer.batch_first else ("time", "batch")
            for size, title in zip(node.inputs[0].dims, axes, strict=False):
                if str(size) in program.free and title not in titles.values():
                    titles[str(size)] = title
    return titles


def _described(g: Graph, name: str, node: Node, titles: Mapping[str, str]) -> Any:
    """An input or output of the model: its name, its dtype, and its shape, in which free sizes have names."""
    dims = [size.text(titles) if isinstance(size, Size) else size for size in node.known_dims]
    return g.onnx.helper.make_tensor_value_info(name, g.dtype(node.tensor.dtype), dims)
