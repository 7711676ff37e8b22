"""A module's program: what it does for inputs of any size, found by recording it at several.

`program_of` records a module as given, with each free size of its inputs changed, and with all sizes and all values
changed, and goes through the recorded graphs side by side. What differs is a size, or is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.op import Op
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ...errors import GraphError
from ...nn import Module
from .calls import Call
from .dynamic_axes import another, axes_asked_for, free_axes, other_values, resized
from .symbolic_size import Fill, Range, Size, Unfitting, fitted, merged

__all__ = ["Node", "Program", "program_of"]


@dataclass(frozen=True, eq=False)
class Node:
    """A tensor of the program, of which each recording made one."""

    tensors: tuple[Tensor, ...]  # the first is that of the example
    inputs: tuple[Node, ...]
    recordings: tuple[Mapping[str, int], ...]

    @property
    def tensor(self) -> Tensor:
        """The one made from the example."""
        return self.tensors[0]

    @property
    def op(self) -> Op | None:
        """The operation that made it, with the options it had for the example."""
        return self.tensor.op

    @property
    def dims(self) -> tuple[int | Size, ...]:
        """The sizes of its axes."""
        self._same_axes()
        try:
            return tuple(fitted(sizes, self.recordings) for sizes in zip(*(t.shape for t in self.tensors), strict=True))
        except Unfitting as why:
            raise self.refused(f"{why}, which is no multiple of them. try: dynamic_axes, to fix this size") from None

    @property
    def known_dims(self) -> tuple[int | Size | None, ...]:
        """The sizes of its axes, None where they are known only when the model runs."""
        self._same_axes()
        found: list[int | Size | None] = []
        for sizes in zip(*(t.shape for t in self.tensors), strict=True):
            try:
                found.append(fitted(sizes, self.recordings))
            except Unfitting:
                found.append(None)
        return tuple(found)

    def option(self, name: str) -> Any:
        """An option of the operation, with a Size for each number that depends on the size of the input."""
        try:
            return merged([getattr(t.op, name) for t in self.tensors], self.recordings)
        except Unfitting as why:
            raise self.refused(f"{name}: {why}") from None

    def constant(self) -> Array | Size | Range | Fill | None:
        """The value of a leaf, if it depends on nothing but the size of the input."""
        try:
            found: Array | Size | Range | Fill = merged([t.data for t in self.tensors], self.recordings)
            return found
        except Unfitting:
            return None

    def refused(self, why: str) -> GraphError:
        """The error that says why this tensor cannot be exported: its operation, and where it was made."""
        what = self.tensor.op.name if self.tensor.op is not None else f"the constant {self.tensor.summary}"
        return GraphError(f"ONNX export: {what}: {why}{self.tensor.where_made}")

    def _same_axes(self) -> None:
        if len({t.ndim for t in self.tensors}) > 1:
            raise self.refused("how many axes it has depends on the size of the input. try: dynamic_axes, to fix it")


@dataclass(frozen=True)
class Program:
    """Inputs with their names, outputs, and all other nodes, each after its inputs."""

    inputs: dict[str, Node]
    outputs: list[Node]
    nodes: list[Node]
    free: dict[str, tuple[str, int]]  # for each free size an input that has it, and the axis


def program_of(
    module: Module, example_inputs: Any, dynamic_axes: Mapping[str, Mapping[int, str]] | None = None
) -> Program:
    """The program of a module in inference; `dynamic_axes` names the free axes, which are otherwise found by trying."""
    call = Call(module, example_inputs)
    runs = [call.record(call.arrays)]
    free = free_axes(call) if dynamic_axes is None else axes_asked_for(call, dynamic_axes)
    given = {name: call.arrays[axes[0][0]].shape[axes[0][1]] for name, axes in free.items()}
    recordings: list[Mapping[str, int]] = [given]
    taken = {n for array in call.arrays for n in array.shape}
    for name in free:
        recordings.append(given | {name: another(given[name], taken)})
        runs.append(_recorded(call, resized(call.arrays, free, recordings[-1]), name))

    last: dict[str, int] = {}
    for name in free:
        taken |= {n for sizes in [*recordings, last] for n in sizes.values()}
        last[name] = another(given[name], taken)
    recordings.append(last)
    arrays = resized(call.arrays, free, last)
    try:
        runs.append(call.record([other_values(array, anything=True) for array in arrays]))
    except Exception:  # it does not take any number, so a number like those in the example
        runs.append(_recorded(call, [other_values(array, anything=False) for array in arrays], "input"))
    inputs, outputs, nodes = _side_by_side(runs, tuple(recordings))
    places = {name: (call.names[axes[0][0]], axes[0][1]) for name, axes in free.items()}
    return Program(dict(zip(call.names, inputs, strict=True)), outputs, nodes, places)


def _recorded(call: Call, arrays: Sequence[Array], changed: str) -> tuple[list[Tensor], list[Tensor]]:
    try:
        return call.record(arrays)
    except Exception as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(call.names, arrays, strict=True))
        why = " ".join(str(error).split())
        raise GraphError(f"ONNX export: with another {changed} ({shapes}) the module does not run: {why}") from error


def _side_by_side(
    runs: Sequence[Any], recordings: tuple[Mapping[str, int], ...]
) -> tuple[list[Node], list[Node], list[Node]]:
    """The inputs, outputs and other nodes of recorded graphs that have the same operations."""
    known: dict[tuple[int, ...], Node] = {}
    nodes: list[Node] = []
    inputs = [Node(tensors, (), recordings) for tensors in zip(*(tensors for tensors, _ in runs), strict=True)]
    for node in inputs:
        known[tuple(map(id, node.tensors))] = node
    if len({len(outputs) for _, outputs in runs}) > 1:
        raise GraphError("ONNX export: the number of outputs depends on the size of the input")
    roots = list(zip(*(outputs for _, outputs in runs), strict=True))

    pending = [*reversed(roots)]
    while pending:
        tensors = pending[-1]
        key = tuple(map(id, tensors))
        if key in known:
            pending.pop()
            continue
        _must_agree(tensors)
        sources = list(zip(*(t.inputs for t in tensors), strict=True))
        missing = [source for source in sources if tuple(map(id, source)) not in known]
        if missing:
            pending += reversed(missing)
            continue
        pending.pop()
        known[key] = Node(tensors, tuple(known[tuple(map(id, source))] for source in sources), recordings)
        nodes.append(known[key])
    return inputs, [known[tuple(map(id, tensors))] for tensors in roots], nodes


def _must_agree(tensors: tuple[Tensor, ...]) -> None:
    first = tensors[0]
    for t in tensors[1:]:
        if type(t.op) is not type(first.op) or len(t.inputs) != len(first.inputs):
            one, other = (f"{x.op.name} of {len(x.inputs)}" if x.op is not None else "a constant" for x in (first, t))
            raise GraphError(
                f"ONNX export: what is computed depends on the size of the input, or on its values: "
                f"{one} became {other}{first.where_made}. try: dynamic_axes, to fix a size"
            )
