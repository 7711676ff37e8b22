"""A slide: 16:9, no letter under 12 points on 13.33 by 7.5 inches, the steps wrapped into rows like lines of text.

What does not fit is shown in less detail, and that is said: first without formulas and shapes, then steps as boxes,
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
from ..look import Look
from ..model import Edge, Node, Outline
from ..node_ids import Identifiers
from ..passes.fold_steps import runs
from ..passes.pipeline import Content, Prepared, prepare, warmed
from .dot import HEIGHT, WIDTH, dot_of
from .graphviz_process import NoFonts, TooSlow, render

__all__ = ["slide_of", "wrap"]

SMALLEST = 12.0  # points on the slide
DRAWN = 10.0  # points of the smallest letters before the picture is scaled to the slide
MOST_ROWS = 6
MOST_OPEN = 6  # steps of which one can see the inside
LARGEST = 2.0  # times: a small graph need not fill the slide
PAD = 0.1  # inches around the picture


def slide_of(roots: Sequence[Tensor], content: Content, look: Look, heat: bool | None) -> tuple[Prepared, Look]:
    """The first of the ways to show it that fits."""
    if look.direction != "LR":
        raise ArgumentError("draw: on a slide time goes to the right. try: direction='LR'")
    for tried, brief, said in _ways(content):
        longest = _longest(roots, tried)
        if tried.level != "cell" and longest > MOST_OPEN:
            continue
        for rows in range(1, min(MOST_ROWS, longest) + 1):
            ready = prepare(roots, tried)
            wrap(ready.outline, rows)
            if brief > 3:
                _without_lone_boxes(ready.outline)
            drawn = replace(warmed(look, ready, heat), smallest=DRAWN, brief=brief, grads=look.grads and brief < 3)
            drawn = replace(drawn, values=look.values and brief < 5)
            scale = _scale(dot_of(ready.outline, ready.found, drawn))
            if scale * DRAWN >= SMALLEST:
                ready.remarks += [said] if said else []
                return ready, replace(drawn, slide=min(scale, LARGEST))
    raise ArgumentError("draw: too much for one slide in letters of 12 pt. try: steps='1-3', or level='cell'")


def _ways(content: Content) -> Iterator[tuple[Content, int, str]]:
    """What to try: the content, how brief, and what is then said."""
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
    cells = replace(brief, level="cell", path=None)
    if content.level != "cell" and not content.backward:
        yield cells, 2, "drawn at level cell, to fit a slide in letters of 12 pt"
    for keep in (8, 6, 4, 3, 2, 1):
        if content.steps is None and not content.backward:
            yield replace(cells, fold=keep), 2, f"the first and the last {keep} steps, to fit a slide"


def _without_lone_boxes(made: Outline) -> None:
    """Take away the boxes around single nodes, a start say: their frames need room."""
    inside = Counter(place for node in made.nodes for place in node.place)
    for node in made.nodes:
        node.place = tuple(place for place in node.place if place.index is not None or inside[place] > 1)


def _longest(roots: Sequence[Tensor], content: Content) -> int:
    made = prepare(roots, replace(content, level="gate") if content.level == "cell" else content).outline
    folds = sum(node.kind == "fold" for node in made.nodes)
    return max((len(run.steps) for run in runs(made)), default=1) + folds


def _scale(dot: str) -> float:
    """How much a picture can be enlarged on a slide, laid out once to see."""
    try:
        found = json.loads(render(dot, "json0"))
    except MissingExtraError:
        raise MissingExtraError(
            "pygraphviz (or Graphviz's dot)", "render", "a slide, to measure what fits on it,"
        ) from None
    except NoFonts:
        raise NoFonts(
            "a slide cannot be measured: this machine has no fonts. try: apt install fonts-dejavu-core"
        ) from None
    except TooSlow:
        return 0.0  # it would not fit either
    x0, y0, x1, y1 = map(float, found["bb"].split(","))
    margin = 2 * PAD * 72
    return min(WIDTH / (x1 - x0 + margin), HEIGHT / (y1 - y0 + margin))


def wrap(made: Outline, rows: int) -> None:
    """Cut the steps into rows: a state that goes on in the next row is drawn again at its beginning."""
    if rows < 2:
        return
    row_of = _rows(made, rows)
    identify = Identifiers(taken=[node.key for node in made.nodes])
    again: dict[tuple[Node, int], Node] = {}
    edges: list[Edge] = []
    before: dict[int, list[Node]] = {}
    for edge in made.edges:
        row = row_of[edge.target]
        if row_of[edge.source] == row:
            edges.append(edge)
            continue
        source = again.get((edge.source, row))
        if source is None:
            source = Node(
                identify.free(f"row{row + 1}_{edge.source.key}"),
                "again",
                edge.carries,
                (),
                made.titles[edge.carries],
                role=edge.source.role or "state",
                line=f"{edge.line}_{row}" if edge.line else "",
                lit=edge.source.lit,
            )
            again[edge.source, row] = source
            before.setdefault(row, []).append(source)
        if edge.line and not source.line:
            source.line = f"{edge.line}_{row}"
        edges.append(Edge(source, edge.target, edge.line, edge.lit, edge.carries))
    around: dict[tuple[scope, int], scope] = {}
    for node in made.nodes:  # a box around steps in several rows would tie them together
        row = row_of[node]
        node.place = tuple(
            p if p.index is not None else around.setdefault((p, row), scope(p.label, None, p.role)) for p in node.place
        )
        if node.line:
            node.line = f"{node.line}_{row}"
    nodes: list[Node] = []
    for row in reversed(range(rows)):  # Graphviz begins at the bottom
        nodes += [*before.get(row, []), *(node for node in made.nodes if row_of[node] == row)]
    made.nodes, made.edges = nodes, edges
    made.rows = rows


def _rows(made: Outline, rows: int) -> dict[Node, int]:
    """In which row each node stands: the steps evenly, what is not in a step beside what it feeds, or is fed by."""
    row_of: dict[Node, int] = {}
    into: dict[Node, list[Node]] = {}
    out: dict[Node, list[Node]] = {}
    for edge in made.edges:
        into.setdefault(edge.target, []).append(edge.source)
        out.setdefault(edge.source, []).append(edge.target)
    columns: dict[object, list[list[Node]]] = {}
    for node in made.nodes:
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
    for node in reversed(made.nodes):  # starts, and inputs, stand where they are first needed
        if node not in row_of and not into.get(node):
            row_of[node] = min((row_of[t] for t in out.get(node, []) if t in row_of), default=0)
    for node in made.nodes:
        if node not in row_of:
            row_of[node] = max((row_of[s] for s in into.get(node, []) if s in row_of), default=rows - 1)
    return row_of
