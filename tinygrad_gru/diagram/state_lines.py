"""State lines: tensors of one name in successive steps, joined by small operations alone.

In a GRU that is h₀ → (1−z)⊙ → + → h₁ → …, in an LSTM the same with c. No cell is known here.
"""

from __future__ import annotations

from .classify import path_of, step_of
from .model import Edge, Graph, Node
from .node_ids import slug

__all__ = ["mark_state_lines"]

FARTHEST = 6  # small operations between two states


def mark_state_lines(graph: Graph) -> None:
    """Write the name of its line on each node and edge of a state line."""
    into = graph.incoming()
    lasts: dict[tuple[str, tuple[int, ...], tuple[tuple[str, int | None], ...]], Node] = {}
    for node in graph.nodes:
        t = node.tensor
        if node.kind != "box" or t.name is None:
            continue
        step = step_of(t)
        if step is None and t.op is not None and not path_of(t.scope):
            continue
        outside = path_of(step)[:-1] if step is not None else path_of(t.scope)[:-1]  # of a start: what it stands in
        if step is None and t.scope.role == "backward":
            outside = ()  # the backward pass begins in the loss, and its steps are not in there
        around = tuple((place.label, place.index) for place in outside)
        key = (t.name, t.shape, around)
        before = lasts.get(key) or lasts.get((t.name, t.shape, ()))
        lasts[key] = node
        if step is None or before is None or step_of(before.tensor) is step:
            continue
        way = _way(before, node, into)
        line = "line_" + (slug(t.name) or "state")
        for edge in way:
            edge.line = edge.source.line = edge.target.line = line

    going_on = {edge.source for edge in graph.edges if edge.line}
    for edge in graph.edges:  # the last state goes on to its user, a loss say
        last, end = edge.source, edge.target
        if last.line and last not in going_on and last.kind == end.kind == "box":
            if step_of(last.tensor) is not None and step_of(end.tensor) is None:
                edge.line, end.line = last.line, end.line or last.line


def _way(start: Node, end: Node, into: dict[Node, list[Edge]]) -> list[Edge]:
    """The shortest path from one state to the next through unnamed operations."""
    onwards: dict[Node, Edge] = {}  # from each node that was reached, the next edge of the way
    reached = [end]
    for _ in range(FARTHEST):
        farther = []
        for node in reached:
            for edge in into.get(node, ()):
                source = edge.source
                if source in onwards:
                    continue
                onwards[source] = edge
                if source is start:
                    way = [edge]
                    while way[-1].target is not end:
                        way.append(onwards[way[-1].target])
                    return way
                if source.kind == "op":
                    farther.append(source)
        reached = farther
    return []
