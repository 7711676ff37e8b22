"""A picture that is shown so many pixels wide, no letter under 9 pixels there: its steps wrap into rows.

Each way to show it is laid out to see whether it fits, in as few rows as do: first the whole, then with less and less
in the boxes. A graph without steps, or a step that is too wide, is cut between operations. What nothing helps is drawn
as it is, and a remark says how small its letters are.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from ....core.tensor import Tensor
from ...gradients import Gradients
from ...model import Graph, Kind, Node
from ...passes.fold_steps import fewer_steps, runs
from ...passes.pipeline import Content, graph_of, numbers_of
from ...passes.wrap_rows import rows_by_place, rows_by_steps, rows_of_layers, wrap
from ..dot import dot_of
from ..look import Look, warmed
from .detail import Detail, details, without_lone_boxes
from .layout import Layout, layout_of
from .paper import PIXELS, Paper

__all__ = ["fitted"]

DRAWN, LARGE = 8.0, 9.0  # points of the smallest letters, before the picture is scaled; of narrow boxes
INCH = 72.0
FOR_AGAIN = 60.0  # points, of what is drawn again at the beginning of a row
HIGHEST = 2.6  # times its width: several layers that would be higher are shown in less detail
SURELY = 0.8  # of the width of its share of a row, a row of fewer steps has at least
SURELY_HIGH, MANY = 1.2, 1000.0
TRIES = 4  # of cutting between operations, each into shorter rows
MEASURED = "a width, to measure what fits into it,"

Drawn = tuple[Graph, Gradients | None, Look]


@dataclass(frozen=True)
class Attempt:
    """One way to show a graph, and how wide it is."""

    drawn: Drawn
    layout: Layout
    paper: Paper
    several: bool = False  # layers or directions

    @property
    def width(self) -> float:
        """In points, with the margins."""
        return self.layout.width + 2 * self.drawn[2].pad * INCH

    @property
    def fits(self) -> bool:
        """Whether its letters can be read."""
        return self.letters >= self.paper.smallest - 1e-6

    @property
    def is_low(self) -> bool:
        """Whether several layers can be seen together: how a single one is wrapped, one scrolls."""
        height = self.layout.whole[1] * min(PIXELS, self.paper.width / self.width)
        return height <= HIGHEST * self.paper.width or not self.several

    @property
    def is_surely_high(self) -> bool:
        """Whether its layers would be too high in rows as wide as fit: a layout of them takes long."""
        room = self.paper.room(self.drawn[2].smallest)
        height = self.layout.whole[1] * math.ceil(min(self.width / room, MANY)) * self.paper.width / room
        return self.several and not self.fits and height > SURELY_HIGH * HIGHEST * self.paper.width

    @property
    def letters(self) -> float:
        """Its smallest letters, in pixels."""
        return self.paper.letters(self.drawn[2].smallest, self.width)

    def finished(self, remark: str) -> Drawn:
        """What is drawn, with the width that it may have, and the legend as wide as the graph."""
        graph, numbers, look = self.drawn
        graph.remarks += [remark] if remark else []
        room = min(self.layout.width, look.room)
        return graph, numbers, replace(look, width=self.paper.width / 96, room=room)


class Fitting:
    """Draws and measures one graph for a paper."""

    def __init__(self, roots: Sequence[Tensor], look: Look, heat: bool | None, paper: Paper) -> None:
        self.roots, self.look, self.heat, self.paper = roots, look, heat, paper
        self.numbers: dict[str, Gradients | None] = {}  # by level: a backward pass each

    def attempt(self, detail: Detail, narrow: bool, cut: Callable[[Graph], dict[Node, int]] | None = None) -> Attempt:
        """One way: in this detail, in narrow boxes or in low ones, cut into rows or not."""
        graph = graph_of(self.roots, detail.content)
        if graph.level not in self.numbers:
            self.numbers[graph.level] = numbers_of(self.roots, detail.content, graph)
        numbers = self.numbers[graph.level]
        several = len({run.outside for run in runs(graph)}) > 1
        if cut is not None:
            wrap(graph, cut(graph))
        elif self.look.direction == "LR":
            rows_of_layers(graph)
        if detail.brief > 3:
            without_lone_boxes(graph)
        smallest = LARGE if narrow else DRAWN
        look = detail.look(warmed(self.look, graph, self.heat))
        look = replace(look, smallest=smallest, narrow=narrow)
        look = replace(look, room=self.paper.room(smallest) - 2 * look.pad * INCH)
        return Attempt((graph, numbers, look), layout_of(dot_of(graph, numbers, look), MEASURED), self.paper, several)

    def in_rows_of_steps(self, detail: Detail, narrow: bool, whole: Attempt) -> Attempt | None:
        """In as few rows as fit, if one step in each does."""
        graph = whole.drawn[0]
        open_steps = max((len(run.steps) for run in runs(graph)), default=0)
        others = Counter(node.place for node in graph.nodes if node.kind in (Kind.CELL, Kind.FOLD))  # of each layer
        longest = open_steps + max(others.values(), default=0)
        if longest < 2 or self.look.direction != "LR":
            return None
        room = self.paper.room(whole.drawn[2].smallest)
        last = None
        for rows in chain(_numbers_of_rows(whole.width / room, longest), [longest]):
            if rows < longest and SURELY * whole.width * -(-longest // rows) / longest > room:
                continue  # so many steps are too wide: a layout takes long
            last = self.attempt(detail, narrow, lambda graph, rows=rows: rows_by_steps(graph, rows))  # type: ignore[misc]
            if last.fits:
                return last
        return last

    def cut_anywhere(self, detail: Detail, narrow: bool, whole: Attempt) -> Attempt:
        """Cut between operations, from the left to the right as it is laid out in one row."""
        ends = whole.layout.ends if whole.drawn[0].rows == 1 else {}
        room = self.paper.room(whole.drawn[2].smallest) - 2 * whole.drawn[2].pad * INCH
        best = whole
        for _ in range(TRIES if ends and self.look.direction == "LR" else 0):
            each = self.attempt(detail, narrow, lambda graph, room=room: rows_by_place(graph, ends, room, FOR_AGAIN))  # type: ignore[misc]
            best = max(best, each, key=lambda attempt: attempt.letters)
            if best.fits:
                break
            room *= min(0.95, max(0.6, self.paper.room(each.drawn[2].smallest) / each.width))
        return best


def fitted(roots: Sequence[Tensor], content: Content, look: Look, heat: bool | None, paper: Paper) -> Drawn:
    """The first of the ways to show it that fits; where none does, the one with the largest letters, and a remark."""
    fitting = Fitting(roots, look, heat, paper)
    ways = list(_ways(content, paper))
    wholes = Wholes(fitting, ways)
    best: Attempt | None = None
    high: tuple[Attempt, str] | None = None
    tried = [n for n, (_, narrow) in enumerate(ways) if narrow or not n]  # each shows less than the one before it
    begin = _first(tried, lambda n: not wholes[n].is_surely_high, len(ways))
    for n in range(begin, len(ways)):
        detail, narrow = ways[n]
        attempts = [whole := wholes[n]]
        if not whole.fits and (rows := fitting.in_rows_of_steps(detail, narrow, whole)) is not None:
            attempts.append(rows)
        if not attempts[-1].fits and (
            detail.brief == 2 or content.level == "op" or (len(attempts) == 1 and not content.rolled)
        ):
            attempts.append(fitting.cut_anywhere(detail, narrow, whole))
        if attempts[-1].fits and attempts[-1].is_low:
            return attempts[-1].finished(detail.remark)
        if attempts[-1].fits:
            high = high or (attempts[-1], detail.remark)
        best = max([*attempts, *([best] if best else [])], key=lambda attempt: attempt.letters)
    if high is not None:
        return high[0].finished(high[1])
    in_rows: dict[int, Attempt] = {}

    def fits_in_rows(n: int) -> bool:
        rows = fitting.in_rows_of_steps(*ways[n], wholes[n])
        in_rows[n] = max([wholes[n], *([rows] if rows else [])], key=lambda each: each.letters)
        return rows is not None and rows.fits

    if (n := _first([n for n in tried if n < begin], fits_in_rows, begin)) < begin:
        return in_rows[n].finished(ways[n][0].remark)
    best = max([*in_rows.values(), *([best] if best else [])], key=lambda each: each.letters)
    fewer = fewer_steps(best.drawn[0], content.steps)
    tries = f"a page, save('graph.html'), or fewer steps: steps={fewer!r}" if fewer else "a page: save('graph.html')"
    letters = math.floor(best.letters * 10) / 10
    return best.finished(f"letters of {letters} px in {paper.with_width}. try: {tries}")


def _first(numbers: Sequence[int], holds: Callable[[int], bool], end: int) -> int:
    """The first of which it holds, as it does of all after it; the end if there is none. Each try is a layout."""
    if not numbers or holds(numbers[0]):
        return numbers[0] if numbers else end
    at = bisect_left(numbers, True, lo=1, key=holds)
    return numbers[at] if at < len(numbers) else end


class Wholes(dict[int, Attempt]):
    """Each of the ways in one row, by its number, laid out when it is asked for."""

    def __init__(self, fitting: Fitting, ways: Sequence[tuple[Detail, bool]]) -> None:
        super().__init__()
        self.fitting, self.ways = fitting, ways

    def __missing__(self, n: int) -> Attempt:
        self[n] = self.fitting.attempt(*self.ways[n])
        return self[n]


def _ways(content: Content, paper: Paper) -> Iterator[tuple[Detail, bool]]:
    """Attempts in their order: the details, in low boxes as long as all is shown, then in narrow ones too."""
    to_fit = f"to fit {paper.name} in letters of {paper.smallest:g} px"
    for detail in details(content, to_fit):
        if detail.brief == 0:
            yield detail, False
        if detail.brief or content.level != "op":
            yield detail, True


def _numbers_of_rows(least: float, longest: int) -> Iterator[int]:
    """How many rows to try: from as few as could do, on to fewer and fewer steps in a row."""
    before = 0
    for rows in range(max(2, int(min(least, longest))), longest):
        each = -(-longest // rows)
        if each != before:  # otherwise a row would only be missing at the end
            yield rows
        before = each
