"""What the page of a graph holds, for its script: nodes, edges, boxes, tensors with their numbers, events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...core.ops.indexing import Getitem
from ...core.support.arrays import Array
from ...core.support.operands import value_of
from ...core.support.provenance import own_line
from ...core.tensor import Tensor
from ..model import Graph, Node
from ..passes.pipeline import Content, graph_of
from ..render.nodes import is_gate, is_numbered
from ..render.theme import LIGHT
from .boxes import Box, boxes_of
from .captions import State, caption, states
from .trace import MOST, Trace, places, trace_of

__all__ = ["contents_of"]

SHOWN = 64  # numbers of an array that are written down; of more, the first ones and the norm
MANY = 400  # tensors: of more, fewer numbers each
FIRST = 8
DIGITS = 4
SHORT = 16  # letters of a formula that stands in a box


def contents_of(roots: Sequence[Tensor], content: Content) -> dict[str, Any]:
    """The graph behind these tensors in JSON's types; with events if they are one number that has gradients.

    All steps are in it and every operation, unless `content` chooses steps or there are too many: boxes are closed on
    the page, not here.
    """
    graph = graph_of(roots, replace(content, level="op", fold="none", params="inline", rolled=False))
    trace = _trace(roots, content, graph)
    every = [
        *graph.classes.tensors,
        *(t for node in graph.nodes for t in (node.tensor, *(use[0] for use in node.tags))),
    ]
    number = {t: i for i, t in enumerate(dict.fromkeys(every))}  # gradients of the way back are of no class
    shown = SHOWN if len(number) <= MANY else FIRST
    rules = _Table()
    where = _Table()
    at = {node.key: i for i, node in enumerate(graph.nodes)}
    keys = places(graph, list(number))
    tensors = [
        _tensor(t, trace, number, shown)
        | {"rule": rules(trace.rule(t)), "where": where(_where_made(t)), "node": at.get(keys[t], -1)}
        for t in number
    ]
    return {
        "tensors": tensors,
        **_drawn(graph, number),
        "rules": list(rules),
        "where": list(where),
        "events": [_event(trace, state, number, shown) for state in states(trace) if state.event is not None],
        "turn": trace.turn,
        "loss": number.get(roots[0], -1),
        "chosen": min((number[use[0]] for use in graph.followed or ()), default=-1),
        "note": " · ".join([*graph.remarks, *_not_played(number)]),
        "level": content.level,
        "backward": content.backward,
        "equation": graph.equation,
    }


def _trace(roots: Sequence[Tensor], content: Content, graph: Graph) -> Trace:
    """The events of a loss; of other graphs there are none, and of one without gradients only those forward."""
    tensors = graph.classes.tensors
    one_number = len(roots) == 1 and roots[0].size == 1 and roots[0].dtype.kind == "f"
    if one_number and not content.backward and len(tensors) <= MOST:
        return trace_of(roots[0], gradients=content.grads and roots[0].requires_grad)
    return Trace(roots[0], tensors, graph.titles, graph)


def _not_played(tensors: Collection[Tensor]) -> list[str]:
    return [f"{len(tensors):,} tensors are too many to play, which goes up to {MOST:,}"] if len(tensors) > MOST else []


class _Table(dict[str, int]):
    """Texts that many tensors share, each written once."""

    def __call__(self, text: str) -> int:
        return self.setdefault(text, len(self))


def _drawn(graph: Graph, number: Mapping[Tensor, int]) -> dict[str, Any]:
    """Nodes, edges and boxes, which refer to each other by their numbers."""
    boxes, homes = boxes_of(graph)
    at: dict[Box | None, int] = {box: i for i, box in enumerate(boxes)} | {None: -1}
    numbers = {node: i for i, node in enumerate(graph.nodes)}
    nodes = [
        {
            "tensor": number[node.tensor],
            "title": node.title,
            "symbol": _made_by(node),
            "role": _role(node.role),
            "box": at[home],
            "named": node.kind == "box",
            "line": bool(node.line),
            "tags": [number[use[0]] for use in node.tags],
            "notes": list(node.notes),
        }
        for node, home in zip(graph.nodes, homes, strict=True)
    ]
    edges = [
        [numbers[e.source], numbers[e.target], (e.operand or 0) + 1 if is_numbered(e) else 0, int(bool(e.line))]
        for e in graph.edges
    ]
    return {
        "nodes": nodes,
        "edges": edges,
        "boxes": [
            {"title": b.title, "role": _role(b.role), "parent": at[b.parent], "level": b.level, "step": b.index}
            for b in boxes
        ],
    }


def _made_by(node: Node) -> str:
    """What a box says of its operation: σ, or x[0] where that is short."""
    if node.kind != "box":
        return ""
    return node.formula if isinstance(node.tensor.op, Getitem) and len(node.formula) < SHORT else node.symbol


def _role(role: str) -> str:
    """The role as the page's style calls it, if it knows it."""
    return role.replace(" ", "-") if role in LIGHT.roles else ""


def _where_made(t: Tensor) -> str:
    """The scope and the user's line that made a tensor; where no line of a user's did, as in a demo, that of ours."""
    if t.op is None:
        return ""
    line = t.line
    if line is None or {"site-packages", "dist-packages"} & set(Path(line[0]).parts):
        line = own_line(t._code, t._lasti)
    scopes = f"in {t.scope!r}, " if t.scope.parent is not None else ""
    return f"{scopes}at {Path(line[0]).name}:{line[1]}"


def _tensor(t: Tensor, trace: Trace, number: Mapping[Tensor, int], shown: int) -> dict[str, Any]:
    return {
        "title": trace.called(t),
        "shape": list(t.shape),
        "value": _numbers(t.data, shown),
        "op": "" if t.op is None else t.op.name,
        "formula": trace.formula(t) if t.name else "",
        "from": [number[i] for i in t.inputs if i in number],
        "leaf": t.op is None,
        "wants": t.requires_grad,
        "gate": is_gate(t),
    }


def _event(trace: Trace, state: State, number: Mapping[Tensor, int], shown: int) -> list[Any]:
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
        contribution, total = _numbers(g, shown), _numbers(together, shown)
        passed.append([number[to], contribution] if contribution == total else [number[to], contribution, total])
    return [*forward, passed]


def _numbers(array: Array, shown: int) -> list[Any] | dict[str, Any]:
    """All numbers of a small array; of a large one the first and the norm."""
    flat = np.asarray(value_of(array), np.float64).ravel()
    if flat.size <= shown:
        return [_plain(v) for v in flat.tolist()]
    return {"first": [_plain(v) for v in flat[:FIRST].tolist()], "norm": _plain(float(np.linalg.norm(flat)))}


def _plain(v: float) -> Any:
    return float(f"{v:.{DIGITS}g}") if np.isfinite(v) else str(v)
