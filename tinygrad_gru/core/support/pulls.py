"""Pulls: functions that replace `op.vjp` in the backward pass, to record a graph, watch, stop or refuse.

A pull is a function of g and a node, and returns the contributions to the node's inputs, as `op.vjp` does. Each of
these wraps another pull.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Sequence
from typing import Any

import numpy as np

from ...errors import StaleGraphError
from ..tensor import Tensor
from .accumulate import densified, one_per_input, unbroadcast
from .explain import nonfinite
from .scopes import current, scope

__all__ = [
    "Pull",
    "Watch",
    "alarm",
    "arrays_of",
    "numeric",
    "recorded",
    "refusing",
    "stopping_at",
    "tensors_of",
    "watched",
    "with_extras",
]

Pull = Callable[[Any, Tensor], Any]
Watch = Callable[[Tensor, int, Any], None]


def arrays_of(node: Tensor) -> tuple[Any, ...]:
    """The result and the inputs of a node as arrays: its vjp computes arrays."""
    return (node._array, *[t._array for t in node.inputs])


def tensors_of(node: Tensor) -> tuple[Any, ...]:
    """The result and the inputs of a node as tensors: its vjp records a graph, in the scope "backward" beside it."""
    backward_scope = scope("backward", role="backward")
    backward_scope.parent, backward_scope.code, backward_scope.lasti = node.scope, node._code, node._lasti
    current.set((backward_scope, current.get()[1]))
    return (node, *node.inputs)


def numeric(g: Any, node: Any) -> Any:
    """The vjp of the node's operation, with arrays."""
    return node.op.vjp(g, *arrays_of(node))


def recorded(g: Any, node: Any) -> Any:
    """The vjp of the node's operation, as a graph."""
    return node.op.vjp(g, *tensors_of(node))


def with_extras(
    pull: Pull | None,
    stop: Collection[Tensor] = (),
    stale: Sequence[tuple[Tensor, Tensor]] = (),
    watch: Watch | None = None,
    off_path: Container[Tensor] = (),
) -> Pull | None:
    """The pull wrapped by `stopping_at`, `refusing` and `watched` as needed; None is the plain vjp."""
    if stop:
        pull = stopping_at(stop, pull or numeric)
    if stale:
        pull = refusing(stale, pull or numeric)
    if watch is not None:
        pull = watched(watch, off_path, pull or numeric)
    return pull


def refusing(stale: Sequence[tuple[Tensor, Tensor]], pull: Pull) -> Pull:
    """A pull that stops at a node whose input has been given another array since."""
    replaced = dict(reversed(stale))

    def refusing_pull(g: Any, node: Tensor) -> Any:
        if node in replaced:
            name = node.op.name if node.op is not None else ""
            raise StaleGraphError(
                f"{replaced[node].summary} was given another array after {name} used it{node.where_made}. "
                "try: backward() before the update"
            )
        return pull(g, node)

    return refusing_pull


def stopping_at(targets: Container[Tensor], pull: Pull) -> Pull:
    """A pull that sends no gradient beyond the targets."""
    return lambda g, node: (None,) * len(node.inputs) if node in targets else pull(g, node)


def watched(watch: Watch, off_path: Container[Tensor], pull: Pull) -> Pull:
    """A pull after which `watch(node, position, contribution)` is called for each contribution that is passed on."""

    def watched_pull(g: Any, node: Tensor) -> Any:
        contributions = list(one_per_input(pull(g, node), node))
        for position, t in enumerate(node.inputs):
            c = unbroadcast(contributions[position], t, node) if t.requires_grad and t not in off_path else None
            contributions[position] = c
            if c is not None:
                watch(node, position, densified(c, t))
        return tuple(contributions)

    return watched_pull


def alarm(watch: Watch | None) -> Watch:
    """Anomaly mode, backward: a watcher that stops at the first gradient that is not finite; then `watch` is called."""

    def alarmed(node: Tensor, position: int, c: Any) -> None:
        values = c._array if isinstance(c, Tensor) else c
        if not np.isfinite(values).all():
            name = node.op.name if node.op is not None else ""
            raise nonfinite(f"backward of {name}, to {node.inputs[position].summary}, made", values, node)
        if watch is not None:
            watch(node, position, c)

    return alarmed
