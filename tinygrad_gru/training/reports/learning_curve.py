"""A learning curve as SVG: the loss of each line of the metrics, the metric where it was measured, and what to beat."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

__all__ = ["curves"]

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 16, 36  # margins, for the ticks and the names
DECADE = 10.0  # from this ratio of highest to lowest on, the axis is logarithmic
APART = 15  # pixels between two names
MOST = 600  # points that are drawn of the loss

Points = Sequence[tuple[int, float]]


def curves(loss: Points, test: Points, levels: Mapping[str, float], metric: str) -> str:
    """An <svg> of (update, value) points, and horizontal lines with their names; empty if there is nothing to draw.

    Its colours are those of the page: the classes loss, test, level and axis.
    """
    loss = [p for p in loss if math.isfinite(p[1])][:: max(1, len(loss) // MOST)]
    test = [p for p in test if math.isfinite(p[1])]
    values = [v for _, v in [*loss, *test]] + [v for v in levels.values() if math.isfinite(v)]
    if not loss and not test:
        return ""
    axis = _Axis(min(values), max(values))
    last = max(update for update, _ in [*loss, *test])

    def x(update: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * update / last

    def line(points: Points, name: str) -> str:
        path = " ".join(f"{x(update):.1f},{axis.y(value):.1f}" for update, value in points)
        dots = "".join(f'<circle class="{name}" cx="{x(u):.1f}" cy="{axis.y(v):.1f}" r="2.5"/>' for u, v in points)
        return f'<polyline class="{name}" points="{path}"/>' + (dots if name == "test" else "")

    parts = [
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
        for y, label in axis.ticks()
    ]
    parts += [
        f'<text class="tick" x="{x(update):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{update:,}</text>'
        for update in dict.fromkeys((0, last // 2, last))
    ]
    parts.append(
        f'<text class="tick" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 4}" text-anchor="middle">updates</text>'
    )
    parts += [
        f'<line class="level" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{axis.y(v):.1f}" y2="{axis.y(v):.1f}"/>'
        for v in levels.values()
        if math.isfinite(v)
    ]
    parts += [line(loss, "loss"), line(test, "test")]
    names = [(axis.y(v), "level", name) for name, v in levels.items() if math.isfinite(v)]
    names += [
        (axis.y(points[-1][1]), name, text)
        for points, name, text in ((loss, "loss", "loss"), (test, "test", metric))
        if points
    ]
    parts += [
        f'<text class="name {name}" x="{WIDTH - RIGHT + 8}" y="{y + 4:.1f}">{escape(text)}</text>'
        for y, name, text in _apart(names)
    ]
    best = min((v for _, v in test), default=math.nan)
    title = f"{metric} over {last:,} updates, {best:.4g} at its lowest" if test else f"loss over {last:,} updates"
    return (
        f'<svg class="curves" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


class _Axis:
    """Values to pixels, from the lowest to the highest, by their logarithms if they span more than a decade."""

    def __init__(self, low: float, high: float) -> None:
        self.log = low > 0 and high / low > DECADE
        self.low, self.high = (math.log10(low), math.log10(high)) if self.log else (low, high)
        if self.high <= self.low:
            self.low, self.high = self.low - 1, self.high + 1

    def y(self, value: float) -> float:
        """Where a value is, from the top."""
        place = math.log10(value) if self.log else value
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - place) / (self.high - self.low)

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
    below = max(0.0, placed[-1][0] - (HEIGHT - BOTTOM)) if placed else 0.0
    return [(y - below, name, text) for y, name, text in placed]
