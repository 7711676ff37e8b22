"""The outline as text for a terminal: one line per step at level cell, one per tensor or operation otherwise."""

from __future__ import annotations

import html

import numpy as np

from ...core.support.arrays import Array
from ...core.support.scopes import scope
from ...core.tensor import Tensor
from ...symbolic.short import number
from ..gradients import Gradients, norm
from ..look import Look
from ..model import Node, Outline
from .html_labels import row_of, shape, text, value

__all__ = ["text_of"]

CELLS = 4
BAR = 12  # characters of the longest bar


def text_of(made: Outline, found: Gradients | None, look: Look) -> str:
    """All that the picture says, line by line, in the order of making."""
    lines = [_clean(line) for line in (look.title, made.note, "" if made.paths else made.equation) if line]
    lines += [""] if lines else []
    into: dict[Node, list[Node]] = {}
    for edge in made.edges:
        into.setdefault(edge.target, []).append(edge.source)
    inputs_of_cells = {s for node in made.nodes if node.kind == "cell" for s in into.get(node, ()) if s.role == "input"}
    shown = [node for node in made.nodes if node.kind != "tag" and node not in inputs_of_cells]
    norms = {t: norm(g) for t, g in found.of.items()} if found is not None and look.grads else {}
    states = [norms[node.tensor] for node in shown if node.kind == "cell" and node.tensor in norms]
    heat = look.theme.heat(max((n for n in states if np.isfinite(n)), default=0.0))
    widest = max((len(_clean(node.title)) for node in shown), default=0)

    here: tuple[scope, ...] = ()
    for node in shown:
        same = next((i for i, (a, b) in enumerate(zip(here, node.place, strict=False)) if a is not b), None)
        depth = same if same is not None else min(len(here), len(node.place))
        for level, place in enumerate(node.place[depth:], depth):
            lines.append("  " * level + _clean(f"time {place.title}" if place.label == "step" else place.title))
        here = node.place
        parts = [_clean(node.title).ljust(min(widest, 24))]
        if node.kind == "cell":
            read = [s for s in into.get(node, ()) if s in inputs_of_cells]
            parts.append(", ".join(_numbers(made, s.tensor, look) for s in read) or " ")
            parts.append("→ " + ", ".join(_numbers(made, t, look) for t in node.shown))
        elif node.kind == "fold":
            parts.append(node.caption)
        else:
            parts += [_clean(node.caption) if node.caption else "", shape(node.tensor.data)]
            parts += _formula(made, node, into)
            parts += [f"({', '.join(_use(made, use[0]) for use in node.tags)})"] if node.tags else []
            if look.values and made.level != "op":
                parts.append("= " + (_row(node.tensor.data) if node.tensor.size != 1 else value(node.tensor.data)))
        parts += [_clean(note) for note in node.notes]
        if found is not None and look.grads and node.kind != "fold":
            size = norms.get(node.tensor)
            told = "not computed" if size is None else number(size, 3)
            parts.append(f"‖g‖ {told}")
            if node.kind == "cell" and size is not None:
                parts.append("█" * max(1, round(BAR * heat.share(size))))
        if made.paths is not None:
            parts.insert(0, "*" if node.lit else " ")
        lines.append("  " * len(here) + "  ".join(part for part in parts if part))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _formula(made: Outline, node: Node, into: dict[Node, list[Node]]) -> list[str]:
    if made.level == "op" and node.tensor.op is not None:
        sources = into.get(node, ())
        read = ", ".join(_use(made, s.tensor) if s.kind == "tag" else _clean(s.title) for s in sources)
        return [f"{_clean(node.symbol)} of {read}" if read else _clean(node.symbol)]
    return [f"= {_clean(node.formula)}"] if node.formula else []


def _use(made: Outline, t: Tensor) -> str:
    return f"{_clean(made.titles[t])} {shape(t.data) or value(t.data)}"


def _numbers(made: Outline, t: Tensor, look: Look) -> str:
    title = _clean(made.titles[t])
    return f"{title} {_row(t.data)}" if look.values else title


def _row(data: Array) -> str:
    row = row_of(data)
    cells = " ".join(f"{v:6.2f}".replace("-", "−") for v in row[:CELLS].astype(float))
    more = f" + {row.size - CELLS} more" if row.size > CELLS else ""
    rows = f", row 0 of {data.size // row.size}" if row.size and data.size > row.size else ""
    return f"[{cells}{more}{rows}]"


def _clean(raw: str) -> str:
    """The same text with what a terminal might take as a command replaced."""
    return html.unescape(text(raw, 200))
