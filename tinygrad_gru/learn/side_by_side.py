"""What was wanted and what came, as text: beside each other where there is room, else below each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .judging.outcome import differing

__all__ = ["side_by_side"]

MOST_ROWS, MOST_COLUMNS = 8, 8  # of each array; more would not be looked at


def side_by_side(
    wanted: Sequence[np.ndarray], got: Sequence[np.ndarray], names: Sequence[str], width: int, rtol: float = 1e-7
) -> list[str]:
    """The arrays that differ, or all if their number does; each wrong number has a < after it."""
    if len(wanted) > 1 and got and all(a.ndim == 0 for a in (*wanted, *got)):  # numbers: in a row
        wanted, got, names = [np.array(wanted)], [np.array(got)], [", ".join(names)]
    several = len(names) == len(wanted)
    pairs: list[tuple[str, np.ndarray, np.ndarray | None]] = []
    for i, w in enumerate(wanted):
        g = got[i] if len(got) == len(wanted) else None
        if g is None or w.shape != g.shape or differing(g, w, rtol).any():
            pairs.append((names[i] if several else "", w, g))
    lines: list[str] = []
    for name, w, g in pairs[:3]:
        left = [f"{name}  wanted {w.shape}".strip(), *rows(w, np.zeros(w.shape, bool))]
        right: list[str] = []
        if g is not None:
            marks = differing(g, w, rtol) if g.shape == w.shape else np.zeros(g.shape, bool)
            right = [f"got {g.shape}", *rows(g, marks)]
        room = max(map(len, left)) + 4
        if right and room + max(map(len, right)) > width:
            lines += [*left, *right]
        else:
            right += [""] * (len(left) - len(right))
            left += [""] * (len(right) - len(left))
            lines += [f"{a:<{room}}{b}".rstrip() for a, b in zip(left, right, strict=True)]
        lines.append("")
    if len(pairs) > 3:
        lines += [f"and {len(pairs) - 3} more", ""]
    return lines[:-1]


def rows(array: np.ndarray, marks: np.ndarray) -> list[str]:
    """The numbers in rows, in columns of one width; of more axes than two, one matrix below the other."""
    if not array.size:
        return ["  nothing"]
    grid, marked = (a.reshape(-1, a.shape[-1]) if a.ndim else a.reshape(1, 1) for a in (array, marks))
    cells = [
        [f"{_as_text(number)}{'<' if mark else ' '}" for number, mark in zip(*row, strict=True)]
        for row in zip(grid[:MOST_ROWS, :MOST_COLUMNS], marked[:MOST_ROWS, :MOST_COLUMNS], strict=True)
    ]
    width = max((len(cell) for row in cells for cell in row), default=1)
    tail = " …" * (grid.shape[1] > MOST_COLUMNS)
    lines = ["".join(f"{cell:>{width + 1}}" for cell in row) + tail for row in cells]
    return lines + ["  …"] * (len(grid) > MOST_ROWS)


def _as_text(number: Any) -> str:
    return str(number) if isinstance(number, np.bool_) else f"{number:.5g}"
