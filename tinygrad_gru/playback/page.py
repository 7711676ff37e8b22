"""The player: one self-contained page that plays a graph forward and then backward, in the engine's real order."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

import numpy as np

from ..core.ops import square
from ..core.ops import sum as sum_of
from ..core.support.arguments import brief, some_text
from ..core.support.arrays import Array
from ..core.support.modes import record
from ..core.support.operands import value_of
from ..core.support.scopes import scope
from ..core.tensor import Tensor
from ..diagram.api import Picture, draw
from ..diagram.model import Outline
from ..errors import ArgumentError
from ..inspection.analyse import influence, one_sequence
from ..nn.recurrent.layer import recurrent_layer
from .captions import State, caption, states
from .trace import Trace, places, trace_of

__all__ = ["loss_of_layer", "page_of_layer", "player"]

LEVELS = ("gate", "op", "cell")
SHOWN = 64  # numbers of an array that are written down; of more, their norm
DIGITS = 4


def player(loss: Tensor, title: str = "A graph, forward and backward", influences: Any = None) -> str:
    """The page for a loss of one number, as HTML text; `influences` [t][s] is shown as a row for the chosen output."""
    trace = trace_of(loss)
    some_text("player: title", title)
    number = {t: i for i, t in enumerate(trace.tensors)}
    pictures = {level: draw(loss, level, values=True, grads=False, fold="none", title=title) for level in LEVELS}
    rules = list(dict.fromkeys(trace.rule(t) for t in trace.tensors))
    lines = {t: t.where_made.strip() if t.op is not None else "" for t in trace.tensors}
    where = list(dict.fromkeys(lines.values()))
    data = {
        "title": title,
        "tensors": [
            _told(t, trace, number) | {"rule": rules.index(trace.rule(t)), "where": where.index(lines[t])}
            for t in trace.tensors
        ],
        "rules": rules,
        "where": where,
        "events": [_event(trace, state, number) for state in states(trace) if state.event is not None],
        "turn": trace.turn,
        "loss": number[loss],
        "places": {level: _places(picture._ready.outline, number) for level, picture in pictures.items()},
        "shows": {level: _shows(picture._ready.outline, number) for level, picture in pictures.items()},
        "influence": None if influences is None else _rows(influences),
    }
    svgs = "\n".join(
        f'<div class="level" data-level="{level}"{"" if level == "gate" else " hidden"}>{_inline(picture)}</div>'
        for level, picture in pictures.items()
    )
    # Inside <script> only </script and <!-- end the text: no < means neither. What the page shows, it sets as text.
    text = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    template = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    return template.replace("<!--PICTURES-->", svgs).replace("/*DATA*/", text)


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


def loss_of_layer(layer: Any, x: Array) -> Tensor:
    """½ Σ h² of the last state of a recurrent layer at work on x (T, 1, I)."""
    recurrent_layer("loss_of_layer", layer)
    with record():
        inputs = Tensor(x, requires_grad=True, name="x")
        _, last = layer(inputs)
        h = last[0] if isinstance(last, tuple) else last
        with scope("loss", role="loss"):
            loss: Tensor = (0.5 * sum_of(square(h))).named("L")
    return loss


def _told(t: Tensor, trace: Trace, number: dict[Tensor, int]) -> dict[str, Any]:
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
    """[tensor, words] forward; [tensor, words, [[input, contribution, sum so far], …]] on the way back.

    In the words, 0 stands for the rule of the tensor; a first contribution is the sum so far.
    """
    event = state.event
    assert event is not None
    rule = trace.rule(event.tensor)
    words = [
        (0 if rule and said == f"  ·  {rule}" else said, marked)
        for said, marked in caption(trace, state)
        if said.strip(" ·")
    ]
    said = [number[event.tensor], [[word, 1] if marked else [word] for word, marked in words]]
    if event.passed is None:
        return said
    passed = []
    for (to, g), together in zip(event.passed, state.togethers, strict=True):
        given, total = _numbers(g), _numbers(together)
        passed.append([number[to], given] if given == total else [number[to], given, total])
    return [*said, passed]


def _numbers(array: Array) -> list[float] | dict[str, float | str]:
    flat = np.asarray(value_of(array), np.float64).ravel()
    if flat.size > SHOWN:
        return {"norm": _plain(float(np.linalg.norm(flat)))}
    return [_plain(v) for v in flat.tolist()]


def _plain(v: float) -> Any:
    return float(f"{v:.{DIGITS}g}") if np.isfinite(v) else str(v)


def _places(made: Outline, number: dict[Tensor, int]) -> list[str]:
    """For each tensor the key of the node that shows it."""
    found = places(made, list(number))
    return [found[t] for t in number]


def _shows(made: Outline, number: dict[Tensor, int]) -> dict[str, list[int]]:
    """For each node the tensors it shows, the one that it is named after first."""
    return {
        node.key: [number[t] for t in dict.fromkeys((node.tensor, *node.shown)) if t in number] for node in made.nodes
    }


def _inline(picture: Picture) -> str:
    """The SVG without what the page has no use for: comments, tooltips, what is the default, and many decimals."""
    text = picture.svg()
    text = re.sub(r"<!--.*?-->", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r"<g id=\"a_[^\"]*\"><a [^>]*>(.*?)</a>\s*</g>", r"\1", text, flags=re.DOTALL)
    text = re.sub(r' xml:space="preserve"| font-family="[^"]*"| text-anchor="start"| id="(?:node|edge)\d+"', "", text)
    text = re.sub(r' stroke="none"|<text[^>]*></text>', "", text)
    text = re.sub(r'"#(.)\1(.)\2(.)\3"', r'"#\1\2\3"', text)
    text = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{picture.level}-", text)  # three pictures on one page
    text = re.sub(r'(?<= )([dxy]|points|font-size)="([^"]*)"', _shortened, text)
    return re.sub(r">\s+<", "><", text)


def _shortened(found: re.Match[str]) -> str:
    """A tenth of a point is as fine as anyone sees."""
    points = found[2].split(" ")
    if found[1] == "points" and len(points) > 3 and points[0] == points[-1]:  # a polygon is closed anyway
        points.pop()
    numbers = re.sub(r"-?\d+\.\d+", lambda n: f"{float(n[0]):.1f}".removesuffix(".0"), " ".join(points))
    return f'{found[1]}="{numbers}"'
