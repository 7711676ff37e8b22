"""Many steps as a strip: a column for each of them, what comes out of it in coloured cells, the inputs below, and above
them the curve of ‖∂L/∂h‖, on a log scale.

It goes through Graphviz as all pictures do, with every place written down: `layout=nop2` moves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import graphviz
import numpy as np

from ...core.ops.joining import Concat, Stack
from ...core.tensor import Tensor
from ...symbolic.short import number
from ..gradients import Gradients
from ..model import Graph, Kind, Node
from . import html_labels as labels
from .dot import ALARM, FONT, HEIGHT, WIDTH
from .fonts.widths import width_of
from .legend import legend
from .look import Look
from .nodes import Nodes
from .theme import Scale

__all__ = ["FEWEST", "is_strip", "noted", "strip_of"]

FEWEST = 13  # steps: fewer are boxes
UNITS = 16  # numbers of a tensor that are shown, a cell each
USUAL = 750.0  # points across, if nothing else is wanted: 1,000 pixels
NARROWEST, WIDEST = 4, 26  # points of a column
TALL, ON_A_SLIDE = 8, 16  # points of a cell
CURVE = 9.0  # cells, how high the curve may rise
LEFT, RIGHT = 66.0, 52.0  # margins, for names and for the last number of the curve
GAP = 4  # points between two tensors
LINE = 16.0  # points from one line of words to the next
PAD = 14.0
LINE_OF_LEGEND = '<TR><TD ALIGN="LEFT"><TABLE'


@dataclass(frozen=True)
class Column:
    """A step: its node, and the numbers that are shown."""

    step: Node
    inputs: tuple[Node, ...]

    @property
    def tensors(self) -> list[Tensor]:
        """What comes out of it, then what goes into it."""
        return [*self.step.shown, *(node.tensor for node in self.inputs)]


@dataclass
class Track:
    """Steps that follow each other: those of a layer in one direction."""

    title: str
    columns: list[Column] = field(default_factory=list)


def is_strip(graph: Graph) -> bool:
    """Whether there are so many steps at level cell that a strip shows them better than boxes."""
    return (
        graph.level == "cell" and graph.rows == 1 and max((len(r.columns) for r in _runs(graph)), default=0) >= FEWEST
    )


def noted(graph: Graph) -> Graph:
    """The graph, with a note of its roots and a remark on what a strip leaves out."""
    shown = {id(t) for run in _runs(graph) for column in run.columns for t in column.tensors}
    roots = [node for node in graph.nodes if node.tensor in graph.classes.roots and node.tensor.size == 1]
    words = [f"{node.title} = {labels.value(node.tensor.data)}" for node in roots]
    graph.note = "; ".join([*([graph.note] if graph.note else []), *words])
    out = [n for n in graph.nodes if n.kind in (Kind.BOX, Kind.OP) and n not in roots and id(n.tensor) not in shown]
    names = {t.name for run in _runs(graph) for t in run.columns[0].step.shown}
    out = [n for n in out if n.tensor.op is not None or n.tensor.name not in names]  # a start of zeros is no loss
    out = [n for n in out if n.tensor.name or not isinstance(n.tensor.op, Concat | Stack)]  # of states that are shown
    if out:
        some = "1 tensor" if len(out) == 1 else f"{len(out)} tensors"
        graph.remarks.append(f"{some} before, after or beside the steps: not in the strip. try: fold='none'")
    if any(t.size > labels.row_of(t.data).size for run in _runs(graph) for t in run.columns[0].tensors):
        graph.note += "; row 0 of the batch" if graph.note else "row 0 of the batch"
    wide = max((labels.row_of(t.data).size for run in _runs(graph) for t in run.columns[0].tensors), default=0)
    if wide > UNITS:
        graph.note += f"; the first {UNITS} of {wide} numbers"
    return graph


def strip_of(graph: Graph, gradients: Gradients | None, look: Look) -> str:
    """The DOT text, with a place for everything."""
    return _Strip(graph, gradients, look).write()


def _runs(graph: Graph) -> list[Track]:
    into = graph.incoming()
    runs: dict[object, Track] = {}
    for node in graph.nodes:
        if node.kind is Kind.CELL:
            title = ", ".join(place.title for place in node.place if place.index is None)
            inputs = tuple(
                e.source for e in into.get(node, ()) if e.source.role == "input" and e.source.kind is Kind.BOX
            )
            runs.setdefault((title, node.title.rstrip("0123456789")), Track(title)).columns.append(Column(node, inputs))
    return list(runs.values())


class _Strip:
    """Writes one, from the top downwards: y is how far down it has come, in points."""

    def __init__(self, graph: Graph, gradients: Gradients | None, look: Look) -> None:
        self.graph, self.look = graph, look
        self.theme = look.theme
        self.nodes = Nodes(graph, gradients, look)
        self.runs = _runs(graph)
        columns = [column for run in self.runs for column in run.columns]
        self.nodes.value_scale = self._scale_of([t for c in columns for t in c.step.shown])
        self.input_scale = self._scale_of([node.tensor for c in columns for node in c.inputs])
        self.points = max(10.0, look.smallest)  # of letters
        self.tall = ON_A_SLIDE if look.smallest else TALL
        self.rise = CURVE * self.tall
        self.across = look.width * 72 if look.width else USUAL
        room = self.across - LEFT - RIGHT - 2 * PAD
        longest = max(len(run.columns) for run in self.runs)
        bands = math.ceil(longest * NARROWEST / room)
        self.in_a_band = math.ceil(longest / bands)  # columns
        self.wide = int(min(WIDEST, max(NARROWEST, room // self.in_a_band)))  # of a column
        norms = [
            self.nodes.norms[c.step.shown[0]] for run in self.runs for c in run.columns if self._norm(c) is not None
        ]
        self.curve = _Curve([size for size in norms if 0 < size < math.inf])
        self.y = 0.0
        self.number = 0
        self.digraph = graphviz.Digraph(
            "picture",
            graph_attr={
                "layout": "nop2",
                **({"viewport": f"{WIDTH:g},{HEIGHT:g},{look.slide:.4g}"} if look.slide else {}),
                "bgcolor": self.theme.background,
                "pad": "0.2",
                "outputorder": "nodesfirst",  # the curve over its axis
                "fontname": FONT,
            },
            node_attr={
                "shape": "plain",
                "fontname": FONT,
                "fontsize": f"{self.points:g}",
                "fontcolor": self.theme.text,
            },
            edge_attr={"dir": "none", "penwidth": "1.8"},
        )

    def write(self) -> str:
        """The DOT text."""
        for run in self.runs:
            if run.title:
                self.words(run.title, PAD, bold=True)
                self.y += LINE
            for first in range(0, len(run.columns), self.in_a_band):
                self._band(run.columns[first : first + self.in_a_band])
                self.y += LINE
        below = self._below()
        if below:
            self._place("legend", below, PAD + self.room / 2, self.y + 4 + below.count(LINE_OF_LEGEND) * 10)
        return str(self.digraph.source)

    def _below(self) -> str:
        """The legend, as wide as the columns and their margins."""
        self.room = LEFT + RIGHT + self.wide * self.in_a_band
        self.nodes.look = replace(self.look, room=self.room)
        return legend(self.graph, self.nodes, None, filled=True)

    # --- a band of columns -------------------------------------------------------------------------------------------

    def _band(self, columns: Sequence[Column]) -> None:
        if self.nodes.grads:
            self._curve_of(columns)
        rows = [list(row) for row in zip(*(c.tensors for c in columns), strict=False)] if self.look.values else []
        tall = 0.0
        for row in rows:
            units = min(UNITS, max(labels.row_of(t.data).size for t in row))
            scale = self._scale(row[0], columns[0])
            self.words(
                f"{self._name(row[0])}  ±{number(scale.largest, 2)}", PAD, down=self.y + tall + units * self.tall / 2
            )
            tall += units * self.tall + GAP
        for at, column in enumerate(columns):
            self._column(column, self.x_of(at))
        self.y += tall or self.tall
        self._ticks(columns)

    def _name(self, t: Tensor) -> str:
        """What all steps call it: h, and not h₁ (1 forward). Layer and direction stand above."""
        return t.name or self.graph.titles[t]

    def _scale(self, t: Tensor, column: Column) -> Scale:
        return self.nodes.value_scale if any(t is state for state in column.step.shown) else self.input_scale

    def _scale_of(self, tensors: Sequence[Tensor]) -> Scale:
        """States and inputs have scales of their own, so that the ones do not look pale beside the others."""
        finite = [np.abs(t.data[np.isfinite(t.data)].astype(float)) for t in tensors]
        return self.theme.value_scale(max((float(a.max()) for a in finite if a.size), default=0.0))

    def x_of(self, at: int) -> float:
        """The middle of a column, from the left."""
        return PAD + LEFT + (at + 0.5) * self.wide

    def _column(self, column: Column, x: float) -> None:
        """The cells of a step, one above the other, with a gap between tensors."""
        cells: list[tuple[int, str]] = []  # how high, and in which colour
        for t in column.tensors if self.look.values else ():
            scale = self._scale(t, column)
            for v in labels.row_of(t.data)[:UNITS].astype(float):
                cells.append((self.tall, scale.colour(float(v)) if math.isfinite(v) else ALARM))
            cells.append((GAP, self.theme.background))
        cells = cells or [(self.tall, self.theme.box_fill)]
        rows = "".join(
            f'<TR><TD FIXEDSIZE="TRUE" WIDTH="{self.wide}" HEIGHT="{tall}" BGCOLOR="{colour}"></TD></TR>'
            for tall, colour in cells
        )
        table = f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{rows}</TABLE>>'
        down = self.y + sum(tall for tall, _ in cells) / 2
        self._place(column.step.key, table, x, down, tooltip=self.nodes.tooltip(column.step))

    def _ticks(self, columns: Sequence[Column]) -> None:
        """The numbers of some steps below their columns, the first and the last among them."""
        numbers = [column.step.title.rpartition(" ")[2] for column in columns]
        apart = max(len(n) for n in numbers) * self.points * 0.6 + 8
        every = next(n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10**6) if n * self.wide >= apart)
        last = len(columns) - 1
        shown = [at for at, n in enumerate(numbers) if n.isdecimal() and int(n) % every == 0 and at not in (0, last)]
        shown = [at for at in shown if at * self.wide >= apart and (last - at) * self.wide >= apart]
        self.words(columns[0].step.title.rpartition(" ")[0] or "step", PAD, down=self.y + self.points * 0.7)
        for at in (0, *shown, *([last] if last * self.wide >= apart else [])):
            self.words(numbers[at], self.x_of(at), down=self.y + self.points * 0.7, middle=True)
        self.y += LINE

    # --- the curve ---------------------------------------------------------------------------------------------------

    def _norm(self, column: Column) -> float | None:
        return self.nodes.norms.get(column.step.shown[0])

    def _curve_of(self, columns: Sequence[Column]) -> None:
        """The norms of the gradients, from step to step; a gap where none was computed or it is no number."""
        top, bottom = self.y + LINE, self.y + LINE + self.rise
        self.words(f"‖∂L/∂{self._name(columns[0].step.shown[0])}‖", PAD, down=top + self.rise / 2)
        for value, down in ((self.curve.high, top), (self.curve.low, bottom)) if self.curve.high > 0 else ():
            self._axis(number(value, 2), down, len(columns))
        points = [(self.x_of(at), self._norm(column)) for at, column in enumerate(columns)]
        places = [
            (x, bottom - self.rise * self.curve.share(size)) if size is not None and 0 < size < math.inf else None
            for x, size in points
        ]
        dots = [self._dot(*place, self.theme.path, 3.2 if self.wide > 6 else 1.6) if place else "" for place in places]
        for x, size in points:
            if size is not None and not 0 < size < math.inf:  # no place on a log scale: below it, or above it
                self._dot(x, *((bottom + 5, self.theme.background) if size == 0 else (top - 6, ALARM)), 5.0)
        for (a, b), (start, end) in zip(pairwise(places), pairwise(dots), strict=True):
            if a is not None and b is not None:
                self.digraph.edge(start, end, pos=_straight(a, b), color=self.theme.path)
        size = points[-1][1]
        if size is not None and places[-1] is not None:
            self.words(number(size, 2), self.x_of(len(columns) - 1) + self.wide / 2 + 5, down=places[-1][1])
        self.y = bottom + 11

    def _axis(self, words: str, down: float, columns: int) -> None:
        """A pale line across, with its value at the left."""
        left, right = PAD + LEFT, PAD + LEFT + columns * self.wide
        self.words(words, left - 4 - width_of(words, self.points), down=down)
        start, end = self._dot(left, down, self.theme.box_edge, 0.5), self._dot(right, down, self.theme.box_edge, 0.5)
        line = {"color": self.theme.box_edge, "penwidth": "0.8"}
        self.digraph.edge(start, end, pos=_straight((left, down), (right, down)), **line)

    # --- what is placed ----------------------------------------------------------------------------------------------

    def words(self, words: str, x: float, down: float | None = None, bold: bool = False, middle: bool = False) -> None:
        """Words whose left end, or middle, is at x."""
        half = width_of(words, self.points, bold) / 2
        written = labels.text(words, 60)
        label = f"<<B>{written}</B>>" if bold else f"<{written}>"
        self.number += 1
        self._place(f"words{self.number}", label, x if middle else x + half, self.y if down is None else down)

    def _dot(self, x: float, down: float, colour: str, size: float) -> str:
        self.number += 1
        look = {"shape": "circle", "style": "filled", "width": f"{size / 72:.4f}", "fixedsize": "true"}
        ring = self.theme.path if colour == self.theme.background else colour
        self._place(f"dot{self.number}", "", x, down, fillcolor=colour, color=ring, tooltip=" ", **look)
        return f"dot{self.number}"

    def _place(self, key: str, label: str, x: float, down: float, **attributes: Any) -> None:
        self.digraph.node(key, label=label, pos=_point(x, down), **attributes)


@dataclass
class _Curve:
    """A log scale from the smallest to the largest norm, a decade at least."""

    norms: list[float]

    @property
    def high(self) -> float:
        """The value at its upper end."""
        return max(self.norms, default=0.0)

    @property
    def low(self) -> float:
        """The value at its lower end."""
        return min(min(self.norms), self.high / 10) if self.norms else 0.0

    def share(self, size: float) -> float:
        """How high a norm stands, from 0 to 1; what is 0 stands at the lower end."""
        if not size > 0 or not self.norms:
            return 0.0
        return math.log(size / self.low) / math.log(self.high / self.low)


def _point(x: float, down: float) -> str:
    return f"{x:.2f},{-down:.2f}"


def _straight(a: tuple[float, float], b: tuple[float, float]) -> str:
    """A straight line as a Bézier curve."""
    thirds: Iterator[tuple[float, float]] = (
        (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share) for share in (0, 1 / 3, 2 / 3, 1)
    )
    return " ".join(_point(*place) for place in thirds)
