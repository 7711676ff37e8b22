"""Running sums and products along one axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import Op, apply
from ..support import arguments
from ..support.operands import value_of
from .indexing import existing
from .joining import concat, stack
from .shapes import flip, moveaxis

__all__ = ["cumulative_prod", "cumulative_sum"]


class CumulativeSum(Op):
    """yₖ = x₁ + … + xₖ;  ∂L/∂xᵢ = gᵢ + … + gₙ, the running sum from the other end."""

    symbol = "cumsum"

    def __init__(self, axis: int) -> None:
        self.axis = arguments.axis(self, axis)

    def forward(self, x):
        return in_float64(np.cumsum, x, axis=existing(self.axis, x))

    def vjp(self, g, y, x):
        return flip(cumulative_sum(flip(g, axis=self.axis), axis=self.axis), axis=self.axis)

    def explain(self, *arrays: Any) -> str:
        return f"axis {self.axis} is not an axis of"


class CumulativeProd(Op):
    """yₖ = x₁ · … · xₖ;  ∂L/∂xᵢ = (x₁ · … · xᵢ₋₁) · sᵢ with sᵢ = gᵢ + xᵢ₊₁ sᵢ₊₁, which divides by nothing.

    The recurrence is a Python loop over the axis: exact at zeros, and meant for short axes.
    """

    symbol = "cumprod"
    multilinear = True

    def __init__(self, axis: int) -> None:
        self.axis = arguments.axis(self, axis)

    def forward(self, x):
        return in_float64(np.cumprod, x, axis=existing(self.axis, x))

    def vjp(self, g, y, x):
        if value_of(x).size == 0:
            return g
        xs, gs, ys = (moveaxis(a, self.axis, 0) for a in (x, g, y))  # (n, ...)
        s = gs[len(gs) - 1]
        sums = [s]
        for i in reversed(range(len(gs) - 1)):
            s = gs[i] + xs[i + 1] * s
            sums.append(s)
        ones = np.ones((1, *xs.shape[1:]), value_of(x).dtype)
        before = concat([ones, ys[:-1]], axis=0)  # x₁ · … · xᵢ₋₁
        return moveaxis(before * stack(sums[::-1], axis=0), 0, self.axis)

    def explain(self, *arrays: Any) -> str:
        return f"axis {self.axis} is not an axis of"


def in_float64(accumulate: Any, x: Any, **options: Any) -> Any:
    """`accumulate(x, **options)`, of float32 numbers in float64: one after the other, a million of them would drift."""
    if x.dtype != np.float32:
        return accumulate(x, **options)
    return accumulate(x, dtype=np.float64, **options).astype(np.float32)


def cumulative_sum(x: Any, axis: int = -1) -> Any:
    """The running sum along `axis`."""
    return apply(CumulativeSum(axis), x)


def cumulative_prod(x: Any, axis: int = -1) -> Any:
    """The running product along `axis`; its gradient is exact at zeros too."""
    return apply(CumulativeProd(axis), x)
