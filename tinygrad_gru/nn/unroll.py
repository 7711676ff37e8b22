"""The loop over time, whatever the cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..core.ops import stack
from ..core.support.scopes import scope

__all__ = ["unroll"]


def unroll(
    step: Callable[..., tuple[Any, ...]], x: Any, state: tuple[Any, ...], times: Iterable[int] | None = None
) -> tuple[Any, tuple[Any, ...]]:
    """The outputs and the last state of a step at each time of x (T, B, I), from the state after the previous step.

    `step(x_t, *state)` returns the next states, the first of which is the output. `times` is the order of the steps,
    from first to last unless given.
    """
    outputs = [None] * len(x)
    for t in range(len(x)) if times is None else times:
        with scope("step", t + 1):
            with scope("input", role="input"):
                x_t = x[t].named("x")  # (B, I)
            state = step(x_t, *state)  # (B, H) each
        outputs[t] = state[0]
    return stack(outputs, axis=0), state  # (T, B, H)
