"""A cell over all time steps by its compiled program: one node of the graph instead of several for each step.

The results are those of `unroll`. Where the vjp gets tensors (`create_graph`), in anomaly mode and below a choice
(guards), the steps run one by one, and the backward pass walks through them; pictures show them instead of the node.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compiler.compile import Compiled
from ..core.op import Op, apply
from ..core.ops import flip, reshape
from ..core.support.accumulate import densified
from ..core.support.arrays import Array
from ..core.support.guards import guarding
from ..core.support.scopes import TOP, Mode, context_kept, current, current_mode, scope
from ..core.support.sparse import SparseGrad
from ..core.tensor import Tensor
from ..core.tools.fused import FusedOp
from ..errors import StaleGraphError
from .cell_base import Cell
from .support.modes import in_mode
from .support.wrappers import step_of
from .unroll import unroll

__all__ = ["fused"]


class Part(Op):
    """The elements of a vector from `start` to `stop`, in a shape."""

    symbol = "[ ]"
    masks_gradient = True

    def __init__(self, start: int, stop: int, shape: tuple[int, ...]) -> None:
        self.start, self.stop, self.shape = start, stop, shape

    def forward(self, x: Array) -> Array:
        return x[self.start : self.stop].reshape(self.shape)

    def vjp(self, g: Any, out: Any, x: Any) -> Any:
        return SparseGrad(g.reshape(-1), slice(self.start, self.stop))


class Unrolled(FusedOp):
    """The first state of a cell after every step (T, B, H), then the other states after the last step, in one vector.

    Steps stand in the order in which they run, from last to first if `backwards`. The inputs are x (T, B, I), the
    states to start from, the mask of recurrent dropout if there is one, and the parameters. The vjp is the backward
    half of the program, or a walk back through the single steps: see FusedOp.
    """

    symbol = "over time"

    def __init__(
        self, cell: Cell, program: Compiled, frozen: list[Any] | None, backwards: bool, masked: bool, saving: bool,
        want_x: bool,
    ) -> None:  # fmt: skip
        super().__init__()
        self.cell = cell
        self.program = program
        self.frozen = frozen  # the rows whose states stay, in the order of the loop
        self.backwards = backwards
        self.masked = masked  # whether there is recurrent dropout
        self.saving = saving
        self.want_x = want_x
        self.takes_pieces = len(cell.state_sizes) > 1  # the gradients of its parts need not stand in one array
        self.saved: Any = None  # the pool's buffers that the forward half wrote for the backward half

    def __del__(self) -> None:
        if self.saved is not None:
            self.program.code.pool.give_back(self.saved[0])

    # --- the program -------------------------------------------------------------------------------------------------

    def forward(self, x: Array, *others: Array) -> Array:
        n = len(self.cell.state_sizes)
        states, fixed = others[:n], others[n:]
        steps, batch, _ = x.shape
        H, *other_sizes = self.cell.state_sizes
        size = (steps + 1) * batch * H
        everything = np.empty(size + batch * sum(other_sizes), x.dtype)
        every = everything[:size].reshape(steps + 1, batch, H)  # the first state at all times, the start included
        last, saved = self.program.forward(self._in_order(x), every, states, fixed, self._rows(steps), self.saving)
        if saved is not None:
            self.saved = saved
        if n == 1:
            return every[1:]
        np.concatenate([s.reshape(-1) for s in last], out=everything[size:])
        return everything[batch * H :]

    def vjp(self, g: Any, out: Any, *inputs: Any) -> tuple[Any, ...]:
        if type(g) is SparseGrad and not self._is_apart(g):
            g = densified(g, out)
        return super().vjp(g, out, *inputs)

    def _is_apart(self, g: SparseGrad) -> bool:
        """Whether the gradient can be taken as it is: an array for each part, and no single steps are asked for."""
        keys = [key.start for key, _ in g.pieces]
        arrays = all(isinstance(piece, np.ndarray) for _, piece in g.pieces)
        alone = g.dense is None and len({*keys}) == len(keys)
        return alone and arrays and not current_mode().anomaly and not guarding.get()

    def fused_vjp(self, g: Any, out: Any, x: Any, *others: Any) -> tuple[Any, ...]:
        n = len(self.cell.state_sizes)
        steps, batch, _ = x.shape
        outside, *last = self._gradients(g, steps, batch)
        reached = self.program.reached  # inputs that a step does not use have no gradient, as step by step
        starts: list[Any]
        dx, starts, parameters = self.program.backward(
            self._in_order(x),
            self.saved[1],
            others[n:],
            outside,
            last,
            self._rows(steps),
            self.want_x and "x" in reached,
        )
        if dx is not None and self.backwards:
            dx = dx[::-1]
        if self.frozen is None:  # or else a state may stay
            starts = [g if name in reached else None for name, g in zip(self.cell.state_names, starts, strict=True)]
        fixed: list[Any] = [None] * (len(others) - n - len(self.program.fixed))  # the mask of recurrent dropout
        fixed += [*parameters, *[None] * (len(self.program.fixed) - len(parameters))]
        return (dx, *starts, *fixed)

    def _in_order(self, x: Array) -> Array:
        """The input in the order of the loop."""
        return np.ascontiguousarray(x[::-1] if self.backwards else x)

    def _rows(self, steps: int) -> list[Any]:
        return [None] * steps if self.frozen is None else self.frozen

    def _parts(self, steps: int, batch: int) -> list[Part]:
        """What takes the result apart: into the first state over time (T, B, H), and the others after the last step."""
        H, *others = self.cell.state_sizes
        shapes = [(steps, batch, H), *[(batch, size) for size in others]] if others else []
        ends = [*itertools.accumulate(map(math.prod, shapes))]
        return [Part(*part) for part in zip([0, *ends], ends, shapes)]  # noqa: B905

    def parts(self, everything: Any, steps: int, batch: int) -> list[Any]:
        """The result, or its gradient, taken apart."""
        return [part(everything) for part in self._parts(steps, batch)] or [everything]

    def _gradients(self, g: Any, steps: int, batch: int) -> list[Any]:
        """The gradient of the result taken apart; None for a state of which there is none."""
        if type(g) is not SparseGrad:
            return self.parts(g, steps, batch)
        pieces = {key.start: piece for key, piece in g.pieces}
        over_time, *last = self._parts(steps, batch)
        first = pieces[0].reshape(over_time.shape) if 0 in pieces else np.zeros(over_time.shape, self.cell.dtype)
        return [first, *[pieces[part.start].reshape(part.shape) if part.start in pieces else None for part in last]]

    # --- the steps ---------------------------------------------------------------------------------------------------

    def gradients_of_outputs(self, g: Any, own: Sequence[Any]) -> list[Any]:
        """Those of the states over time, in the order of x, and of the other states after the last step."""
        steps, batch, _ = own[0].shape
        over_time, *last = self.parts(g, steps, batch)
        return [flip(over_time, axis=0) if self.backwards else over_time, *last]

    def _refuse_other_parameters(self) -> None:
        """The steps would read another tensor, and the one that the program read would get no gradient."""
        held = {*self.cell.parameters(), *(t for m in self.cell.modules() for t in vars(m).values())}
        for t in self.program.fixed:
            if t not in held:
                raise StaleGraphError(
                    f"{t.summary} of {type(self.cell).__name__} was replaced by another tensor after the call. "
                    "try: cell.W.assign(array) instead of cell.W = Parameter(array), or backward() before it"
                )

    def outputs_again(self, *own: Tensor) -> list[Tensor]:
        """The parts of the result by single steps, recorded in the scope and under the line of the first time."""
        for t, name in zip(own, ("x", *self.cell.state_names), strict=False):
            t.named(name)
        assert self.scope is not None and self.scope.parent is not None
        outer = self.scope.parent
        if outer is TOP:  # it has no line: a new top scope, with the line of the layer's caller
            outer = scope(TOP.label)
            outer.code, outer.lasti = self.scope.code, self.scope.lasti
        with context_kept():
            current.set((outer, Mode(grad=True)))
            out, _, *others = self.replay(*own)
        return [out, *others]

    def replay(self, *inputs: Any) -> list[Any]:
        self._refuse_other_parameters()
        n = len(self.cell.state_sizes)
        steps = len(inputs[0])
        step = step_of(self.cell, inputs[1 + n] if self.masked else None, self.frozen)
        times = range(steps)[::-1] if self.backwards else None
        with in_mode(self.cell, self.program.modes):  # those of the call: they may have been switched since
            out, last = unroll(step, inputs[0], inputs[1 : 1 + n], times)
        return [out, *last]


def fused(
    cell: Cell, program: Compiled, x: Any, state: Sequence[Any], recurrent_mask: Any, frozen: list[Any] | None,
    backwards: bool,
) -> tuple[Any, tuple[Any, ...]]:  # fmt: skip
    """The same as `unroll`: the outputs (T, B, H), and the states after the last step."""
    inputs = [x, *state, *([] if recurrent_mask is None else [recurrent_mask]), *program.fixed]
    mode = current_mode()
    saving = mode.grad and any(t.requires_grad for t in inputs)
    op = Unrolled(cell, program, frozen, backwards, recurrent_mask is not None, saving, x.requires_grad)
    op.closed = program.fixed
    with scope(type(cell).__name__) as op.scope:
        y = apply(op, *inputs)
        first, *others = op.parts(y, len(x), x.shape[1])
        first = flip(first, axis=0) if backwards else first
        last = first[0 if backwards else -1].named(cell.state_names[0])  # (B, H)
        out = reshape(first, first.shape)  # its own tensor: see FusedOp.results
    if saving or mode.everything:
        op.stands_for([out, last, *others])
    return out, (last, *others)
