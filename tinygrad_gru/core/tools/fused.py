"""Fused operations: one node instead of many, computed by a fast program; `replay` does the same by single operations.

A fused node is recorded like any other, and its derivative is a program of its own. Given tensors (`create_graph`,
`jvp`), or where the inside is looked at (anomaly mode, guards of branches not taken), the vjp replays the single
operations and walks through them, as a checkpoint does. Pictures and equations put them in the node's place: `unfuse`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import ref

import numpy as np

from ...errors import StaleGraphError
from ..backward import toposort
from ..op import Op
from ..support.guards import guarding
from ..support.scopes import Mode, current, current_mode
from ..support.scopes import scope as Scope
from ..tensor import Tensor, clock
from .rematerialisation import vjp_by_running_again

__all__ = ["FusedOp", "unfuse"]


class FusedOp(Op):
    """Base of the operations that stand for many: write `forward`, `fused_vjp` and `replay(*inputs) -> results`.

    `results` are the tensors that were made of the node for the caller, in the order in which `replay` returns them;
    the first is the output itself. `scope` is the one in which the node was made. The last inputs may be tensors that
    `replay` closes over, such as parameters: `closed`.
    """

    closed: tuple[Tensor, ...] = ()
    scope: Scope | None = None

    def __init__(self) -> None:
        self.everything = current_mode().everything
        self.results: tuple[Any, ...] = ()

    def fused_vjp(self, g: Any, out: Any, *inputs: Any) -> tuple[Any, ...]:
        """The vjp with arrays, by the fast program."""
        raise NotImplementedError(f"{type(self).__name__} needs a fused_vjp(self, g, out, *inputs) method")

    def replay(self, *inputs: Tensor) -> list[Tensor]:
        """The results, by single operations."""
        raise NotImplementedError(f"{type(self).__name__} needs a replay(self, *inputs) method")

    def vjp(self, g: Any, out: Any, *inputs: Any) -> tuple[Any, ...]:
        if isinstance(g, Tensor) or current_mode().anomaly:
            return self.vjp_of_single_operations(g, inputs)
        if not guarding.get():
            return self.fused_vjp(g, out, *inputs)
        with np.errstate(all="ignore"):
            contributions = self.fused_vjp(g, out, *inputs)
        if all(c is None or np.isfinite(c).all() for c in contributions):
            return contributions
        return self.vjp_of_single_operations(g, inputs)  # a NaN or infinity may be from a branch not taken, inside

    def vjp_of_single_operations(self, g: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The vjp by replaying the single operations and walking back through them: numbers, or a graph."""
        own = inputs[: len(inputs) - len(self.closed)]
        return vjp_by_running_again(self.outputs_again, self.gradients_of_outputs(g, own), own, self.closed)

    def outputs_again(self, *own: Tensor) -> list[Tensor]:
        """The tensors of which the node's value is made, by single operations: itself, unless said otherwise."""
        return self.replay(*own, *self.closed)[:1]

    def gradients_of_outputs(self, g: Any, own: Sequence[Any]) -> list[Any]:
        """The gradient of the node, taken apart into those of `outputs_again`."""
        return [g]

    def stands_for(self, results: Sequence[Tensor]) -> None:
        """Store weak references to the tensors made of the node."""
        self.results = tuple(ref(t) for t in results)


def unfuse(roots: Sequence[Tensor]) -> bool:
    """Replace every fused node below the roots by its single operations; whether there were any."""
    any_fused = False
    while True:
        fused = [t for t in toposort(roots, everything=True) if isinstance(t.op, FusedOp)]
        if not fused:
            return any_fused
        any_fused = True
        for node in reversed(fused):
            _unfuse(node)


def _unfuse(node: Tensor) -> None:
    op = node.op
    assert isinstance(op, FusedOp)
    for t in node.inputs:
        if t.serial > node.serial:
            raise StaleGraphError(
                f"{t.summary} was given another array after {op.name} used it{node.where_made}. try: before the update"
            )
    born = next(clock)
    outer = op.scope.parent if op.scope is not None and op.scope.parent is not None else node.scope
    token = current.set((outer, Mode(grad=True, everything=op.everything)))
    try:
        replayed = op.replay(*node.inputs)
    finally:
        current.reset(token)

    new_nodes = [t for t in toposort(replayed, everything=True) if t.serial > born]
    new_nodes.reverse()
    replaced: dict[Tensor, Tensor] = {}
    for result, new in zip(op.results, replayed, strict=True):
        if (t := result()) is not None and new not in replaced:
            replaced[new] = t
    # They are older than whatever used the node, and younger than its inputs.
    for i, t in enumerate(new_nodes):
        t.serial = node.serial - 1 + (i + 1) / (len(new_nodes) + 2)  # type: ignore[assignment]
        t.inputs = tuple([replaced.get(a, a) for a in t.inputs])
        outermost = next((s for s in t.scope.path if s.parent is outer), None)
        if op.scope is not None and outermost is not None:
            outermost.code, outermost.lasti = op.scope.code, op.scope.lasti  # the line that called the layer
    for t in new_nodes:
        if isinstance(t.op, FusedOp):  # one of those inside: what was made of it may be a result of the outer one
            t.op.results = tuple(ref(replaced[a]) if (a := r()) in replaced else r for r in t.op.results)
    for new, t in replaced.items():
        t.op, t.inputs, t.serial, t.scope, t.name = new.op, new.inputs, new.serial, new.scope, new.name or t.name
        t._code, t._lasti = new._code, new._lasti
    if node.op is op:  # nothing that is still alive was made of the node itself
        node.op, node.inputs = None, ()
