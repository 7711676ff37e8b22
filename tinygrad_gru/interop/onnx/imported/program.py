"""An ONNX graph as a list of nodes in order, checked when it is read, and run value by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....core.support.operands import value_of
from ....core.support.scopes import scope
from ....core.tensor import Tensor
from ....errors import FileError, TinygradError
from ....nn.files.names import printable
from ..attributes import text
from ..importer import GATES
from .elementwise import ELEMENTWISE, Operator
from .node import Node, constant_array, read_node
from .reducing import REDUCING
from .shaping import SHAPING

__all__ = ["OPERATORS", "Memory", "Program", "read_program"]

OPERATORS: dict[str, Operator] = {**ELEMENTWISE, **REDUCING, **SHAPING}
READ = {*OPERATORS, *GATES, "Constant", "If"}
# Whole numbers and booleans stay tensors only where an operation of ours takes them, so that export follows them.
OF_TENSORS = {*SHAPING, *GATES, "Cast", "Identity"} - {"ConstantOfShape", "Pad", "Range", "Trilu"}
MOST_NODES = 100_000  # a cell unrolled over a thousand steps
DEEPEST = 20  # branches within branches
WIDEST = 8  # bytes of a number


class Memory:
    """What a run may still make, in bytes."""

    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def take(self, node: Node, numbers: int) -> None:
        """Count the numbers that a node is about to make; FileError if they are too many."""
        self.left -= numbers * WIDEST
        if self.left < 0:
            hint = f"try: import_onnx(path, most_bytes={4 * self.most})"
            raise node.refused(f"with it the nodes make more than {self.most} bytes. {hint}")


RunLayer = Callable[[Node, tuple[Any, ...], Memory], tuple[Any, ...]]


@dataclass(eq=False)
class Program:
    """The nodes of a graph in order, its stored arrays, and the names of what goes in and out."""

    nodes: list[Node]
    constants: dict[str, Any]
    inputs: list[str]
    outputs: list[str]
    branches: dict[Node, dict[str, Program]] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)  # names that it reads from the graph around it

    def run(self, values: Mapping[str, Any], memory: Memory, run_layer: RunLayer) -> list[Any]:
        """The outputs, from the values of all names that nothing in it makes."""
        env = {**self.constants, **values}  # parameters stand for constants
        last = self._last_uses()
        for i, node in enumerate(self.nodes):
            results = self._evaluate(node, env, memory, run_layer)
            if len(results) < len([name for name in node.outputs if name]):
                raise node.refused(f"it has {len(results)} outputs here. try: onnx.checker.check_model")
            env |= {name: result for name, result in zip(node.outputs, results, strict=False) if name}
            for name in last.get(i, ()):
                del env[name]  # without a recorded graph, its memory is free again
        return [env[name] for name in self.outputs]

    def _evaluate(self, node: Node, env: Mapping[str, Any], memory: Memory, run_layer: RunLayer) -> tuple[Any, ...]:
        inputs = tuple(env.get(name) for name in node.inputs)  # weights of layers are no values here
        if node.op not in OF_TENSORS:
            inputs = tuple(v.data if isinstance(v, Tensor) and v.dtype.kind in "biu" else v for v in inputs)
        try:
            with scope(node.title):
                if node.op == "If":
                    condition = np.asarray(value_of(inputs[0]))
                    if condition.size != 1:
                        raise node.refused(f"its condition has shape {condition.shape}. try: another exporter")
                    branch = self.branches[node]["then_branch" if condition.item() else "else_branch"]
                    return tuple(branch.run({name: env[name] for name in branch.free}, memory, run_layer))
                if node.op in GATES:
                    return run_layer(node, inputs, memory)
                operator = OPERATORS[node.op]
                memory.take(node, operator.count(node, inputs))
                with np.errstate(over="ignore"):  # whole numbers wrap around, as in C
                    result = operator.compute(node, *inputs)
        except FileError:
            raise
        except (TinygradError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            message = str(error)  # ours say where already: in the scope of this node
            raise FileError(message if node.title in message else f"{node.title}: {message}") from None
        results = result if isinstance(result, tuple) else (result,)
        return tuple(r if isinstance(r, Tensor) else np.asarray(r) for r in results)

    def _last_uses(self) -> dict[int, list[str]]:
        """For each place the names that nothing reads after it, of those that nodes have made."""
        place: dict[str, int] = {}
        for i, node in enumerate(self.nodes):
            place |= dict.fromkeys((name for name in (*node.outputs, *reads(self, node)) if name), i)
        of_nodes = {name for node in self.nodes for name in node.outputs if name} - set(self.outputs)
        last: dict[int, list[str]] = {}
        for name in of_nodes:
            last.setdefault(place[name], []).append(name)
        return last


def reads(program: Program, node: Node) -> list[str]:
    """The names that a node reads, those in its branches too."""
    inner = [name for branch in program.branches.get(node, {}).values() for name in branch.free]
    return [name for name in (*node.inputs, *inner) if name]


def read_program(graph: Any, opset: int, outer: frozenset[str] = frozenset(), depth: int = 0) -> Program:
    """The graph of a file, or a branch of an If in it that may read the names of `outer`.

    FileError names the first node that is not read, and says why.
    """
    if len(graph.node) > MOST_NODES:
        raise FileError(f"it has {len(graph.node)} nodes, wanted at most {MOST_NODES}. try: a part of the model")
    if depth > DEEPEST:
        raise FileError(f"it has more than {DEEPEST} branches in one another. try: a part of the model")
    if len(graph.sparse_initializer):
        raise FileError("it holds sparse arrays, which are not read. try: the model with dense ones")
    constants = {text(t.name): constant_array(printable(text(t.name)), t) for t in graph.initializer}
    inputs = [text(value.name) for value in graph.input if text(value.name) not in constants]
    program = Program([], constants, inputs, [text(value.name) for value in graph.output])
    known = {*constants, *inputs}
    if hidden := sorted(known & outer):
        raise FileError(f"a branch hides {printable(hidden[0])} of the graph around it. try: onnx.checker.check_model")
    for number, proto in enumerate(graph.node):
        node = read_node(proto, opset, number, READ)
        if node.op == "If":
            seen = outer | known
            program.branches[node] = {
                key: read_program(branch, opset, frozenset(seen), depth + 1) for key, branch in node.graphs.items()
            }
            if set(program.branches[node]) != {"then_branch", "else_branch"}:
                raise node.refused("it has not two branches. try: onnx.checker.check_model")
        for name in reads(program, node):
            if name in outer and name not in known:
                program.free.add(name)
            elif name not in known:
                raise node.refused(f"nothing before it makes {printable(name)}. try: onnx.checker.check_model")
        for name in node.outputs:
            if name and (name in known or name in outer):
                raise node.refused(f"{printable(name)} is made twice. try: onnx.checker.check_model")
            known.add(name)
        if node.op == "Constant":
            program.constants[node.outputs[0]] = _constant(node)
        else:
            program.nodes.append(node)
    for name in program.outputs:
        if name not in known:
            if name not in outer:
                raise FileError(f"nothing makes the output {printable(name)}. try: onnx.checker.check_model")
            program.free.add(name)
    return program


def _constant(node: Node) -> Any:
    """The value of a Constant node."""
    dtypes = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64}
    for key, value in node.options.items():
        if key == "value":
            return value
        if key in dtypes:
            return np.asarray(value, dtypes[key])
    raise node.refused("it holds no numbers that are read. try: the same in a dense array")
