"""A slide: 16:9, no letter under 12 points on 13.33 by 7.5 inches, the steps wrapped into rows like lines of text.

What does not fit is shown in less detail, with a remark: first without formulas and shapes, then steps as boxes,
then with the steps in the middle folded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ....core.tensor import Tensor
from ....errors import ArgumentError
from ...gradients import Gradients
from ...model import Graph
from ...passes.fold_steps import runs, steps_of
from ...passes.pipeline import Content, graph_of, numbers_of
from ...passes.wrap_rows import rows_by_steps, wrap
from ..dot import HEIGHT, WIDTH, dot_of
from ..look import Look, warmed
from ..strip import is_strip, noted, strip_of
from .detail import Detail, details, without_lone_boxes
from .layout import layout_of

__all__ = ["slide_of"]

SMALLEST = 12.0  # points on the slide
DRAWN = 10.0  # points of the smallest letters before the picture is scaled to the slide
MOST_ROWS = 6
MOST_OPEN = 6  # steps of which one can see the inside
LARGEST = 2.0  # times: a small graph need not fill the slide
PAD = 0.1  # inches around the picture
TO_FIT = "to fit a slide in letters of 12 pt"
MEASURED = "a slide, to measure what fits on it,"


def slide_of(
    roots: Sequence[Tensor], content: Content, look: Look, heat: bool | None, instead: str = "slide=False"
) -> tuple[Graph, Gradients | None, Look]:
    """The first of the ways to show it that fits, each laid out to see whether it does; `instead` of what cannot be."""
    if look.direction != "LR":
        raise ArgumentError("draw: on a slide time goes to the right. try: direction='LR'")
    known: dict[str, Gradients | None] = {}  # by level: a backward pass each
    counted, longest = None, 0
    for detail in _ways(content):
        if detail.content.level == "cell" and detail.content.fold == "auto" and not detail.numbers:
            strip = _strip(roots, content, look)
            if strip is not None:
                strip[0].remarks += [detail.remark] if detail.remark else []
                return strip
        if detail.content != counted:
            counted, longest = detail.content, _longest(roots, detail.content)
        if detail.content.level != "cell" and longest > MOST_OPEN:
            continue
        for rows in range(1, min(MOST_ROWS, longest) + 1):
            graph = graph_of(roots, detail.content)
            if graph.level not in known:
                known[graph.level] = numbers_of(roots, detail.content, graph)
            numbers = known[graph.level]
            wrap(graph, rows_by_steps(graph, rows))
            if detail.brief > 3:
                without_lone_boxes(graph)
            drawn = detail.look(warmed(look, graph, heat))
            drawn = replace(drawn, smallest=DRAWN, narrow=True, room=WIDTH * DRAWN / SMALLEST - 20)
            across, down = _scales(dot_of(graph, numbers, drawn))
            scale = min(across, down)
            if scale * DRAWN >= SMALLEST:
                graph.remarks += [detail.remark] if detail.remark else []
                return graph, numbers, replace(drawn, slide=min(scale, LARGEST))
            if down * DRAWN < SMALLEST:
                break  # more rows would be higher still
    raise ArgumentError(f"draw: too much for one slide in letters of 12 pt. try: {_less(roots, content)}{instead}")


def _strip(roots: Sequence[Tensor], content: Content, look: Look) -> tuple[Graph, Gradients | None, Look] | None:
    """Many steps as a strip, if it is not too high."""
    content = replace(content, level="cell")
    if not content.may_be_strip:
        return None
    graph = graph_of(roots, replace(content, fold="none"))
    if not is_strip(graph):
        return None
    numbers = numbers_of(roots, content, graph)
    look = replace(look, strip=True, smallest=SMALLEST, width=WIDTH / 72)
    if min(_scales(strip_of(noted(graph), numbers, look))) < 1:
        return None
    return graph, numbers, replace(look, slide=1.0)


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


def _ways(content: Content) -> Iterator[Detail]:
    """Attempts in their order: all details, then steps as boxes, then some of these folded."""
    yield from details(content, TO_FIT)
    cells = replace(content, level="cell", params=content.params or "hide")
    if content.level != "cell" and not content.backward:
        yield Detail(cells, 2, remark=f"drawn at level cell, {TO_FIT}")
    for keep in (8, 6, 4, 3, 2, 1):
        if content.steps is None and not content.backward:
            coarser = "" if content.level == "cell" else "drawn at level cell, "
            kept = f"{coarser}the first and the last {keep} steps, to fit a slide"
            yield Detail(replace(cells, fold=keep), 2, remark=kept)


def _longest(roots: Sequence[Tensor], content: Content) -> int:
    graph = graph_of(roots, replace(content, level="gate") if content.level == "cell" else content)
    folds = sum(node.kind == "fold" for node in graph.nodes)
    return max((len(run.steps) for run in runs(graph)), default=1) + folds


def _scales(dot: str) -> tuple[float, float]:
    """How much a picture can be enlarged on a slide, by its width and by its height."""
    width, height = layout_of(dot, MEASURED).whole
    margin = 2 * PAD * 72
    return WIDTH / (width + margin), HEIGHT / (height + margin)
