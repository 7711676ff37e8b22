"""Recurrent layers as ONNX nodes GRU, LSTM and RNN: one for each layer, of one direction or two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...core.op import Op
from ...core.support.arguments import brief, flag
from ...core.support.modes import no_grad
from ...core.support.scopes import here, scope
from ...core.tensor import Tensor
from ...errors import ArgumentError, DtypeError
from ...nn import GRUCell, LSTMCell, Recurrent, ResetAfterGRUCell, RNNCell
from ...nn.cell_base import Cell
from ...nn.recurrent.layer import layer_override
from ..weights.gate_layouts import dialect_for, pack
from .activations import OnnxActivation, activation_to_onnx
from .builder import FIRST, LAST, Graph
from .ops.shape import sliced
from .record import Node

__all__ = ["LayerOutput", "emit_layer", "in_one_node", "to_onnx"]


class LayerOutput(Op):
    """One output of a whole recurrent layer: `out`, or one of its last states. The layer has run already."""

    symbol = "layer"

    def __init__(self, layer: Recurrent, part: int, results: list[Any], lengths: bool, start: bool) -> None:
        self.layer = layer
        self.part = part
        self.results = results  # shared by the outputs of one call
        self.lengths = lengths  # whether these are the second input
        self.start = start  # whether the states to start from are the last inputs

    def forward(self, *arrays: Any) -> Any:
        return self.results[self.part].copy()


@contextmanager
def in_one_node() -> Iterator[None]:
    """While this lasts, a recurrent layer that ONNX has a node for is recorded as one operation, not step by step."""
    token = layer_override.set(_whole)
    try:
        yield
    finally:
        layer_override.reset(token)


def _whole(layer: Recurrent, x: Any, h0: Any, lengths: Any, mask: Any, return_gates: bool) -> Any:
    """What stands in for the call of a layer."""
    if layer.stateful:
        raise ArgumentError(
            f"ONNX export: {type(layer).__name__} is stateful, and an ONNX model carries nothing from one call to the "
            f"next{here()}. try: stateful=False, with h0 among the inputs"
        )
    token = layer_override.set(None)
    try:
        why_not = _why_not(layer, lengths, mask, return_gates)
        if why_not:
            with scope(f"{type(layer).__name__}, step by step as {why_not}"):
                return layer(x, h0, lengths=lengths, mask=mask, return_gates=return_gates)
        if layer.cell.dtype != np.float32:
            raise DtypeError(
                f"ONNX export: {type(layer).__name__} is {layer.cell.dtype}, and no runtime has recurrent nodes of that"
                f"{here()}. try: module.astype(np.float32)"
            )
        with no_grad():
            out, h_n = layer(x, h0, lengths=lengths)
    finally:
        layer_override.reset(token)
    states = h_n if isinstance(h_n, tuple) else (h_n,)
    start = () if h0 is None else h0 if isinstance(h0, tuple) else (h0,)
    inputs = [x, *([] if lengths is None else [lengths]), *start]
    tensors = [t if isinstance(t, Tensor) else Tensor(np.asarray(t)) for t in inputs]
    results = [t.data for t in (out, *states)]
    ops = [LayerOutput(layer, part, results, lengths is not None, h0 is not None) for part in range(len(results))]
    names = ("out", "h_n", "c_n")
    out, *last = (op(*tensors).named(name) for op, name in zip(ops, names, strict=False))
    return out, tuple(last) if isinstance(h_n, tuple) else last[0]


def _why_not(layer: Recurrent, lengths: Any, mask: Any, return_gates: bool) -> str:
    """Why a call of a layer is no ONNX node; "" if it is."""
    if mask is not None:
        return "ONNX has lengths but no mask"
    if return_gates:
        return "ONNX hands back no gates"
    if lengths is not None and layer.past_end != "zero":
        return "ONNX puts zeros past the end"
    for cells in layer.layers:
        first, *others = cells.values()
        for cell in cells.values():
            if type(cell) not in (GRUCell, ResetAfterGRUCell, LSTMCell, RNNCell):
                return f"ONNX has no {type(cell).__name__}"
            if None in _activations(cell):
                return f"ONNX has not the activations of {cell.describe()}"
        if any(_dialect(first) != _dialect(other) for other in others):
            return "the directions are different cells"
    return ""


def _activations(cell: Any) -> list[OnnxActivation | None]:
    """Those of a cell, in ONNX's order. z's sign can be changed only where φ(−a) = 1 − φ(a)."""
    if isinstance(cell, RNNCell):
        return [activation_to_onnx(cell.nonlinearity)]
    gates, candidate = activation_to_onnx(cell.gate_activation), activation_to_onnx(cell.activation)
    if isinstance(cell, GRUCell):
        symmetric = gates is not None and gates.name in ("Sigmoid", "HardSigmoid")
        return [gates if symmetric else None, candidate]
    return [gates, candidate, candidate]


def _dialect(cell: Cell) -> tuple[Any, ...]:
    return type(cell), getattr(cell, "reset_after", None), cell.bias == "none"


# --- into the graph --------------------------------------------------------------------------------------------------


def emit_layer(g: Graph, node: Node, xs: list[str], title: str) -> str:
    """The ONNX nodes of a layer's call, added with the first of its outputs that is met."""
    op: Any = node.op
    if id(op.results) not in g.layers:
        lengths = xs[1] if op.lengths else ""
        start = xs[1 + op.lengths :] if op.start else []
        g.layers[id(op.results)] = _nodes(g, op.layer, title, xs[0], lengths, start)
    name: str = g.layers[id(op.results)][op.part]
    return name


