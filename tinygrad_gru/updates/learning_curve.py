"""Learning curves as SVG: lines over the updates, the levels to compare with, and their names; needs no extra.

Colours are those of the page, by class: loss, test, level and axis, and run0 to run5 for the cells of a comparison.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["curves", "curves_of_cells", "curves_of_figures", "curves_over", "standalone"]

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 16, 36  # margins, for the ticks and the names; more to the right for long ones
WIDEST, LETTER = 260, 7.2  # the most of it, and the width of a bold letter
DECADE = 10.0  # from this ratio of highest to lowest on, the axis is logarithmic
APART = 15  # pixels between two names
MOST = 600  # points that are drawn of the loss
COLOURS = ("#0b62a8", "#c25100", "#17663a", "#8e44ad", "#9c2f12", "#5a4700")  # of cells, on white
STANDALONE = (
    '<svg xmlns="http://www.w3.org/2000/svg" class="curves"',
    "<style>svg { background: #fff; } text { font: 12px system-ui, sans-serif; fill: #4a5160; } polyline { fill: none; "
    "stroke-width: 1.5; } .axis { stroke: #d9dde5; } .level { stroke: #4a5160; stroke-dasharray: 4 4; } "
    "text.level { stroke: none; } "
    + " ".join(f".run{i} {{ stroke: {colour}; }} text.run{i} {{ stroke: none; fill: {colour}; }}"
               for i, colour in enumerate(COLOURS))
    + "</style>",
)  # fmt: skip

Points = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Line:
    """A line of (update, value) points, its class, and its name at the right end, if it has one."""

    points: Points
    kind: str
    name: str = ""


def curves(loss: Points, test: Points, levels: Mapping[str, float], metric: str) -> str:
    """The <svg> of one run: its loss, its metric, and levels by name; empty if nothing was measured."""
    loss = _finite(loss)[:: max(1, len(loss) // MOST)]
    test = _finite(test)
    best = min((v for _, v in test), default=math.nan)
    last = max((update for update, _ in [*loss, *test]), default=0)
    title = f"{metric} over {last:,} updates, {best:.4g} at its lowest" if test else f"loss over {last:,} updates"
    return _svg([Line(loss, "loss", "loss"), Line(test, "test", metric)], levels, title)


def curves_of_cells(cells: Mapping[str, Sequence[Points]], levels: Mapping[str, float], metric: str) -> str:
    """The <svg> of a comparison: the metric of each run, in the colour of its cell; empty if nothing was measured."""
    lines = []
    for i, (cell, runs) in enumerate(cells.items()):
        measured = [points for run in runs if (points := _finite(run))]
        lines += [Line(points, f"run{i % len(COLOURS)}", "" if k else cell) for k, points in enumerate(measured)]
    return _svg(lines, levels, f"{metric} by updates, a line for each run")


def curves_of_figures(figures: Mapping[str, Points], over: str, levels: Mapping[str, float] | None = None) -> str:
    """The <svg> of figures of one run over its `over`, such as epochs, with colours of its own; empty without any."""
    svg = curves_over(figures, over, levels)
    return standalone(svg) if svg else ""


def curves_over(figures: Mapping[str, Points], over: str, levels: Mapping[str, float] | None = None) -> str:
    """The same <svg> in the colours of the page that it stands on."""
    lines = [Line(_finite(points), f"run{i % len(COLOURS)}", name) for i, (name, points) in enumerate(figures.items())]
    return _svg(lines, levels or {}, f"{', '.join(figures)} over {over}", over)


def standalone(svg: str) -> str:
    """A comparison's <svg> as a file of its own, with colours."""
    head, style = STANDALONE
    return svg.replace('<svg class="curves"', head, 1).replace("<title>", style + "<title>", 1)


def _finite(points: Points) -> Points:
    return [(update, value) for update, value in points if math.isfinite(value)]


