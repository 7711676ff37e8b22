"""Cumulative sums and products along one axis."""

import numpy as np

from ..op import apply
from ..support.functions import documented_by
from ..support.operands import value_of
from ..support.sums import in_float64
from .bases import AlongAxis
from .joining import concat, stack
from .shapes import flip, moveaxis

__all__ = ["cumulative_prod", "cumulative_sum"]


class CumulativeSum(AlongAxis):
    """outₖ = x₁ + … + xₖ along `axis`;  ∂L/∂xᵢ = gᵢ + … + gₙ, the running sum from the other end.

    >>> tg.cumulative_sum([1.0, 2.0, 3.0]).tolist()
    [1.0, 3.0, 6.0]
    """

    symbol = "cumsum"

    def forward(self, x):
        return running(np.cumsum, x, self.axis)

    def vjp(self, g, out, x):
        return flip(self(flip(g, axis=self.axis)), axis=self.axis)


@documented_by(CumulativeSum)
def cumulative_sum(x, axis: int = -1):
    return apply(CumulativeSum(axis), x)


class CumulativeProd(AlongAxis):
    """outₖ = x₁ · … · xₖ along `axis`;  ∂L/∂xᵢ = (x₁ · … · xᵢ₋₁) · sᵢ with sᵢ = gᵢ + xᵢ₊₁ sᵢ₊₁.

    It divides by nothing, so that it is exact at zeros too. The recurrence is a Python loop, meant for short axes.

    >>> tg.cumulative_prod([1.0, 2.0, 3.0]).tolist()
    [1.0, 2.0, 6.0]
    """

    symbol = "cumprod"
    multilinear = True

    def forward(self, x):
        return running(np.cumprod, x, self.axis)

    def vjp(self, g, out, x):
        if value_of(x).size == 0:
            return g
        xs, gs, products = (moveaxis(a, self.axis, 0) for a in (x, g, out))  # (n, ...)
        s = gs[len(gs) - 1]
        sums = [s]
        for i in reversed(range(len(gs) - 1)):
            s = gs[i] + xs[i + 1] * s
            sums.append(s)
        ones = np.ones((1, *xs.shape[1:]), value_of(x).dtype)
        before = concat([ones, products[:-1]], axis=0)  # x₁ · … · xᵢ₋₁
        return moveaxis(before * stack(sums[::-1], axis=0), 0, self.axis)


@documented_by(CumulativeProd)
def cumulative_prod(x, axis: int = -1):
    return apply(CumulativeProd(axis), x)


def running(accumulate, x, axis: int):
    """`accumulate` along an axis that x has: NumPy would make one for a single number."""
    if x.ndim == 0:
        raise ValueError("no axes")
    return in_float64(accumulate, x, axis=axis)
