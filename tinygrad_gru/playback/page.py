"""The player: one self-contained page that plays a graph forward and then backward, in the engine's real order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from ..core.support.arguments import brief, some_text
from ..core.support.arrays import Array
from ..core.support.operands import value_of
from ..core.support.provenance import own_line
from ..core.tensor import Tensor
from ..diagram.api import Picture, draw, loss_of_layer
from ..diagram.model import Graph
from ..diagram.render import html
from ..errors import ArgumentError
from ..inspection.analyse import influence, one_sequence
from ..nn.recurrent.layer import recurrent_layer
from .captions import State, caption, states
from .trace import Trace, places, trace_of

__all__ = ["loss_of_layer", "page_of_layer", "player"]

TITLE = "Backpropagation, played"  # until its script has set that of the data
LEVELS = ("gate", "op", "cell")
SHOWN = 64  # numbers of an array that are written down; of more, their norm
DIGITS = 4


def player(loss: Tensor, title: str = "A graph, forward and backward", influences: Any = None) -> str:
    """The page for a loss of one number, as HTML text; `influences` [t][s] is shown as a row for the chosen output."""
    trace = trace_of(loss)
    some_text("player: title", title)
    number = {t: i for i, t in enumerate(trace.tensors)}
    pictures = {  # at level op the panel has the values: in each of so many boxes they would double the page
        level: draw(loss, level, values=level != "op", grads=False, fold="none", title=title) for level in LEVELS
    }
    rules = list(dict.fromkeys(trace.rule(t) for t in trace.tensors))
    lines = {t: _where_made(t) for t in trace.tensors}
    where = list(dict.fromkeys(lines.values()))
    data = {
        "title": title,
        "tensors": [
            _tensor(t, trace, number) | {"rule": rules.index(trace.rule(t)), "where": where.index(lines[t])}
            for t in trace.tensors
        ],
        "rules": rules,
        "where": where,
        "events": [_event(trace, state, number) for state in states(trace) if state.event is not None],
        "turn": trace.turn,
        "loss": number[loss],
        "places": {level: _places(picture.graph, number) for level, picture in pictures.items()},
        "shows": {level: _shows(picture.graph, number) for level, picture in pictures.items()},
        "influence": None if influences is None else _rows(influences),
    }
    svgs = "\n".join(
        f'<div class="level" data-level="{level}"{"" if level == "gate" else " hidden"}>{_inline(picture)}</div>'
        for level, picture in pictures.items()
    )
    parts = {"PICTURES": svgs, "DATA": html.embedded_json(data)}
    return html.page(TITLE, html.template(__package__, "page.html"), parts, sources=html.SCRIPTS)


def _where_made(t: Tensor) -> str:
    """The scope and the user's line that made a tensor; where no line of a user's did, as in a demo, that of ours."""
    if t.op is None:
        return ""
    line = t.line
    if line is None or {"site-packages", "dist-packages"} & set(Path(line[0]).parts):
        line = own_line(t._code, t._lasti)
    scopes = f"in {t.scope!r}, " if t.scope.parent is not None else ""
    return f"{scopes}at {Path(line[0]).name}:{line[1]}"


def _rows(influences: Any) -> list[list[float]]:
    """Finite numbers in rows of equal length, for JSON."""
    try:
        rows = np.asarray(influences)
        rows = rows.astype(np.float64) if rows.dtype.kind in "biuf" else np.array(np.nan)
    except (TypeError, ValueError, OverflowError):
        rows = np.array(np.nan)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise ArgumentError(f"player: influences: got {brief(influences)}, wanted rows of finite numbers. try: None")
    return rows.tolist()  # type: ignore[no-any-return]


def page_of_layer(layer: Any, x: Array, title: str) -> str:
    """The player for a recurrent layer at work on x (T, 1, I), with the loss ½ Σ h² of the last state."""
    recurrent_layer("page_of_layer", layer)
    x = one_sequence("page_of_layer", x)
    rows = [[float(f"{v:.3g}") for v in row] for row in influence(layer, x).tolist()]
    return player(loss_of_layer(layer, x), title, rows)


def _tensor(t: Tensor, trace: Trace, number: dict[Tensor, int]) -> dict[str, Any]:
    return {
        "title": trace.called(t),
        "named": bool(t.name),
        "shape": list(t.shape),
        "value": _numbers(t.data),
        "op": "" if t.op is None else t.op.name,
        "formula": trace.formula(t) if t.name else "",
        "from": [number[i] for i in t.inputs if i in number],
        "leaf": t.op is None,
        "wants": t.requires_grad,
    }


def _event(trace: Trace, state: State, number: dict[Tensor, int]) -> list[Any]:
    """[tensor, words] forward; [tensor, words, [[input, contribution, sum so far], …]] backward.

    In the words, 0 stands for the rule of the tensor; a first contribution is the sum so far.
    """
    event = state.event
    assert event is not None
    rule = trace.rule(event.tensor)
    caption_words = [
        (0 if rule and words == f"  ·  {rule}" else words, marked)
        for words, marked in caption(trace, state)
        if words.strip(" ·")
    ]
    forward = [number[event.tensor], [[word, 1] if marked else [word] for word, marked in caption_words]]
    if event.passed is None:
        return forward
    passed = []
    for (to, g), together in zip(event.passed, state.togethers, strict=True):
        contribution, total = _numbers(g), _numbers(together)
        passed.append([number[to], contribution] if contribution == total else [number[to], contribution, total])
    return [*forward, passed]


def _numbers(array: Array) -> list[float] | dict[str, float | str]:
    flat = np.asarray(value_of(array), np.float64).ravel()
    if flat.size > SHOWN:
        return {"norm": _plain(float(np.linalg.norm(flat)))}
    return [_plain(v) for v in flat.tolist()]


def _plain(v: float) -> Any:
    return float(f"{v:.{DIGITS}g}") if np.isfinite(v) else str(v)


def _places(graph: Graph, number: dict[Tensor, int]) -> list[str]:
    """For each tensor the key of the node that shows it."""
    keys = places(graph, list(number))
    return [keys[t] for t in number]


def _shows(graph: Graph, number: dict[Tensor, int]) -> dict[str, list[int]]:
    """For each node the tensors it shows, the one that it is named after first."""
    return {
        node.key: [number[t] for t in dict.fromkeys((node.tensor, *node.shown)) if t in number] for node in graph.nodes
    }


def _inline(picture: Picture) -> str:
    """The SVG without comments, tooltips, default attributes and needless decimals."""
    text = re.sub(r"<!--.*?-->", "", html.embedded_svg(picture.svg()), flags=re.DOTALL)
    text = re.sub(r"<g id=\"a_[^\"]*\"><a [^>]*>(.*?)</a>\s*</g>", r"\1", text, flags=re.DOTALL)
    text = re.sub(r' xml:space="preserve"| font-family="[^"]*"| text-anchor="start"| id="(?:node|edge)\d+"', "", text)
    text = re.sub(r' stroke="none"|<text[^>]*>\s*</text>', "", text)
    text = text.replace(' lengthAdjust="spacingAndGlyphs"', "")  # the page's script sets it
    text = re.sub(r'"#(.)\1(.)\2(.)\3"', r'"#\1\2\3"', text)
    text = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{picture.level}-", text)  # three pictures on one page
    text = re.sub(r'(?<= )([dxy]|points|font-size|textLength)="([^"]*)"', _shortened, text)
    return re.sub(r">\s+<", "><", text)


def _shortened(match: re.Match[str]) -> str:
    """A tenth of a point is as fine as anyone sees."""
    points = match[2].split(" ")
    if match[1] == "points" and len(points) > 3 and points[0] == points[-1]:  # a polygon is closed anyway
        points.pop()
    numbers = re.sub(r"-?\d+\.\d+", lambda n: f"{float(n[0]):.1f}".removesuffix(".0"), " ".join(points))
    return f'{match[1]}="{numbers}"'