def _svg(lines: Sequence[Line], levels: Mapping[str, float], title: str, over: str = "updates") -> str:
    lines = [line for line in lines if line.points]
    if not lines:
        return ""
    levels = {name: value for name, value in levels.items() if math.isfinite(value)}
    values = [value for line in lines for _, value in line.points] + list(levels.values())
    names = [*levels, *(line.name for line in lines)]
    right = WIDTH - min(WIDEST, max(RIGHT, 8 + math.ceil(LETTER * max(map(len, names)))))  # where the plot ends
    axis = _Axis(min(values), max(values), right)
    last = max(update for line in lines for update, _ in line.points)

    def x(update: int) -> float:
        return LEFT + (right - LEFT) * update / (last or 1)

    def drawn(line: Line) -> str:
        path = " ".join(f"{x(update):.1f},{axis.y(value):.1f}" for update, value in line.points)
        dots = [f'<circle class="test" cx="{x(u):.1f}" cy="{axis.y(v):.1f}" r="2.5"/>' for u, v in line.points]
        return f'<polyline class="{line.kind}" points="{path}"/>' + ("".join(dots) if line.kind == "test" else "")

    levels_drawn = [
        f'<line class="level" x1="{LEFT}" x2="{right}" y1="{axis.y(v):.1f}" y2="{axis.y(v):.1f}"/>'
        for v in levels.values()
    ]
    placed = [(axis.y(v), "level", name) for name, v in levels.items()]
    placed += [(axis.y(line.points[-1][1]), line.kind, line.name) for line in lines if line.name]
    written = [
        f'<text class="name {kind}" x="{right + 8}" y="{y + 4:.1f}">{escape(_short(text, right))}</text>'
        for y, kind, text in _apart(placed)
    ]
    ticks = [
        f'<text class="tick" x="{x(update):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{update:,}</text>'
        for update in dict.fromkeys((0, last // 2, last))
    ]
    parts = [
        axis.drawn(),
        *ticks,
        UNIT.format((LEFT + right) / 2, escape(over)),
        *levels_drawn,
        *map(drawn, lines),
        *written,
    ]
    return (
        f'<svg class="curves" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


UNIT = f'<text class="tick" x="{{}}" y="{HEIGHT - 4}" text-anchor="middle">{{}}</text>'


def _short(name: str, right: int) -> str:
    """A name that fits beside the plot; of one that does not, its beginning."""
    most = int((WIDTH - right - 8) / LETTER)
    return name if len(name) <= most else name[: most - 1] + "…"


class _Axis:
    """Values to pixels, from the lowest to the highest, by their logarithms if they span more than a decade."""

    def __init__(self, low: float, high: float, right: int) -> None:
        self.right = right
        self.log = low > 0 and high / low > DECADE
        self.low, self.high = (math.log10(low), math.log10(high)) if self.log else (low, high)
        if self.high <= self.low:
            self.low, self.high = self.low - 1, self.high + 1

    def y(self, value: float) -> float:
        """Where a value is, from the top."""
        place = math.log10(value) if self.log else value
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - place) / (self.high - self.low)

    def drawn(self) -> str:
        """Its ticks: a line across, and its label."""
        return "".join(
            f'<line class="axis" x1="{LEFT}" x2="{self.right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
            for y, label in self.ticks()
        )

    def ticks(self) -> list[tuple[float, str]]:
        """Places and labels: powers of ten, or five round numbers."""
        if self.log:
            powers = range(math.ceil(self.low), math.floor(self.high) + 1)
            return [(self.y(10.0**k), f"{10.0**k:g}") for k in powers]
        step = 10 ** math.floor(math.log10((self.high - self.low) / 2))
        step *= next(m for m in (1, 2, 5) if (self.high - self.low) / (step * m) <= 6 or m == 5)
        first = math.ceil(self.low / step)
        return [(self.y(k * step), f"{k * step:.3g}") for k in range(first, math.floor(self.high / step) + 1)]


def _apart(names: list[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """Names from top to bottom, none over another."""
    placed: list[tuple[float, str, str]] = []
    for y, name, text in sorted(names):
        placed.append((max(y, placed[-1][0] + APART) if placed else y, name, text))
    limit = float(HEIGHT - BOTTOM)
    for i in reversed(range(len(placed))):  # those at the bottom move up, and others only where these need their place
        limit = min(placed[i][0], limit)
        placed[i] = (limit, *placed[i][1:])
        limit -= APART
    return placed
