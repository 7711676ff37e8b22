"""The graph as text for a terminal: one line per step at level cell, else one per tensor or operation."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from ...core.support.arrays import Array
from ...core.support.scopes import scope
from ...core.tensor import Tensor
from ...symbolic.short import number
from ..gradients import Gradients, norm
from ..model import Graph, Node
from .html_labels import row_of, shape, text, value
from .look import Look

__all__ = ["text_of"]

CELLS = 4
BAR = 12  # characters of the longest bar


def text_of(graph: Graph, gradients: Gradients | None, look: Look) -> str:
    """All that the picture says, line by line, in creation order."""
    lines = [_clean(line) for line in (look.title, graph.note, "" if graph.paths else graph.equation) if line]
    lines += [""] if lines else []
    sources = {node: [edge.source for edge in edges] for node, edges in graph.incoming().items()}
    cells = [node for node in graph.nodes if node.kind == "cell"]
    inputs_of_cells = {s for node in cells for s in sources.get(node, ()) if s.role == "input"}
    shown = _box_by_box([node for node in graph.nodes if node.kind != "tag" and node not in inputs_of_cells])
    norms = {t: norm(g) for t, g in gradients.of.items()} if gradients is not None and look.grads else {}
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
            read = [s for s in sources.get(node, ()) if s in inputs_of_cells]
            parts.append(", ".join(_numbers(graph, s.tensor, look) for s in read) or " ")
            parts.append("→ " + ", ".join(_numbers(graph, t, look) for t in node.shown))
        elif node.kind == "fold":
            parts.append(node.caption)
        else:
            parts += [_clean(node.caption) if node.caption else "", shape(node.tensor.data)]
            parts += _formula(graph, node, sources.get(node, ()))
            parts += [f"({', '.join(_use(graph, use[0]) for use in node.tags)})"] if node.tags else []
            if look.values and (graph.level != "op" or graph.backward or node.tensor.size == 1):
                parts.append("= " + (_row(node.tensor.data) if node.tensor.size != 1 else value(node.tensor.data)))
        parts += [_clean(note) for note in node.notes]
        if gradients is not None and look.grads and node.kind != "fold":
            size, g = norms.get(node.tensor), gradients.of.get(node.tensor)
            words = "not computed" if size is None else number(size, 3)
            is_one = g is not None and g.size == 1
            parts.append(f"grad {value(g)}" if is_one and g is not None else f"‖g‖ {words}")
            if node.kind == "cell" and size is not None:
                parts.append("█" * max(1, round(BAR * heat.share(size))))
        if graph.paths is not None:
            parts.insert(0, "*" if node.lit else " ")
        lines.append("  " * len(here) + "  ".join(part for part in parts if part))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _box_by_box(nodes: Sequence[Node]) -> list[Node]:
    """The nodes of each box together, where the first of them stands: an input that was made before is in its step."""
    first: dict[tuple[scope, ...], int] = {}
    for at, node in enumerate(nodes):
        for depth in range(len(node.place)):
            first.setdefault(node.place[: depth + 1], at)
    keys = {n: [*(first[n.place[: depth + 1]] for depth in range(len(n.place))), at] for at, n in enumerate(nodes)}
    return sorted(nodes, key=lambda node: keys[node])


def _formula(graph: Graph, node: Node, sources: Sequence[Node]) -> list[str]:
    if graph.level == "op" and node.tensor.op is not None:
        read = ", ".join(_use(graph, s.tensor) if s.kind == "tag" else _clean(s.title) for s in sources)
        return [f"{_clean(node.symbol)} of {read}" if read else _clean(node.symbol)]
    return [f"= {_clean(node.formula)}"] if node.formula else []


def _use(graph: Graph, t: Tensor) -> str:
    return f"{_clean(graph.titles[t])} {shape(t.data) or value(t.data)}"


def _numbers(graph: Graph, t: Tensor, look: Look) -> str:
    title = _clean(graph.titles[t])
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
