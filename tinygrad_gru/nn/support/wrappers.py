"""Wrappers of a step and of the loop: recurrent dropout, frozen rows of padding, and the previous states.

The loop itself (unroll.py) knows of none of it, and neither does a cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from ...core.ops import concat, expand_dims, where
from ...core.support.arrays import Array
from ...core.support.modes import record
from ...core.support.scopes import current_mode
from ...core.tensor import Tensor
from ..cell_base import Cell

__all__ = ["frozen_rows", "outputs_that_count", "states_before", "step_of"]

Step = Callable[..., tuple[Any, ...]]


def step_of(cell: Cell, recurrent_mask: Any, frozen: Sequence[Any] | None) -> Step:
    """The step of a cell, checked once, with recurrent dropout if there is a mask, and with rows that stay."""
    step = checked_once(cell, cell.step if recurrent_mask is None else cell.masked_step(recurrent_mask))
    return step if frozen is None else freezing(step, frozen)


def checked_once(cell: Cell, step: Step) -> Step:
    """The step, of which the first result is checked; the layer checks the last: to check them all costs 1 %.

    The first step of what is learned is recorded whole. Its [h₀, x₁] needs no gradient where both are plain numbers,
    but a picture or an equation that is read off the graph would call it a constant otherwise. In these, states that
    the step left without a name have those of the cell.
    """
    first = True

    def checked_step(x: Any, *state: Any) -> tuple[Any, ...]:
        nonlocal first
        with record() if first and _is_learned(cell) else nullcontext():
            after = step(x, *state)
        if first or type(after) is not tuple:
            cell.checked_result(after, state)
        first = False
        for s, name in zip(after, cell.state_names):  # noqa: B905  # the check of the last step tells how many
            if isinstance(s, Tensor) and s.op is not None and not s.name:
                s.named(name)
        return after

    return checked_step


def _is_learned(cell: Cell) -> bool:
    mode = current_mode()
    return mode.grad and mode.tracer is None and any(p.requires_grad for p in cell.parameters())


def freezing(step: Step, frozen: Sequence[Any]) -> Step:
    """The step where the states of some rows of the batch stay as they were: (B, 1) for each step, None for no row.

    A step that all rows sit out is left out; unless they sit out every one, so that each gradient is 0 and none is
    missing.
    """
    idle = all(rows is not None and rows.all() for rows in frozen)
    remaining = iter(frozen)

    def freezing_step(x: Any, *state: Any) -> tuple[Any, ...]:
        rows = next(remaining)
        if rows is None:
            return step(x, *state)
        if rows.all() and not idle:
            return state
        after = step(x, *state)
        padded = Tensor(rows, name="padded")
        return tuple(where(padded, old, s).named(s.name) for old, s in zip(state, after, strict=True))

    return freezing_step


def frozen_rows(valid: Array | None, backwards: bool) -> list[Any] | None:
    """Which rows (B, 1) are frozen at each step, in the order of the loop, where (T, B) are valid; None for no row."""
    if valid is None:
        return None
    rows = [None if row.all() else ~row[:, None] for row in valid]
    return rows[::-1] if backwards else rows


def outputs_that_count(states: Any, valid: Array | None, backwards: bool, past_end: str) -> Any:
    """The outputs (T, B, H) of the states at all times: 0 where a step is not valid, or there the output before."""
    if valid is None:
        return states
    shown = valid
    if past_end == "repeat":  # a frozen state is the output before; only ahead of the first valid step there is none
        shown = np.logical_or.accumulate(valid[::-1] if backwards else valid, axis=0)
        shown = shown[::-1] if backwards else shown
    return where(Tensor(shown[:, :, None], name="valid"), states, 0.0)


def states_before(start: Any, states: Any, backwards: bool) -> Any:
    """The state before every step (T, B, H), of the one before all (B, H) and those after each."""
    first = expand_dims(start, axis=0)  # (1, B, H)
    return concat([states[1:], first] if backwards else [first, states[:-1]], axis=0)
