"""One node for many operations, and back: a folded node computes fast what `unfold` replays as single operations.

A folded node is recorded like any other. Whoever needs its inside (pictures, second derivatives, anomaly mode) unfolds
the graph first: the operations are run again, one by one, from the node's inputs, and take the place of the node.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import ref

from ...errors import StaleGraphError
from ..backward import toposort
from ..op import Op, clock
from ..tensor import Tensor
from .scopes import Mode, current_mode, current_scope, scope

__all__ = ["Folded", "stays_folded", "unfold"]


class Folded(Op):
    """Base of the operations that stand for many: subclasses write `replay(*inputs) -> list of results`.

    `results` are the tensors that were made of the node for the caller, in the order in which `replay` returns them.
    To the first, the output, the same gradient comes in both forms. The others may stand in the midst of the
    operations: what the output passes on to the last state is seen only there. `place` is the scope in which the node
    was made.
    """

    def __init__(self) -> None:
        self.everything = current_mode.get().everything
        self.results: tuple[Any, ...] = ()
        self.place: scope | None = None

    def replay(self, *inputs: Tensor) -> list[Tensor]:
        """The results, by single operations."""
        raise NotImplementedError(f"{type(self).__name__} needs a replay(self, *inputs) method")

    def stands_for(self, results: Sequence[Tensor]) -> None:
        """Say what was made of the node."""
        self.results = tuple(ref(t) for t in results)


def stays_folded(order: Sequence[Tensor]) -> bool:
    """Whether there are folded nodes, and no hook waits for a gradient that only single operations show."""
    folded = [t.op for t in order if isinstance(t.op, Folded)]
    inner = [result() for op in folded for result in op.results[1:]]
    return len(folded) > 0 and not any(t is not None and t._hooks for t in inner)


def unfold(roots: Sequence[Tensor]) -> bool:
    """Put single operations in the place of every folded node that the roots are made of; whether there were any."""
    found = False
    while True:
        folded = [t for t in toposort(roots, everything=True) if isinstance(t.op, Folded)]
        if not folded:
            return found
        found = True
        for node in reversed(folded):
            _unfold(node)


def _unfold(node: Tensor) -> None:
    op = node.op
    assert isinstance(op, Folded)
    for t in node.inputs:
        if t.index > node.index:
            raise StaleGraphError(
                f"{t.brief} was given another array after {op.name} used it{node.trail}. try: before the update"
            )
    inputs = node.inputs
    born = next(clock)
    place = op.place.parent if op.place is not None and op.place.parent is not None else node.scope
    tokens = current_mode.set(Mode(grad=True, everything=op.everything)), current_scope.set(place)
    try:
        replayed = op.replay(*inputs)
    finally:
        current_mode.reset(tokens[0])
        current_scope.reset(tokens[1])

    made = [t for t in toposort(replayed, everything=True) if t.index > born]
    made.reverse()
    instead: dict[Tensor, Tensor] = {}
    for old, new in zip(op.results, replayed, strict=True):
        if (t := old()) is not None and new not in instead:
            instead[new] = t
    # They are older than whatever used the node, and younger than its inputs.
    for i, t in enumerate(made):
        t.index = node.index - 1 + (i + 1) / (len(made) + 2)  # type: ignore[assignment]
        t.inputs = tuple([instead.get(a, a) for a in t.inputs])
        outermost = next((s for s in t.scope.path if s.parent is place), None)
        if op.place is not None and outermost is not None:
            outermost.code, outermost.lasti = op.place.code, op.place.lasti  # the line of whoever called the layer
    for t in made:
        if isinstance(t.op, Folded):  # one of those inside: what was made of it may be a result of the outer one
            t.op.results = tuple(ref(instead[a]) if (a := result()) in instead else result for result in t.op.results)
    for new, t in instead.items():
        t.op, t.inputs, t.index, t.scope, t.name = new.op, new.inputs, new.index, new.scope, new.name or t.name
        t._code, t._lasti = new._code, new._lasti
    if node.op is op:  # nothing that is still alive was made of the node itself
        node.op, node.inputs = None, ()
