"""Rows: steps that follow each other are wrapped like lines of text, and so is any graph that goes to the right.

What goes on in a later row is drawn again at its beginning, and nothing leads from one row to another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set

from ...core.support.scopes import scope
from ..model import Edge, Graph, Kind, Node, step_around
from ..node_ids import Identifiers

__all__ = ["GOES_ON", "rows_by_place", "rows_by_steps", "rows_of_layers", "wrap"]

GOES_ON = "…"  # how the box of a step is titled in the rows after its first
Path = tuple[scope, ...]
DIGITS = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")


def wrap(graph: Graph, row_of: Mapping[Node, int]) -> Graph:
    """Cut the graph where it goes from row to row."""
    rows = max(row_of.values(), default=0) + 1
    if rows < 2:
        return graph
    identify = Identifiers(taken=[node.key for node in graph.nodes])
    again: dict[tuple[Node, int], Node] = {}
    edges: list[Edge] = []
    before: dict[int, list[Node]] = {}
    read = _read_in_step(graph, row_of)
    for edge in graph.edges:
        row = row_of[edge.target]
        if row_of[edge.source] == row:
            edges.append(edge)
            continue
        if edge.loop:
            edge.source.notes += (f"× {edge.loop}: back to {edge.target.title}",)
            continue
        if edge in read:
            continue
        source = again.get((edge.source, row))
        if source is None:
            source = again[edge.source, row] = _again(
                edge, identify.free(f"row{row + 1}_{edge.source.key}"), row, graph
            )
            before.setdefault(row, []).append(source)
        if edge.line and not source.line:
            source.line, source.role = f"{edge.line}_{row}", source.role or "state"
        edges.append(Edge(source, edge.target, edge.line, edge.lit, edge.carries, edge.operand))
    nodes = [*graph.nodes, *(node for some in before.values() for node in some)]
    of_all = dict(row_of) | {node: row for row, some in before.items() for node in some}
    _split_boxes(graph, nodes, of_all, _words_on(read, graph))
    for node in graph.nodes:
        if node.line:
            node.line = f"{node.line}_{row_of[node]}"
    in_order: list[Node] = []
    for row in reversed(range(rows)):  # Graphviz begins at the bottom
        in_order += [*before.get(row, []), *(node for node in graph.nodes if row_of[node] == row)]
    graph.nodes, graph.edges = in_order, edges
    graph.rows, graph.row_of = rows, of_all
    return graph


def rows_of_layers(graph: Graph) -> Graph:
    """The graph with a row for each layer and direction, if one reads several others step by step.

    A layer over one in both directions does: its lines would cross those of all other steps.
    """
    read: dict[Path, set[Path]] = {}
    for edge in graph.edges:
        run, ours = _run_of(edge.source), _run_of(edge.target)
        if run and ours and run != ours and _number(edge.source) == _number(edge.target) is not None:
            read.setdefault(ours, set()).add(run)
    is_tangled = any(len(runs) > 1 for runs in read.values()) and not graph.backward
    return wrap(graph, rows_by_steps(graph, 1)) if is_tangled else graph


def _again(edge: Edge, key: str, row: int, graph: Graph) -> Node:
    """What an edge carries, at the beginning of the row in which it ends; a state within the box of its layer."""
    run, ours = _run_of(edge.source), _run_of(edge.target)
    return Node(
        key,
        Kind.AGAIN,
        edge.carries,
        ours if run == ours and ours is not None else (),
        edge.source.title if edge.source.kind is Kind.OP else graph.titles[edge.carries],
        role=edge.source.role or ("state" if edge.line else ""),
        line=f"{edge.line}_{row}" if edge.line else "",
        lit=edge.source.lit,
    )


def _read_in_step(graph: Graph, row_of: Mapping[Node, int]) -> set[Edge]:
    """The edges by which a layer reads another one step by step: a word on its box is enough for all of them."""
    by_runs: dict[tuple[object, object], list[Edge]] = {}
    for edge in graph.edges:
        run, ours = _run_of(edge.source), _run_of(edge.target)
        if run and ours and run != ours and row_of[edge.source] != row_of[edge.target]:
            by_runs.setdefault((run, ours), []).append(edge)
    return {
        edge
        for edges in by_runs.values()
        if all(_number(e.source) == _number(e.target) is not None and not e.line for e in edges)
        for edge in edges
    }


def _words_on(read: Set[Edge], graph: Graph) -> dict[Path, str]:
    """What stands on the box of a layer that reads others so: `reads hₜ (1 forward), hₜ (1 backward)`."""
    titles: dict[Path, dict[str, None]] = {}
    for edge in graph.edges:
        if edge in read and (run := _run_of(edge.target)) is not None:
            title = DIGITS.sub("ₜ", graph.titles[edge.carries], count=1)
            titles.setdefault(run, {})[title] = None
    return {run: f"reads {', '.join(some)}" for run, some in titles.items()}


def _run_of(node: Node) -> Path | None:
    """The boxes around the run of steps that a node is in, those of its layer and direction; None outside of steps."""
    step = step_around(node)
    if node.kind in (Kind.CELL, Kind.FOLD):
        return node.place
    return None if step is None else node.place[: node.place.index(step)]


def _number(node: Node) -> int | None:
    """Of its step; a fold has none."""
    if node.kind is Kind.CELL:
        number = node.title.rpartition(" ")[2]
        return int(number) if number.isdecimal() else None
    step = step_around(node)
    return step.index if step is not None and node.kind is not Kind.FOLD else None


def _split_boxes(graph: Graph, nodes: Sequence[Node], row_of: Mapping[Node, int], words: Mapping[Path, str]) -> None:
    """A box whose nodes stand in several rows becomes one in each: it would tie the rows together.

    Of the boxes of a layer and direction one is left, and where a row is a single step, that of the step; the words
    stand on the first one.
    """
    rows_of: dict[scope, set[int]] = {}
    steps_in: dict[tuple[Path, int], set[scope | None]] = {}
    for node in nodes:
        for place in node.place:
            rows_of.setdefault(place, set()).add(row_of[node])
        run = _run_of(node)
        if run and node.kind is not Kind.AGAIN:
            steps_in.setdefault((run, row_of[node]), set()).add(step_around(node))
    several = {run for (run, _), steps in steps_in.items() if len(steps) > 1 or None in steps}  # None: a whole step
    single = {run for run, _ in steps_in} - several
    boxes: dict[tuple[Path, int], scope] = {}

    def box(path: Path, row: int, run: Path) -> scope:
        place, rows = path[-1], rows_of[path[-1]]
        whole = run if path == run else path if path[:-1] == run and run in single else path[-1:]
        label = ", ".join([*(p.title for p in whole[:-1]), place.label])
        if len(whole) > 1 and place.label == "step":
            label = label.removesuffix("step") + "time step"
        goes_on = place.index is not None and row > min(rows)
        if len(rows) == 1 and label == place.label and run not in words:
            return place
        part = scope(f"{GOES_ON} {label}" if goes_on else label, place.index, place.role)
        if run in words and len(whole) == len(path) and row == min(rows_of[run[-1]]):
            graph.beside_title[part] = words[run]
        return part

    for node in nodes:
        row, path = row_of[node], node.place
        ours: Path = next((path[:n] for n in range(len(path), 0, -1) if (path[:n], row) in steps_in), ())
        first = len(ours) + (ours in single)  # the boxes before it are named on it
        left = [path[:depth] for depth in range(first or 1, len(path) + 1)]
        for around in left:
            if (around, row) not in boxes:
                boxes[around, row] = box(around, row, ours)
        node.place = tuple(boxes[around, row] for around in left)


def rows_by_steps(graph: Graph, rows: int) -> dict[Node, int]:
    """In which row each node stands: the steps of each layer and direction evenly in so many rows of their own.

    What is not in a step stands beside what it feeds, or is fed by; what several layers end in, a loss say, below all.
    """
    row_of: dict[Node, int] = {}
    into, out = graph.incoming(), graph.outgoing()
    runs = _columns(graph)
    for n, columns in enumerate(runs.values()):
        each = -(-len(columns) // rows)
        for i, inner in enumerate(columns):
            for node in inner:
                row_of[node] = n * rows + min(i // each, rows - 1)
    last = max(row_of.values(), default=rows - 1)
    if len(runs) > 1:
        row_of |= _below_all(graph, row_of, last + 1)
    lone = last if graph.backward else 0  # on the way back, the sums at the end have no lines
    for node in reversed(graph.nodes):  # starts, and inputs, stand where they are first needed
        if node not in row_of and not into.get(node) and not _comes_after(node, row_of, out):
            row_of[node] = min((row_of[e.target] for e in out.get(node, []) if e.target in row_of), default=lone)
    for node in graph.nodes:
        if node not in row_of:
            row_of[node] = max((row_of[e.source] for e in into.get(node, []) if e.source in row_of), default=last)
    return _without_gaps(row_of)


def _below_all(graph: Graph, row_of: Mapping[Node, int], below: int) -> dict[Node, int]:
    """What comes after all steps, if it comes from several rows."""
    after, rows = set[Node](), set[int]()
    out, into = graph.outgoing(), graph.incoming()
    for node in reversed(graph.nodes):
        if node not in row_of and into.get(node) and all(edge.target in after for edge in out.get(node, ())):
            after.add(node)
    for node in after:
        rows |= {row_of[edge.source] for edge in into[node] if edge.source in row_of}
    return dict.fromkeys(after, below) if len(rows) > 1 else {}


def _without_gaps(row_of: dict[Node, int]) -> dict[Node, int]:
    """Rows numbered from 0 on: of a shorter layer some are empty."""
    numbers = {row: n for n, row in enumerate(sorted(set(row_of.values())))}
    return {node: numbers[row] for node, row in row_of.items()}


def _columns(graph: Graph) -> dict[object, list[list[Node]]]:
    """The nodes of each step, by the run of steps that it is one of."""
    columns: dict[object, list[list[Node]]] = {}
    column_of: dict[tuple[object, scope], list[Node]] = {}
    for node in graph.nodes:
        steps = [p for p in node.place if p.index is not None]
        run = node.place[: node.place.index(steps[-1])] if steps else node.place
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
