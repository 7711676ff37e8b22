"""Level cell: the nodes of a time step become one node that shows its results, its inputs beside it."""

from __future__ import annotations

from collections import Counter

from ...core.support.scopes import scope
from ..model import Graph, Kind, Node, step_around
from ..node_ids import Identifiers, slug

__all__ = ["contract"]

Run = tuple[tuple[scope, ...], str]


def contract(graph: Graph) -> Graph:
    """Contract the nodes of each step to one. Nodes outside of steps, and inputs without inputs, stay."""
    fed = graph.incoming()
    members: dict[scope, list[Node]] = {}
    for node in graph.nodes:
        step = step_around(node)
        if step is None or node.kind == "fold":
            continue
        if node.role == "input" and node not in fed:
            node.place = _outside(node, step)
            node.formula = node.caption = ""
        else:
            members.setdefault(step, []).append(node)
    leaving = _leaving(graph, members)

    identify = Identifiers(taken=[node.key for node in graph.nodes])
    cell_of: dict[Node, Node] = {}
    for step, inner in members.items():
        key = identify.free((slug(step.title).replace("_", "") or "step") + "_cell")
        cell_of |= dict.fromkeys(inner, _cell(key, step, inner, leaving[_outside(inner[0], step), step.label]))

    graph.replace(cell_of)
    graph.nodes = _inputs_first(graph)
    graph.level = "cell"
    inside = Counter(place for node in graph.nodes for place in node.place)
    for node in graph.nodes:  # a box around a single step says nothing
        node.place = tuple(place for place in node.place if inside[place] > 1)
    for edge in graph.edges:
        if edge.line:
            edge.source.line = edge.target.line = edge.line
    return graph


def _cell(key: str, step: scope, inner: list[Node], leaving: set[str]) -> Node:
    """One node in the place of all in a step; it shows the tensors that leave the step."""
    shown = [n for n in inner if n.kind == "box" and n.title and _base(n) in leaving and n.tensor.size > 1]
    states = [n for n in shown if n.line]
    # First the state whose line it is; where several leave, as in an LSTM, all of them.
    chosen = [*states, *(n for n in shown if n not in states)] or [inner[-1]]
    last = {_base(n): n for n in chosen}  # the youngest of a name
    tensors = tuple(n.tensor for n in last.values())
    cell = Node(key, Kind.CELL, tensors[0], _outside(inner[0], step), step.title, role="state", shown=tensors)
    cell.lit = any(n.lit for n in inner)
    cell.tags = tuple(dict.fromkeys(use for n in inner for use in n.tags))
    return cell


def _outside(node: Node, step: scope) -> tuple[scope, ...]:
    return node.place[: node.place.index(step)]


def _base(node: Node) -> str:
    return node.tensor.name or node.key


def _leaving(graph: Graph, members: dict[scope, list[Node]]) -> dict[Run, set[str]]:
    """By run of steps, the names of what leaves any step of it: of the last step too, where nothing takes it up."""
    step_of = {node: step for step, inner in members.items() for node in inner}
    leaving: dict[Run, set[str]] = {(_outside(inner[0], step), step.label): set() for step, inner in members.items()}
    for edge in graph.edges:
        step = step_of.get(edge.source)
        if step is not None and step_of.get(edge.target) is not step:
            leaving[_outside(edge.source, step), step.label].add(_base(edge.source))
    return leaving


def _inputs_first(graph: Graph) -> list[Node]:
    """Its nodes, each input of a single step right before that step."""
    into, out = graph.incoming(), graph.outgoing()
    moved = {node for node in out if node.role == "input" and len(out[node]) == 1}
    ordered: list[Node] = []
    for node in graph.nodes:
        if node not in moved:
            ordered += [*(edge.source for edge in into.get(node, []) if edge.source in moved), node]
    return ordered
