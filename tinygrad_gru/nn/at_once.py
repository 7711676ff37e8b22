"""A cell over time by its compiled program: one node of the graph instead of all its steps.

The same results as `over_time`, which the node replays for whoever wants to see the inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compiler.caching import Compiled
from ..core.op import apply
from ..core.ops import concat, expand_dims, flip, reshape, where
from ..core.support.arrays import Array
from ..core.support.scopes import current_mode, scope
from ..core.tools.fused import FusedOp
from .cell import Cell
from .over_time import over_time

__all__ = ["at_once"]


class OverTime(FusedOp):
    """The first state of a cell after every step (T, B, H), and behind it, in one row, the others after the last.

    Its inputs are x (T, B, I), the states to start from, the mask of recurrent dropout if there is one, and the
    parameters. The derivative is the backward half of the program.
    """

    symbol = "over time"

    def __init__(
        self, cell: Cell, program: Compiled, counts: Array | None, options: dict[str, Any], saving: bool
    ) -> None:
        super().__init__()
        self.cell = cell
        self.program = program
        self.counts = counts
        self.options = options  # of over_time
        self.saving = saving
        self.want_x = True
        self.kept: Any = None  # what the forward half left for the backward half

    def __del__(self) -> None:
        if self.kept is not None:
            self.program.code.pool.give_back(self.kept[0])

    @property
    def backwards(self) -> bool:
        """Whether the steps are taken from last to first."""
        return bool(self.options["backwards"])

    def stays(self, steps: int) -> list[Any]:
        """Which rows (B, 1) stay as they are at each step, None where none does."""
        if self.counts is None:
            return [None] * steps
        found = [None if row.all() else ~row[:, None] for row in self.counts]
        return found[::-1] if self.backwards else found

    def forward(self, x: Array, *others: Array) -> Array:
        n = len(self.cell.state_sizes)
        states, fixed = others[:n], others[n:]
        steps, batch, _ = x.shape
        sizes = [batch * size for size in self.cell.state_sizes]
        everything = np.empty((steps + 1) * sizes[0] + sum(sizes[1:]), x.dtype)
        every = everything[: (steps + 1) * sizes[0]].reshape(steps + 1, batch, self.cell.state_sizes[0])
        x = np.ascontiguousarray(x[::-1] if self.backwards else x)
        last, kept = self.program.forward(x, every, states, fixed, self.stays(steps), self.saving)
        if kept is not None:
            self.kept = kept
        if n == 1:
            return every[:0:-1] if self.backwards else every[1:]
        np.concatenate([s.reshape(-1) for s in last], out=everything[(steps + 1) * sizes[0] :])
        return everything

    def fused_vjp(self, g: Array, out: Array, x: Array, *others: Array) -> tuple[Any, ...]:
        n = len(self.cell.state_sizes)
        steps, batch, _ = x.shape
        x = np.ascontiguousarray(x[::-1] if self.backwards else x)
        last: list[Array] = []
        if n == 1:
            outside = g[::-1] if self.backwards else g
        else:
            first, *others_sizes = self.cell.state_sizes
            at = (steps + 1) * batch * first
            outside = g[batch * first : at].reshape(steps, batch, first)
            for size in others_sizes:
                last.append(g[at : at + batch * size].reshape(batch, size))
                at += batch * size
        reached = self.program.reached  # what a step makes nothing of has no gradient, as step by step
        starts: list[Any]
        dx, starts, parameters = self.program.backward(
            x, self.kept[1], others[n:], outside, last, self.stays(steps), self.want_x and "x" in reached
        )
        if dx is not None and self.backwards:
            dx = dx[::-1]
        if self.counts is None:  # or else a state may stay
            starts = [g if name in reached else None for name, g in zip(self.cell.state_names, starts, strict=True)]
        fixed: list[Any] = [None] * (len(others) - n - len(self.program.fixed))  # the mask of recurrent dropout
        fixed += [*parameters, *[None] * (len(self.program.fixed) - len(parameters))]
        return (dx, *starts, *fixed)

    def replay(self, *inputs: Any) -> list[Any]:
        n = len(self.cell.state_sizes)
        seen = inputs[1 + n] if len(inputs) > 1 + n + len(self.program.fixed) else None
        out, last, befores = over_time(self.cell, inputs[0], inputs[1 : 1 + n], self.counts, seen, **self.options)
        return [out, *last, *([befores] if befores is not None else [])]


def at_once(
    cell: Cell, program: Compiled, x: Any, state: Sequence[Any], counts: Array | None, seen: Any, **options: Any
) -> tuple[Any, tuple[Any, ...], Any]:
    """What `over_time` returns."""
    steps, batch, _ = x.shape
    inputs = [x, *state, *([] if seen is None else [seen]), *program.fixed]
    mode = current_mode()
    saving = mode.grad and any(t.requires_grad for t in inputs)
    op = OverTime(cell, program, counts, options, saving)
    op.want_x = x.requires_grad
    op.closed = program.fixed
    with scope(type(cell).__name__) as op.place:
        y = apply(op, *inputs)
        first: Any = y
        last: tuple[Any, ...] = ()
        size = cell.state_sizes[0]
        backwards = options["backwards"]
        if len(state) > 1:
            at = (steps + 1) * batch * size
            first = reshape(y[batch * size : at], (steps, batch, size))  # (T, B, H)
            first = flip(first, axis=0) if backwards else first
            for other in cell.state_sizes[1:]:
                last += (reshape(y[at : at + batch * other], (batch, other)),)  # (B, S)
                at += batch * other
        last = (first[0 if backwards else steps - 1].named(cell.state_names[0]), *last)  # (B, H) each
        befores = None
        if options["want_befores"]:
            start = expand_dims(state[0], axis=0)  # (1, B, H)
            befores = concat([first[1:], start] if backwards else [start, first[:-1]], axis=0)  # (T, B, H)
        out = first if counts is not None else reshape(first, first.shape)  # its own tensor: see FusedOp.results
        if counts is not None:
            shown = counts
            if options["past_end"] == "repeat":  # the state stays where steps do not count: so does the output
                order = counts[::-1] if backwards else counts
                shown = np.logical_or.accumulate(order, axis=0)
                shown = shown[::-1] if backwards else shown
            out = where(shown[:, :, None], first, 0.0)
    if op.saving or mode.everything:
        op.stands_for([out, *last, *([] if befores is None else [befores])])
    return out, last, befores
