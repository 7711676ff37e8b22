"""The events of a graph: every operation of the forward pass, then every contribution of the backward pass.

The backward pass is the engine's own: a `watch` records each contribution as it is passed on.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ...core.backward import walk
from ...core.support.accumulate import unbroadcast
from ...core.support.arguments import ShortRepr, brief
from ...core.support.arrays import Array
from ...core.support.operands import value_of
from ...core.tensor import Tensor
from ...errors import ArgumentError
from ...symbolic.short import number
from ..build import build_graph
from ..model import Graph, step_around

__all__ = ["MOST", "Event", "Trace", "check_loss", "places", "trace_of"]

MOST = 3000  # tensors: a player of more cannot be followed


@dataclass(frozen=True, repr=False)
class Event(ShortRepr):
    """An operation that is computed, or with `passed` one whose gradient goes on to its inputs."""

    tensor: Tensor
    passed: tuple[tuple[Tensor, Array], ...] | None = None


@dataclass(repr=False)
class Trace(ShortRepr):
    """Tensors in creation order, their titles, and the events."""

    loss: Tensor
    tensors: list[Tensor]
    titles: dict[Tensor, str]
    graph: Graph  # at level op, where every tensor has a formula and a key
    events: list[Event] = field(default_factory=list)

    @property
    def turn(self) -> int:
        """The number of events of the forward pass."""
        return sum(event.passed is None for event in self.events)

    def called(self, t: Tensor) -> str:
        """The name of a tensor, or else its formula or number: r₁, [h₀, x₁] W_r, 0.5."""
        if t.name or not self.formula(t):
            is_half = t.op is None and t.name is None and t.size == 1 and t.ndim == 0
            return number(t.item()) if is_half else self.titles.get(t, "") or (t.name or "constant")
        return self.formula(t)

    def formula(self, t: Tensor) -> str:
        """Its formula, such as σ([h₀, x₁] W_r + b_r); empty for a leaf."""
        return "" if t.op is None else self._formulas.get(t, "")

    @cached_property
    def contributions(self) -> dict[Tensor, int]:
        """How many contributions each gradient is the sum of."""
        return dict(Counter(to for event in self.events for to, _ in event.passed or ()))

    @cached_property
    def _formulas(self) -> dict[Tensor, str]:
        return {node.tensor: node.formula for node in self.graph.nodes if node.use is None}

    def rule(self, t: Tensor) -> str:
        """The local rule of the operation behind a tensor: the first line of its docstring, without its backticks."""
        return (
            "" if t.op is None else (inspect.getdoc(type(t.op)) or "").partition("\n")[0].rstrip(".").replace("`", "")
        )


def check_loss(loss: Tensor) -> Graph:
    """The graph behind a loss at level op, if it can be played; raises ArgumentError otherwise."""
    if not isinstance(loss, Tensor):
        raise ArgumentError(f"play: got {brief(loss)}, wanted a loss. try: loss.sum()")
    if loss.size != 1:
        raise ArgumentError(f"play: wants a loss of one number, got {loss.summary}. try: .sum()")
    graph = build_graph([loss], "op")
    if (count := len(graph.classes.tensors)) > MOST:
        less = "fewer steps" if any(step_around(node) for node in graph.nodes) else "a picture: tg.draw(loss)"
        raise ArgumentError(f"play: {count} tensors are too many to follow, wanted at most {MOST}. try: {less}")
    return graph


def trace_of(loss: Tensor, gradients: bool = True) -> Trace:
    """The events behind a loss of one number, if it can be played.

    Without `gradients` those of the forward pass alone.
    """
    graph = check_loss(loss)
    tensors = graph.classes.tensors
    trace = Trace(loss, tensors, graph.titles, graph)
    trace.events += [Event(t) for t in tensors if t.op is not None]
    if not gradients:
        return trace
    passed: dict[Tensor, list[tuple[Tensor, Array]]] = {}

    def watch(consumer: Tensor, position: int, contribution: Any) -> Any:
        to = consumer.inputs[position]
        g = unbroadcast(np.asarray(value_of(contribution)), to, consumer)
        passed.setdefault(consumer, []).append((to, g))
        return contribution

    walk([loss], [np.ones(loss.shape, loss.dtype)], watch=watch)
    trace.events += [Event(t, tuple(contributions)) for t, contributions in passed.items()]
    return trace


def places(graph: Graph, tensors: Sequence[Tensor]) -> dict[Tensor, str]:
    """For each tensor the key of the node that shows it: its own, or that of its user."""
    own: dict[Tensor, str] = {}
    nodes = [node for node in graph.nodes if node.kind != "again"]
    for node in sorted(nodes, key=lambda node: node.kind == "op"):  # h₁ has a box, and a + that makes it
        for t in (*node.shown, node.tensor):
            own.setdefault(t, node.key)
    users: dict[Tensor, Tensor] = {}
    for t in tensors:
        for i in t.inputs:
            users.setdefault(i, t)
    keys: dict[Tensor, str] = {}
    for t in sorted(tensors, key=lambda t: t.serial, reverse=True):
        user = users.get(t)
        keys[t] = own.get(t) or (keys.get(user, "") if user is not None else "")
    return keys