def to_onnx(layer: Recurrent, lengths: bool = False, start: bool = False) -> tuple[list[Any], list[Any]]:
    """The ONNX nodes of a layer and their initializers, as NodeProto and TensorProto, to be put into a graph.

    The nodes read `x`, with `lengths` also that, with `start` also `h0` (and `c0`), and make `out` and `h_n` (`c_n`).
    """
    if not isinstance(layer, Recurrent):
        raise ArgumentError(f"to_onnx: got {brief(layer)}, wanted a recurrent layer. try: nn.GRU(2, 3)")
    lengths, start = flag("to_onnx: lengths", lengths), flag("to_onnx: start", start)
    states = len(layer.cell.state_sizes)
    why_not = _why_not(layer, None, None, False)
    if why_not:
        raise ArgumentError(f"to_onnx: {type(layer).__name__} is no ONNX node, as {why_not}. try: export_onnx")
    g = Graph({})
    given = ["x", *(["lengths"] if lengths else []), *(["h0", "c0"][:states] if start else [])]
    made = ["out", "h_n", "c_n"][: 1 + states]
    for name in given + made:
        g.named(name)
    results = _nodes(g, layer, "", "x", "lengths" if lengths else "", ["h0", "c0"][:states] if start else [])
    for name, result in zip(made, results, strict=True):
        g.add("Identity", result, outputs=[name])
    return g.nodes, g.initializers


def _nodes(g: Graph, layer: Recurrent, title: str, x: str, lengths: str, start: Sequence[str]) -> list[str]:
    """A node for each layer; returns the names of the outputs and of the last states."""
    if layer.batch_first:  # ONNX has layout=1 for this, which onnxruntime has not
        x = g.add("Transpose", x, perm=[1, 0, 2])  # (T, B, I)
    lens = g.cast(lengths, np.int32) if lengths else ""
    D = len(layer.layers[0])
    ends = []
    for depth, cells in enumerate(layer.layers):
        several = layer.num_layers > 1
        begin = [sliced(g, s, 0, depth * D, (depth + 1) * D) if several else s for s in start]  # (D, B, H)
        place = f"{title}.layers.{depth}" if title else f"layers.{depth}"
        outputs = _one_layer(g, list(cells.values()), place, _direction(layer), x, lens, begin)
        if D == 1:
            x = g.add("Squeeze", outputs[0], g.numbers([1]))  # (T, B, H)
        else:
            x = g.add("Transpose", outputs[0], perm=[0, 2, 1, 3])  # (T, B, D, H)
            x = g.add("Reshape", x, g.numbers([0, 0, D * layer.hidden_size]))  # (T, B, D·H); 0 is the size it had
        ends.append(outputs[1:])
    if layer.go_backwards and not layer.keep_order:
        x = sliced(g, x, 0, LAST, FIRST, -1)
    if layer.batch_first:
        x = g.add("Transpose", x, perm=[1, 0, 2])  # (B, T, D·H)
    last = [s[0] if len(s) == 1 else g.add("Concat", *s, axis=0) for s in zip(*ends, strict=True)]  # (L·D, B, H)
    if lengths and start:  # onnxruntime ends a sequence without steps in zeros, and we in the state it started from
        empty = g.add("Unsqueeze", g.add("Equal", lens, g.array(np.array(0, np.int32))), g.numbers([0, 2]))  # (1, B, 1)
        last = [g.add("Where", empty, s, end) for s, end in zip(start, last, strict=True)]
    return [x, *last]


def _one_layer(
    g: Graph, cells: list[Any], title: str, direction: str, x: str, lengths: str, start: Sequence[str]
) -> list[str]:
    """One node: Y (T, D, B, H), Y_h (D, B, H), and of an LSTM Y_c."""
    dialect = dialect_for("onnx", cells[0])
    packed = [pack(cell, dialect_for("onnx", cell)) for cell in cells]
    weights = [g.array(np.stack([p[name] for p in packed]), f"{title}.{name}") for name in packed[0]]
    inputs = [x, *weights, *([""] if len(weights) == 2 else []), lengths, *start]
    while not inputs[-1]:
        inputs.pop()
    functions: list[Any] = [function for cell in cells for function in _activations(cell)]
    options: dict[str, Any] = {"hidden_size": cells[0].hidden_size, "direction": direction}
    if dialect.kind == "GRU":
        options["linear_before_reset"] = int(dialect.reset == "after")
    usual = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}[dialect.kind]
    if [function.name for function in functions] != usual * len(cells):
        options["activations"] = [function.name for function in functions]
        for key in ("alpha", "beta"):
            numbers = [n for n in (getattr(function, key) for function in functions) if n is not None]
            options |= {f"activation_{key}": numbers} if numbers else {}
    outputs = [g.named(f"{title}.{name}") for name in ("Y", "Y_h", "Y_c")[: 1 + len(cells[0].state_sizes)]]
    g.add(dialect.kind, *inputs, outputs=outputs, title=title or dialect.kind, **options)
    return outputs


def _direction(layer: Recurrent) -> str:
    return "bidirectional" if layer.bidirectional else "reverse" if layer.go_backwards else "forward"
