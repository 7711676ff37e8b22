"""A slide: 16:9, no letter under 12 points on 13.33 by 7.5 inches, the steps wrapped into rows like lines of text.

What does not fit is shown in less detail, with a remark: first without formulas and shapes, then steps as boxes,
then with the steps in the middle folded.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...core.support.scopes import scope
from ...core.tensor import Tensor
from ...errors import ArgumentError, MissingExtraError
from ..gradients import Gradients
from ..model import Edge, Graph, Kind, Node
from ..node_ids import Identifiers
from ..passes.fold_steps import runs, steps_of
from ..passes.pipeline import Content, graph_of, numbers_of
from .dot import HEIGHT, WIDTH, dot_of
from .graphviz_process import TooSlow, render
from .look import Look, warmed

__all__ = ["slide_of", "wrap"]

SMALLEST = 12.0  # points on the slide
DRAWN = 10.0  # points of the smallest letters before the picture is scaled to the slide
MOST_ROWS = 6
MOST_OPEN = 6  # steps of which one can see the inside
LARGEST = 2.0  # times: a small graph need not fill the slide
PAD = 0.1  # inches around the picture


def slide_of(
    roots: Sequence[Tensor], content: Content, look: Look, heat: bool | None
) -> tuple[Graph, Gradients | None, Look]:
    """The first of the ways to show it that fits, each laid out to see whether it does."""
    if look.direction != "LR":
        raise ArgumentError("draw: on a slide time goes to the right. try: direction='LR'")
    for attempt, brief, remark in _ways(content):
        longest = _longest(roots, attempt)
        if attempt.level != "cell" and longest > MOST_OPEN:
            continue
        for rows in range(1, min(MOST_ROWS, longest) + 1):
            graph = graph_of(roots, attempt)
            numbers = numbers_of(roots, attempt, graph)
            wrap(graph, rows)
            if brief > 3:
                _without_lone_boxes(graph)
            drawn = replace(warmed(look, graph, heat), smallest=DRAWN, brief=brief, values=look.values and brief < 5)
            scale = _scale(dot_of(graph, numbers, drawn))
            if scale * DRAWN >= SMALLEST:
                graph.remarks += [remark] if remark else []
                return graph, numbers, replace(drawn, slide=min(scale, LARGEST))
    raise ArgumentError(f"draw: too much for one slide in letters of 12 pt. try: {_less(roots, content)}slide=False")


def _less(roots: Sequence[Tensor], content: Content) -> str:
    """What would be less, if there is anything between this and no slide."""
    several = _longest(roots, content) > 1
    less = []
    if content.backward:
        less += ["a sequence of one step"] if several else []
        less += ["level='gate'"] if content.level != "gate" else []
    elif content.steps and several and len(numbers := steps_of(content.steps)) > 1:
        less += [f"steps='{min(numbers)}'"]
    return " and ".join(less) + ", or " if less else ""


def _ways(content: Content) -> Iterator[tuple[Content, int, str]]:
    """Attempts in their order: the content, how brief, and the remark."""
    yield content, 0, ""
    brief = replace(content, params=content.params or "hide")
    if content.level != "cell":
        yield brief, 1, ""
        yield brief, 2, "without formulas and shapes, to fit a slide in letters of 12 pt"
    if content.level == "gate" and content.grads:
        yield brief, 3, "without formulas, shapes and gradients, to fit a slide in letters of 12 pt"
    if content.level == "gate" and not content.backward:
        yield brief, 4, "names and values alone, to fit a slide in letters of 12 pt"
        yield brief, 5, "names alone, to fit a slide in letters of 12 pt"
    cells = replace(brief, level="cell")
    if content.level != "cell" and not content.backward:
        yield cells, 2, "drawn at level cell, to fit a slide in letters of 12 pt"
    for keep in (8, 6, 4, 3, 2, 1):
        if content.steps is None and not content.backward:
            coarser = "" if content.level == "cell" else "drawn at level cell, "
            yield replace(cells, fold=keep), 2, f"{coarser}the first and the last {keep} steps, to fit a slide"


def _without_lone_boxes(graph: Graph) -> None:
    """Take away the boxes around single nodes, a start say: their frames need room."""
    inside = Counter(place for node in graph.nodes for place in node.place)
    for node in graph.nodes:
        node.place = tuple(place for place in node.place if place.index is not None or inside[place] > 1)


def _longest(roots: Sequence[Tensor], content: Content) -> int:
    graph = graph_of(roots, replace(content, level="gate") if content.level == "cell" else content)
    folds = sum(node.kind == "fold" for node in graph.nodes)
    return max((len(run.steps) for run in runs(graph)), default=1) + folds


def _scale(dot: str) -> float:
    """How much a picture can be enlarged on a slide, laid out once to see."""
    try:
        layout = json.loads(render(dot, "json0"))
    except MissingExtraError:
        raise MissingExtraError(
            "pygraphviz (or Graphviz's dot)", "render", "a slide, to measure what fits on it,"
        ) from None
    except TooSlow:
        return 0.0  # it would not fit either
    x0, y0, x1, y1 = map(float, layout["bb"].split(","))
    margin = 2 * PAD * 72
    return min(WIDTH / (x1 - x0 + margin), HEIGHT / (y1 - y0 + margin))


def wrap(graph: Graph, rows: int) -> None:
    """Cut the steps into rows: a state that goes on in the next row is drawn again at its beginning."""
    if rows < 2:
        return
    row_of = _rows(graph, rows)
    identify = Identifiers(taken=[node.key for node in graph.nodes])
    again: dict[tuple[Node, int], Node] = {}
    edges: list[Edge] = []
    before: dict[int, list[Node]] = {}
    for edge in graph.edges:
        row = row_of[edge.target]
        if row_of[edge.source] == row:
            edges.append(edge)
            continue
        source = again.get((edge.source, row))
        if source is None:
            source = Node(
                identify.free(f"row{row + 1}_{edge.source.key}"),
                Kind.AGAIN,
                edge.carries,
                (),
                graph.titles[edge.carries],
                role=edge.source.role or "state",
                line=f"{edge.line}_{row}" if edge.line else "",
                lit=edge.source.lit,
            )
            again[edge.source, row] = source
            before.setdefault(row, []).append(source)
        if edge.line and not source.line:
            source.line = f"{edge.line}_{row}"
        edges.append(Edge(source, edge.target, edge.line, edge.lit, edge.carries, edge.operand))
    around: dict[tuple[scope, int], scope] = {}
    for node in graph.nodes:  # a box around steps in several rows would tie them together
        row = row_of[node]
        node.place = tuple(
            p if p.index is not None else around.setdefault((p, row), scope(p.label, None, p.role)) for p in node.place
        )
        if node.line:
            node.line = f"{node.line}_{row}"
    nodes: list[Node] = []
    for row in reversed(range(rows)):  # Graphviz begins at the bottom
        nodes += [*before.get(row, []), *(node for node in graph.nodes if row_of[node] == row)]
    graph.nodes, graph.edges = nodes, edges
    graph.rows = rows


def _rows(graph: Graph, rows: int) -> dict[Node, int]:
    """In which row each node stands: the steps evenly, what is not in a step beside what it feeds, or is fed by."""
    row_of: dict[Node, int] = {}
    into, out = graph.incoming(), graph.outgoing()
    columns: dict[object, list[list[Node]]] = {}
    for node in graph.nodes:
        steps = [p for p in node.place if p.index is not None]
        run = (
            tuple(p for p in node.place if p.index is None)[:2]
            if not steps
            else node.place[: node.place.index(steps[-1])]
        )
        if node.kind in ("cell", "fold"):
            columns.setdefault(run, []).append([node])
        elif steps:
            held = columns.setdefault(run, [])
            if held and held[-1][0].place[-len(held[-1][0].place) :] and steps[-1] in held[-1][0].place:
                held[-1].append(node)
            else:
                held.append([node])
    for held in columns.values():
        each = -(-len(held) // rows)
        for i, inner in enumerate(held):
            for node in inner:
                row_of[node] = min(i // each, rows - 1)
    for node in reversed(graph.nodes):  # starts, and inputs, stand where they are first needed
        if node not in row_of and not into.get(node):
            row_of[node] = min((row_of[e.target] for e in out.get(node, []) if e.target in row_of), default=0)
    for node in graph.nodes:
        if node not in row_of:
            row_of[node] = max((row_of[e.source] for e in into.get(node, []) if e.source in row_of), default=rows - 1)
    return row_of
