"""A cell over time: one loop, whatever the cell."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.ops import stack, where
from ..core.support.arrays import Array
from ..core.support.scopes import scope
from ..core.tensor import Tensor
from .cell import Cell

__all__ = ["over_time"]


def over_time(
    cell: Cell,
    x: Any,
    state: tuple[Any, ...],
    counts: Array | None,
    seen: Any,
    backwards: bool = False,
    past_end: str = "zero",
    want_befores: bool = False,
) -> tuple[Any, tuple[Any, ...], Any]:
    """A cell over x (T, B, I): the outputs (T, B, H), the last states (B, ·), and if wanted the h before every step.

    `counts` (T, B) says which steps count, None that all do; `seen` (B, H) is a mask for h in the matrix products.
    A step that counts for no sequence is left out; where that is every step, one is taken all the same, so that every
    gradient is 0 and none is missing.
    """
    steps = len(x)
    order = range(steps)[::-1] if backwards else range(steps)
    taken: Any = None  # (T,)
    if counts is not None:
        taken = counts.any(axis=1) if counts.any() else np.arange(steps) == order[0]
    nothing = None if counts is None else Tensor(np.zeros(state[0].shape, x.dtype), copy=False)
    outputs: list[Any] = [nothing] * steps
    befores: list[Any] = [None] * steps
    past = nothing  # the output of the step before
    for t in order:
        befores[t] = state[0]
        if counts is not None and not taken[t]:
            outputs[t] = past
            continue
        with scope("step", t + 1):
            with scope("input", role="input"):
                x_t = x[t].named("x")  # (B, I)
            new = cell.step(x_t, *state) if seen is None else cell.step(x_t, *state, seen=state[0] * seen)
            if counts is None or counts[t].all():
                state, outputs[t] = new, new[0]
            else:
                counted = counts[t][:, None]  # (B, 1)
                state = tuple(where(counted, s, old).named(s.name) for s, old in zip(new, state, strict=True))
                outputs[t] = where(counted, new[0], past)
        if past_end == "repeat":
            past = outputs[t]
    out = stack(outputs, axis=0)  # (T, B, H)
    return out, state, stack(befores, axis=0) if want_befores else None
