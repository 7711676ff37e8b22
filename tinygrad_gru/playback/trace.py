"""What happens in a graph, event by event: every operation forward, then every contribution on the way back.

The way back is that of the engine: a `watch` writes down each contribution as it is passed on.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..core.backward import walk
from ..core.support.arguments import brief
from ..core.support.arrays import Array
from ..core.support.operands import value_of
from ..core.tensor import Tensor
from ..diagram.model import Outline, outline
from ..errors import ArgumentError
from ..symbolic.short import number

__all__ = ["Event", "Trace", "places", "trace_of"]

MOST = 3000  # tensors: a player of more cannot be followed


@dataclass(frozen=True)
class Event:
    """An operation that is computed, or with `passed` one whose gradient goes on to its inputs."""

    tensor: Tensor
    passed: tuple[tuple[Tensor, Array], ...] | None = None


@dataclass
class Trace:
    """Tensors in the order of their making, what they are called, and the events."""

    loss: Tensor
    tensors: list[Tensor]
    titles: dict[Tensor, str]
    made: Outline  # at level op, where every tensor has a formula and a key
    events: list[Event] = field(default_factory=list)

    @property
    def turn(self) -> int:
        """How many events are on the way forward; the next one is the first on the way back."""
        return sum(event.passed is None for event in self.events)

    def called(self, t: Tensor) -> str:
        """The name of a tensor, or else how it was made: r₁, [h₀, x₁] W_r, ½."""
        if t.name or not self.formula(t):
            is_half = t.op is None and t.name is None and t.size == 1 and t.ndim == 0
            return number(t.item()) if is_half else self.titles.get(t, "") or (t.name or "constant")
        return self.formula(t)

    def formula(self, t: Tensor) -> str:
        """How it was made, such as σ([h₀, x₁] W_r + b_r); nothing for a leaf."""
        return "" if t.op is None else self._formulas.get(t, "")

    @cached_property
    def contributions(self) -> dict[Tensor, int]:
        """How many contributions each gradient is the sum of."""
        return dict(Counter(to for event in self.events for to, _ in event.passed or ()))

    @cached_property
    def _formulas(self) -> dict[Tensor, str]:
        return {node.tensor: node.formula for node in self.made.nodes if node.use is None}

    def rule(self, t: Tensor) -> str:
        """The local rule of the operation that made a tensor: the first line of its documentation."""
        return "" if t.op is None else (inspect.getdoc(type(t.op)) or "").partition("\n")[0].rstrip(".")


def trace_of(loss: Tensor) -> Trace:
    """The events behind a loss of one number; raises ArgumentError for a graph of over 3,000 tensors."""
    if not isinstance(loss, Tensor):
        raise ArgumentError(f"play: got {brief(loss)}, wanted a loss. try: loss.sum()")
    if loss.size != 1:
        raise ArgumentError(f"play: wants a loss of one number, got {loss.summary}. try: .sum()")
    made = outline([loss], "op")
    tensors = made.casting.tensors
    if len(tensors) > MOST:
        raise ArgumentError(
            f"play: {len(tensors)} tensors are too many to follow, wanted at most {MOST}. try: fewer steps"
        )
    trace = Trace(loss, tensors, made.titles, made)
    trace.events += [Event(t) for t in tensors if t.op is not None]
    passed: dict[Tensor, list[tuple[Tensor, Array]]] = {}

    def watch(consumer: Tensor, position: int, contribution: Any) -> Any:
        given = np.asarray(value_of(contribution))
        to = consumer.inputs[position]
        if given.shape != to.shape:  # it will be summed over what was broadcast
            given = _summed(given, to.shape)
        passed.setdefault(consumer, []).append((to, given))
        return contribution

    walk([loss], [np.ones(loss.shape, loss.dtype)], watch=watch)
    trace.events += [Event(t, tuple(found)) for t, found in passed.items()]
    return trace


def places(made: Outline, tensors: Sequence[Tensor]) -> dict[Tensor, str]:
    """For each tensor the key of the node that shows it: its own, or that of what it becomes a part of."""
    own: dict[Tensor, str] = {}
    for node in sorted(made.nodes, key=lambda node: node.kind == "op"):  # h₁ has a box, and a + that makes it
        for t in (*node.shown, node.tensor):
            own.setdefault(t, node.key)
    users: dict[Tensor, Tensor] = {}
    for t in tensors:
        for i in t.inputs:
            users.setdefault(i, t)
    found: dict[Tensor, str] = {}
    for t in sorted(tensors, key=lambda t: t.serial, reverse=True):
        user = users.get(t)
        found[t] = own.get(t) or (found.get(user, "") if user is not None else "")
    return found


def _summed(g: Array, shape: tuple[int, ...]) -> Array:
    extra = g.ndim - len(shape)
    if extra > 0:
        g = g.sum(axis=tuple(range(extra)))
    repeated = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
    return g.sum(axis=repeated, keepdims=True) if repeated else g
