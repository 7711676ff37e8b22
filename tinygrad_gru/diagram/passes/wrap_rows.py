"""Rows: steps that follow each other are wrapped like lines of text, and so is any graph that goes to the right.

What goes on in a later row is drawn again at its beginning, and nothing leads from one row to another.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...core.support.scopes import scope
from ..model import Edge, Graph, Kind, Node
from ..node_ids import Identifiers

__all__ = ["GOES_ON", "rows_by_place", "rows_by_steps", "wrap"]

GOES_ON = "…"  # how the box of a step is titled in the rows after its first


def wrap(graph: Graph, row_of: Mapping[Node, int]) -> Graph:
    """Cut the graph where it goes from row to row."""
    rows = max(row_of.values(), default=0) + 1
    if rows < 2:
        return graph
    identify = Identifiers(taken=[node.key for node in graph.nodes])
    again: dict[tuple[Node, int], Node] = {}
    edges: list[Edge] = []
    before: dict[int, list[Node]] = {}
    for edge in graph.edges:
        row = row_of[edge.target]
        if row_of[edge.source] == row:
            edges.append(edge)
            continue
        if edge.loop:
            edge.source.notes += (f"× {edge.loop}: back to {edge.target.title}",)
            continue
        source = again.get((edge.source, row))
        if source is None:
            source = again[edge.source, row] = _again(
                edge, identify.free(f"row{row + 1}_{edge.source.key}"), row, graph
            )
            before.setdefault(row, []).append(source)
        if edge.line and not source.line:
            source.line = f"{edge.line}_{row}"
        edges.append(Edge(source, edge.target, edge.line, edge.lit, edge.carries, edge.operand))
    _split_boxes(graph, row_of)
    for node in graph.nodes:
        if node.line:
            node.line = f"{node.line}_{row_of[node]}"
    nodes: list[Node] = []
    for row in reversed(range(rows)):  # Graphviz begins at the bottom
        nodes += [*before.get(row, []), *(node for node in graph.nodes if row_of[node] == row)]
    graph.nodes, graph.edges = nodes, edges
    graph.rows, graph.row_of = rows, dict(row_of) | {node: row for row, some in before.items() for node in some}
    return graph


def _again(edge: Edge, key: str, row: int, graph: Graph) -> Node:
    """What an edge carries, at the beginning of the row in which it ends."""
    return Node(
        key,
        Kind.AGAIN,
        edge.carries,
        (),
        edge.source.title if edge.source.kind is Kind.OP else graph.titles[edge.carries],
        role=edge.source.role or ("state" if edge.line else ""),
        line=f"{edge.line}_{row}" if edge.line else "",
        lit=edge.source.lit,
    )


def _split_boxes(graph: Graph, row_of: Mapping[Node, int]) -> None:
    """A box whose nodes stand in several rows becomes one in each: it would tie the rows together."""
    rows_of: dict[scope, set[int]] = {}
    for node in graph.nodes:
        for place in node.place:
            rows_of.setdefault(place, set()).add(row_of[node])
    parts: dict[tuple[scope, int], scope] = {}
    for place, rows in rows_of.items():
        for row in rows if len(rows) > 1 else ():
            goes_on = place.index is not None and row > min(rows)
            parts[place, row] = scope(f"{GOES_ON} {place.label}" if goes_on else place.label, place.index, place.role)
    for node in graph.nodes:
        node.place = tuple(parts.get((place, row_of[node]), place) for place in node.place)


def rows_by_steps(graph: Graph, rows: int) -> dict[Node, int]:
    """In which row each node stands: the steps evenly, what is not in a step beside what it feeds, or is fed by."""
    row_of: dict[Node, int] = {}
    into, out = graph.incoming(), graph.outgoing()
    for columns in _columns(graph).values():
        each = -(-len(columns) // rows)
        for i, inner in enumerate(columns):
            for node in inner:
                row_of[node] = min(i // each, rows - 1)
    lone = rows - 1 if graph.backward else 0  # on the way back, the sums at the end have no lines
    for node in reversed(graph.nodes):  # starts, and inputs, stand where they are first needed
        if node not in row_of and not into.get(node) and not _comes_after(node, row_of, out):
            row_of[node] = min((row_of[e.target] for e in out.get(node, []) if e.target in row_of), default=lone)
    for node in graph.nodes:
        if node not in row_of:
            row_of[node] = max((row_of[e.source] for e in into.get(node, []) if e.source in row_of), default=rows - 1)
    return row_of


def _columns(graph: Graph) -> dict[object, list[list[Node]]]:
    """The nodes of each step, by the run of steps that it is one of."""
    columns: dict[object, list[list[Node]]] = {}
    column_of: dict[tuple[object, scope], list[Node]] = {}
    for node in graph.nodes:
        steps = [p for p in node.place if p.index is not None]
        run = node.place[: node.place.index(steps[-1])] if steps else tuple(p for p in node.place)[:2]
        if node.kind in ("cell", "fold"):
            columns.setdefault(run, []).append([node])
        elif steps:
            held = columns.setdefault(run, [])
            if (run, steps[-1]) not in column_of:  # constant inputs of all steps come before the first gate
                column_of[run, steps[-1]] = []
                held.append(column_of[run, steps[-1]])
            column_of[run, steps[-1]].append(node)
    return columns


def rows_by_place(
    graph: Graph, ends: Mapping[str, tuple[float, float]], room: float, for_again: float
) -> dict[Node, int]:
    """In which row each node stands, of a graph laid out in one row: as many as fit into the room, then the next ones.

    `ends` are the left and right end of each node, by key. What nothing leads to stands in the row of what it feeds.
    Rows after the first have less room, `for_again`: what goes on in them is drawn again.
    """
    out = graph.outgoing()
    fed = {edge.target for edge in graph.edges if not edge.loop}
    order = sorted((n for n in graph.nodes if n in fed), key=lambda node: sum(ends[node.key]))
    row_of: dict[Node, int] = {}
    first, begins = 0, min(left for left, _ in ends.values())
    while first < len(order):
        row = max(row_of.values(), default=-1) + 1
        limit = begins + room - (for_again if row else 0)
        after = first + 1
        while after < len(order) and ends[order[after].key][1] <= limit:
            after += 1
        after = _best_cut(graph, order, first, after, ends) if after < len(order) else after
        row_of |= dict.fromkeys(order[first:after], row)
        first = after
        begins = min((ends[node.key][0] for node in order[first:]), default=0.0)
    lone = max(row_of.values(), default=0) if graph.backward else 0
    for node in reversed(graph.nodes):
        if node not in row_of:
            row_of[node] = min((row_of[e.target] for e in out.get(node, ()) if e.target in row_of), default=lone)
    _forwards(graph, row_of)
    return row_of


def _best_cut(graph: Graph, order: list[Node], first: int, last: int, ends: Mapping[str, tuple[float, float]]) -> int:
    """Where to cut between two of these nodes, at the latest before `last`: where the fewest go on into the next row.

    In the second half of the row; what has no name counts more, as one cannot tell it again; the later, the better.
    """
    place = {node: at for at, node in enumerate(order)}
    begins = ends[order[first].key][0]
    half = (begins + ends[order[last - 1].key][1]) / 2
    best, least = last, float("inf")
    for cut in range(last, first, -1):
        left = ends[order[cut - 1].key]
        if left[1] < half:
            break
        if sum(ends[order[cut].key]) - sum(left) < 1.0 and cut < last:
            continue  # they stand above each other
        going_on = {e.source for e in graph.edges if place.get(e.source, cut) < cut <= place.get(e.target, -1)}
        cost = sum(1 if node.tensor.name else 3 for node in going_on)
        if cost < least:
            best, least = cut, cost
    return best


def _forwards(graph: Graph, row_of: dict[Node, int]) -> None:
    """No node stands above what it is made of."""
    into = graph.incoming()
    for _ in range(max(row_of.values(), default=0) + 1):
        late = [n for n in graph.nodes if any(row_of[e.source] > row_of[n] and not e.loop for e in into.get(n, ()))]
        for node in late:
            row_of[node] = max(row_of[edge.source] for edge in into[node] if not edge.loop)


def _comes_after(node: Node, steps: Mapping[Node, int], out: Mapping[Node, list[Edge]]) -> bool:
    """Whether a node is used, and in no step: the target of a loss, which stands beside the loss."""
    pending, seen = [node], {node}
    for each in pending:
        for edge in out.get(each, ()):
            if edge.target in steps:
                return False
            if edge.target not in seen:
                seen.add(edge.target)
                pending.append(edge.target)
    return len(pending) > 1
