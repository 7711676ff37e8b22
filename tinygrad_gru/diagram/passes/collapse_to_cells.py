"""Contracted to level cell: each step is one box that shows what comes out of it, its inputs beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...core.support.scopes import scope
from ..model import Edge, Node, Outline, step_around
from ..node_ids import Identifiers, slug

__all__ = ["contract"]

Run = tuple[tuple[scope, ...], str]


def contract(made: Outline) -> None:
    """Make one node of all nodes of a step. Nodes outside of steps, and inputs that nothing feeds, stay."""
    fed = {edge.target for edge in made.edges}
    members: dict[scope, list[Node]] = {}
    for node in made.nodes:
        step = step_around(node)
        if step is None or node.kind == "fold":
            continue
        if node.role == "input" and node not in fed:
            node.place = _outside(node, step)
            node.formula = node.caption = ""
        else:
            members.setdefault(step, []).append(node)
    leaving = _leaving(made, members)

    identify = Identifiers(taken=[node.key for node in made.nodes])
    cell_of: dict[Node, Node] = {}
    for step, inner in members.items():
        run = (_outside(inner[0], step), step.label)
        shown = [n for n in inner if n.kind == "box" and n.title and _base(n) in leaving[run] and n.tensor.size > 1]
        states = [n for n in shown if n.line]
        # First the state whose line it is; where several leave, as in an LSTM, all of them.
        chosen = [*states, *(n for n in shown if n not in states)] or [inner[-1]]
        last = {_base(n): n for n in chosen}  # the youngest of a name
        cell = Node(
            identify.free((slug(step.title).replace("_", "") or "step") + "_cell"),
            "cell",
            next(iter(last.values())).tensor,
            _outside(inner[0], step),
            step.title,
            role="state",
            lit=any(n.lit for n in inner),
            shown=tuple(n.tensor for n in last.values()),
        )
        cell.tags = tuple(dict.fromkeys(use for n in inner for use in n.tags))
        for n in inner:
            cell_of[n] = cell

    nodes = list(dict.fromkeys(cell_of.get(node, node) for node in made.nodes))
    made.edges = _merged(made.edges, cell_of)
    made.nodes = _inputs_first(nodes, made.edges)
    made.level = "cell"
    inside = Counter(place for node in made.nodes for place in node.place)
    for node in made.nodes:  # a box around a single step says nothing
        node.place = tuple(place for place in node.place if inside[place] > 1)
    for edge in made.edges:
        if edge.line:
            edge.source.line = edge.target.line = edge.line


def _outside(node: Node, step: scope) -> tuple[scope, ...]:
    return node.place[: node.place.index(step)]


def _base(node: Node) -> str:
    return node.tensor.name or node.key


def _leaving(made: Outline, members: dict[scope, list[Node]]) -> dict[Run, set[str]]:
    """By run of steps, the names of what leaves any step of it: of the last step too, where nothing takes it up."""
    step_of = {node: step for step, inner in members.items() for node in inner}
    leaving: dict[Run, set[str]] = {(_outside(inner[0], step), step.label): set() for step, inner in members.items()}
    for edge in made.edges:
        step = step_of.get(edge.source)
        if step is not None and step_of.get(edge.target) is not step:
            leaving[_outside(edge.source, step), step.label].add(_base(edge.source))
    return leaving


def _merged(edges: Sequence[Edge], cell_of: dict[Node, Node]) -> list[Edge]:
    """The edges between cells, those of the same two made one."""
    merged: dict[tuple[Node, Node], Edge] = {}
    for edge in edges:
        source, target = cell_of.get(edge.source, edge.source), cell_of.get(edge.target, edge.target)
        if source is target:
            continue
        known = merged.get((source, target))
        if known is None:
            known = merged[source, target] = Edge(source, target, lit=False, carries=edge.carries)
        if edge.line and not known.line:
            known.line, known.carries = edge.line, edge.carries
        known.lit = known.lit or edge.lit
    return list(merged.values())


def _inputs_first(nodes: list[Node], edges: Sequence[Edge]) -> list[Node]:
    """The same nodes, each input right before the step it goes into."""
    into: dict[Node, list[Node]] = {}
    users: dict[Node, int] = {}
    for edge in edges:
        if edge.source.role == "input":
            into.setdefault(edge.target, []).append(edge.source)
            users[edge.source] = users.get(edge.source, 0) + 1
    moved = {source for sources in into.values() for source in sources if users[source] == 1}
    ordered: list[Node] = []
    for node in nodes:
        if node not in moved:
            ordered += [*(source for source in into.get(node, []) if source in moved), node]
    return ordered
