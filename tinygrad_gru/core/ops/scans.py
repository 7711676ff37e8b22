"""Cumulative sums, products and extremes along one axis, and differences."""

import numpy as np

from ..op import apply
from ..support import arguments
from ..support.arrays import checked_dtype
from ..support.functions import documented_by
from ..support.operands import value_of
from ..support.sums import in_float64
from .arithmetic import subtract
from .bases import AlongAxis
from .indexing import getitem, take_along_axis
from .joining import concat, stack
from .shapes import flip, moveaxis

__all__ = ["cumulative_max", "cumulative_min", "cumulative_prod", "cumulative_sum", "diff"]


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


def cumulative_max(x, axis: int = -1):
    """outₖ = the largest of x₁ … xₖ along `axis`;  each gradient goes to the element taken, of equal ones the last.

    From the first NaN on it is NaN.

    >>> tg.cumulative_max([1.0, 3.0, 2.0]).tolist()
    [1.0, 3.0, 3.0]
    """
    return furthest(np.maximum, "cumulative_max", x, axis)


def cumulative_min(x, axis: int = -1):
    """outₖ = the smallest of x₁ … xₖ along `axis`;  each gradient goes to the element taken, of equal ones the last.

    From the first NaN on it is NaN.

    >>> tg.cumulative_min([2.0, 1.0, 3.0]).tolist()
    [2.0, 1.0, 1.0]
    """
    return furthest(np.minimum, "cumulative_min", x, axis)


def furthest(choice, name: str, x, axis: int):
    """The elements of x at which `choice`, np.maximum or np.minimum, has arrived, at each place along the axis."""
    array = checked_dtype(value_of(x))
    axis = arguments.axis_of(name, axis, array.shape)
    taken = (array == choice.accumulate(array, axis)) | (array != array)
    places = np.arange(array.shape[axis]).reshape([-1 if i == axis % array.ndim else 1 for i in range(array.ndim)])
    return take_along_axis(x, np.maximum.accumulate(np.where(taken, places, 0), axis), axis)


def diff(x, n: int = 1, axis: int = -1):
    """outₖ = xₖ₊₁ − xₖ along `axis`, n times over;  each gradient goes to xₖ₊₁, and its opposite to xₖ.

    >>> tg.diff([1.0, 4.0, 9.0]).tolist()
    [3.0, 5.0]
    """
    shape = value_of(x).shape
    axis = arguments.axis_of("diff", axis, shape)
    before = (slice(None),) * (axis % len(shape))
    for _ in range(min(arguments.integer("diff: n", n, 0), shape[axis])):
        x = subtract(getitem(x, (*before, slice(1, None))), getitem(x, (*before, slice(None, -1))))
    return x
