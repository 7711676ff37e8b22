"""A call of a module, recorded several times with other inputs, and the recorded graphs aligned node by node.

`Call(module, example_inputs).record(arrays)` records once; `aligned(runs, recordings)` aligns the recorded graphs. A
number that differs between them is a size, or cannot be exported.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.op import Op
from ...core.support.arrays import Array
from ...core.support.modes import record
from ...core.tensor import Tensor
from ...core.tools.fused import unfuse
from ...errors import ArgumentError, GraphError
from ...nn import Module
from ...nn.support.modes import in_mode
from .symbolic_size import Fill, Range, Size, Unfitting, fitted, merged

__all__ = ["Call", "Node", "Program", "aligned"]

DEEPEST = 8  # tuples within tuples


class Call:
    """A module and example inputs: an array or tensor, several in a tuple, or by name in a dictionary.

    Tuples may be nested, as in the state (h, c) of an LSTM, and None is passed on. `arrays` are the inputs' leaves in
    order, and `names` theirs, after the parameters of `forward`.
    """

    def __init__(self, module: Module, example: Any) -> None:
        self.module = module
        self.names: list[str] = []
        self.arrays: list[Array] = []
        self._by_position: list[Any] = []  # the inputs, with an index into `arrays` for each array
        self._by_name: dict[str, Any] = {}
        if isinstance(example, Mapping | tuple | list) and not example:
            raise ArgumentError("ONNX export: there are no inputs to record the module with. try: an array")
        if isinstance(example, Mapping):
            self._by_name = {str(name): self._collected(str(name), value) for name, value in example.items()}
        else:
            values = example if isinstance(example, tuple | list) else (example,)
            positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            titles = [p.name for p in inspect.signature(module.forward).parameters.values() if p.kind in positional]
            titles += [f"input_{i}" for i in range(len(titles), len(values))]
            self._by_position = [self._collected(*pair) for pair in zip(titles, values, strict=False)]

    def record(self, arrays: Sequence[Array]) -> tuple[list[Tensor], list[Tensor]]:
        """Call the module, in inference, with these arrays: the input tensors and the outputs."""
        tensors = [Tensor(array, name=name) for array, name in zip(arrays, self.names, strict=True)]
        with record(), in_mode(self.module, False), np.errstate(all="ignore"):
            result = self.module(
                *[_filled(place, tensors) for place in self._by_position],
                **{name: _filled(place, tensors) for name, place in self._by_name.items()},
            )
            outputs = list(self._tensors_in(result))
            unfuse(outputs)  # what a compiled program did at once, step by step
        return tensors, outputs

    def _collected(self, name: str, value: Any, depth: int = 0) -> Any:
        if value is None:
            return None
        if isinstance(value, tuple | list):
            if depth > DEEPEST:
                raise ArgumentError(f"ONNX export: input {name[:40]} has lists in lists in lists. try: an array")
            return tuple(self._collected(f"{name}_{i}", item, depth + 1) for i, item in enumerate(value))
        if not isinstance(value, np.ndarray | Tensor):
            got = f"input {name} is a {type(value).__name__}"
            raise ArgumentError(f"ONNX export: {got}, wanted an array or a tensor. try: np.asarray(…)")
        self.names.append(name)
        self.arrays.append(Tensor(value).data)
        return len(self.arrays) - 1

    def _tensors_in(self, result: Any) -> Iterator[Tensor]:
        """The tensors of a result, in order; None among them is left out."""
        if isinstance(result, Tensor):
            yield result
        elif isinstance(result, tuple | list | dict):
            for item in result.values() if isinstance(result, dict) else result:
                yield from self._tensors_in(item)
        elif result is not None:
            got = f"{type(self.module).__name__} returned a {type(result).__name__}"
            raise GraphError(f"ONNX export: {got}, wanted tensors. try: a forward made of tg's operations")


def _filled(place: Any, tensors: Sequence[Tensor]) -> Any:
    if isinstance(place, tuple):
        return tuple(_filled(item, tensors) for item in place)
    return None if place is None else tensors[place]


# --- several recordings ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Node:
    """A tensor of the program: one in each recording."""

    tensors: tuple[Tensor, ...]  # the first is that of the example
    inputs: tuple[Node, ...]
    recordings: tuple[Mapping[str, int], ...]

    @property
    def tensor(self) -> Tensor:
        """The tensor of the example."""
        return self.tensors[0]

    @property
    def op(self) -> Op | None:
        """Its operation, with the options of the example."""
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
        """The sizes of its axes, None where they depend on values."""
        self._same_axes()
        dims: list[int | Size | None] = []
        for sizes in zip(*(t.shape for t in self.tensors), strict=True):
            try:
                dims.append(fitted(sizes, self.recordings))
            except Unfitting:
                dims.append(None)
        return tuple(dims)

    def option(self, name: str) -> Any:
        """An option of the operation, with a Size for each number that depends on the input's."""
        try:
            return merged([getattr(t.op, name) for t in self.tensors], self.recordings)
        except Unfitting as why:
            raise self.refused(f"{name}: {why}. try: dynamic_axes, to fix this size") from None

    def constant(self) -> Array | Size | Range | Fill | None:
        """The value of a leaf, if it depends on nothing but the size of the input."""
        try:
            value: Array | Size | Range | Fill = merged([t.data for t in self.tensors], self.recordings)
            return value
        except Unfitting:
            return None

    def refused(self, why: str) -> GraphError:
        """The error for a tensor that cannot be exported: its operation, the reason, and the line that made it."""
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


def aligned(
    runs: Sequence[Any], recordings: tuple[Mapping[str, int], ...]
) -> tuple[list[Node], list[Node], list[Node]]:
    """The inputs, outputs and other nodes of recorded graphs that have the same operations."""
    known: dict[tuple[int, ...], Node] = {}
    nodes: list[Node] = []
    inputs = [Node(tensors, (), recordings) for tensors in zip(*(tensors for tensors, _ in runs), strict=True)]
    for node in inputs:
        known[tuple(map(id, node.tensors))] = node
    if len({len(outputs) for _, outputs in runs}) > 1:
        raise GraphError(
            "ONNX export: the number of outputs depends on the size of the input. try: dynamic_axes, to fix it"
        )
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
