"""Many numbers into fewer: sums, means, extremes, and the softmax family.

`axis` is None (all axes), one axis, or a tuple of them; negative axes count from the end.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...errors import ArgumentError, ShapeError
from ..op import Op, apply
from ..support import arguments
from ..support.arguments import brief, number
from ..support.arrays import checked_dtype
from ..support.operands import value_of
from ..support.sums import accurate_sum
from .arithmetic import where
from .elementary import exp
from .joining import concat
from .scans import cumulative_prod, in_float64
from .shapes import broadcast_to, flip, permute_dims, reshape

__all__ = ["log_softmax", "logsumexp", "max", "mean", "min", "prod", "softmax", "std", "sum", "var", "vector_norm"]

Axis = int | tuple[int, ...] | None


class Reduction(Op):
    """Base of the operations that reduce axes."""

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
        self.axis = arguments.axes(self, axis)
        self.keepdims = keepdims if type(keepdims) is bool else arguments.flag(f"{self.name}: keepdims", keepdims)

    def axes(self, ndim: int) -> tuple[int, ...]:
        """The reduced axes, counted from the front."""
        if self.axis is None or ndim == 0:
            return tuple(range(ndim))
        return tuple(a % ndim for a in (self.axis if isinstance(self.axis, tuple) else (self.axis,)))

    def kept(self, y: Any, x: Any) -> Any:
        """`y`, a result or its gradient, with the reduced axes of x put back as size 1, ready to broadcast."""
        if self.keepdims:
            return y
        axes = self.axes(x.ndim)
        return reshape(y, tuple(1 if i in axes else n for i, n in enumerate(x.shape)))

    def count(self, x: Any) -> int:
        """How many elements of x make one of the result."""
        return math.prod(x.shape[a] for a in self.axes(x.ndim))

    def explain(self, *arrays: Any) -> str:
        ndim = arrays[0].ndim
        axes = () if self.axis is None else self.axis if isinstance(self.axis, tuple) else (self.axis,)
        if len({a % ndim for a in axes if -ndim <= a < ndim}) < len(axes):
            return f"axis {self.axis} is not an axis of"
        return "wants at least one element, got"


class Sum(Reduction):
    """y = Σ x;  ∂y/∂x = 1."""

    symbol = "Σ"

    def forward(self, x):
        return accurate_sum(x, self.axis, self.keepdims)

    def vjp(self, g, y, x):
        return broadcast_to(self.kept(g, x), x.shape)


class Mean(Reduction):
    """y = Σ x / n;  ∂y/∂x = 1/n."""

    symbol = "mean"

    def forward(self, x):
        if self.count(x) == 0:
            raise ValueError("the mean of nothing")
        return _average(x, self.axis, self.keepdims, self.count(x))

    def vjp(self, g, y, x):
        return broadcast_to(self.kept(g, x) / self.count(x), x.shape)


class Var(Reduction):
    """y = Σ (x − x̄)² / (n − correction);  ∂y/∂x = 2(x − x̄)/(n − correction)."""

    symbol = "var"

    def __init__(self, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> None:
        super().__init__(axis, keepdims)
        self.correction = correction

    def forward(self, x):
        divisor = self.divisor(x)  # raises where there is none
        x = _floats(x)
        deviations = x - _average(x, self.axis, True, self.count(x))
        return accurate_sum(np.square(deviations), self.axis, self.keepdims) / divisor

    def vjp(self, g, y, x):
        return self.kept(g, x) * (x - mean(x, self.axis, keepdims=True)) * (2 / self.divisor(x))

    def divisor(self, x: Any) -> float:
        """n − correction."""
        n = self.count(x)
        if n <= self.correction:
            raise ShapeError(f"{self.name}: wants more than {self.correction} elements, got {n} along axis {self.axis}")
        return n - self.correction


class Std(Var):
    """y = √var;  ∂y/∂x = (x − x̄)/((n − correction)·y), and the subgradient 0 where y = 0, to every order."""

    symbol = "std"

    def forward(self, x):
        x = _floats(x)
        _, exponent = np.frexp(np.max(np.abs(x), axis=self.axis, keepdims=True, initial=0))
        variance = super().forward(np.ldexp(x, -exponent))  # of numbers below 1: squares neither overflow nor vanish
        return np.ldexp(np.sqrt(variance), exponent if self.keepdims else exponent.reshape(np.shape(variance)))

    def vjp(self, g, y, x):
        slope = (x - mean(x, self.axis, keepdims=True)) / self.kept(where(y == 0, 1.0, y), x)  # g/y could overflow
        return self.kept(where(y == 0, 0.0, g), x) * slope * (1 / self.divisor(x))


class Prod(Reduction):
    """y = Π x;  ∂y/∂xᵢ = the product of all the others, which is right at zeros too.

    The others are those before times those after: two cumulative products.
    """

    symbol = "Π"

    def forward(self, x):
        return in_float64(np.prod, x, axis=self.axis, keepdims=self.keepdims)

    def vjp(self, g, y, x):
        axes = self.axes(x.ndim)
        order = tuple(i for i in range(x.ndim) if i not in axes) + axes
        moved = permute_dims(x, order)  # the reduced axes last
        flat = reshape(moved, (*moved.shape[: x.ndim - len(axes)], -1) if x.size else (0, 1))  # (..., n)
        ones = np.ones((*flat.shape[:-1], 1), value_of(x).dtype)
        before = cumulative_prod(concat([ones, flat[..., :-1]], axis=-1), axis=-1)
        after = flip(cumulative_prod(concat([ones, flip(flat, axis=-1)[..., :-1]], axis=-1), axis=-1), axis=-1)
        others = permute_dims(reshape(before * after, moved.shape), tuple(np.argsort(order)))
        return self.kept(g, x) * others


class Max(Reduction):
    """y = the largest x;  the gradient goes to it, in even shares where several tie."""

    symbol = "max"
    masks_gradient = True

    def forward(self, x):
        return np.max(x, axis=self.axis, keepdims=self.keepdims)

    def vjp(self, g, y, x):
        chosen = value_of(x) == value_of(self.kept(y, x))
        with np.errstate(invalid="ignore"):  # beside a NaN none is the largest: the gradient is NaN for all
            share = chosen / np.add.reduce(chosen, axis=self.axis, keepdims=True)
        return where(share == 0, 0.0, self.kept(g, x)) * share.astype(value_of(x).dtype)  # 0 also for an infinite g


class Min(Max):
    """y = the smallest x;  the gradient goes to it, in even shares where several tie."""

    symbol = "min"

    def forward(self, x):
        return np.min(x, axis=self.axis, keepdims=self.keepdims)


class Logsumexp(Reduction):
    """y = ln Σ eˣ, computed as m + ln Σ eˣ⁻ᵐ with m = max x;  ∂y/∂x = eˣ⁻ʸ = softmax(x).

    Where nothing but −∞ is added, y is −∞ and the gradient 0; for an x of +∞ it is NaN, and 0 for those beside it.
    """

    symbol = "logsumexp"

    def forward(self, x):
        x = _floats(x)
        m = np.max(x, axis=self.axis, keepdims=True, initial=-np.inf)
        m = np.where(np.isfinite(m), m, 0.0)
        with np.errstate(divide="ignore"):  # the logarithm of a sum of nothing is −∞, and that is the answer
            y = m + np.log(accurate_sum(np.exp(x - m), self.axis, keepdims=True))
        return y if self.keepdims else np.squeeze(y, axis=self.axes(x.ndim))

    def vjp(self, g, y, x):
        with np.errstate(invalid="ignore"):  # ∞ − ∞, see above
            shifted = x - self.kept(where(y == -np.inf, 0.0, y), x)
        return self.kept(g, x) * exp(shifted)


class Softmax(Reduction):
    """y = eˣ / Σ eˣ;  gradient y ⊙ (g − Σ g ⊙ y)."""

    symbol = "softmax"

    def forward(self, x):
        x = _floats(x)
        e = np.exp(_below_the_largest(x, self.axis))
        e /= accurate_sum(e, self.axis, keepdims=True)
        return e

    def vjp(self, g, y, x):
        return y * (g - sum(g * y, self.axis, keepdims=True))


class LogSoftmax(Reduction):
    """y = x − ln Σ eˣ;  gradient g − eʸ ⊙ Σ g."""

    symbol = "log softmax"

    def forward(self, x):
        x = _floats(x)
        shifted = _below_the_largest(x, self.axis)
        return shifted - np.log(accurate_sum(np.exp(shifted), self.axis, keepdims=True))

    def vjp(self, g, y, x):
        return g - exp(y) * sum(g, self.axis, keepdims=True)


class VectorNorm(Reduction):
    """y = √Σ x²;  ∂y/∂x = x/y, and the subgradient 0 where y = 0, to every order."""

    symbol = "‖·‖"

    def forward(self, x):
        largest = np.max(np.abs(x), axis=self.axis, keepdims=True, initial=0)
        scale = np.where((largest == 0) | np.isinf(largest), 1.0, largest)  # x² neither overflows nor vanishes
        y = scale * np.sqrt(accurate_sum(np.square(x / scale), self.axis, keepdims=True))
        return y if self.keepdims else np.squeeze(y, axis=self.axes(x.ndim))

    def vjp(self, g, y, x):
        unit = x / self.kept(where(y == 0, 1.0, y), x)  # g/y could overflow
        return self.kept(where(y == 0, 0.0, g), x) * unit


def _floats(x: Any) -> Any:
    """x, or the integers in it as the floats that NumPy would make of them."""
    return x if x.dtype.kind == "f" else checked_dtype(x).astype(np.float64)


def _average(x: Any, axis: Axis, keepdims: bool, count: int) -> Any:
    """The mean of an array, which is finite wherever all of x is."""
    if x.dtype.kind != "f":
        return np.mean(x, axis=axis, keepdims=keepdims)
    with np.errstate(over="ignore", invalid="ignore"):
        total = accurate_sum(x, axis, keepdims)
    if np.isfinite(total).all():
        return total / count
    return np.where(np.isfinite(total), total / count, accurate_sum(x / count, axis, keepdims))


def _below_the_largest(x: Any, axis: Axis) -> Any:
    """x minus the largest along `axis`, from −∞ to 0; NaN where that is infinite, since ∞ − ∞ is."""
    with np.errstate(invalid="ignore"):
        return x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum along `axis`."""
    return apply(Sum(axis, keepdims), x)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean along `axis`."""
    return apply(Mean(axis, keepdims), x)


def var(x: Any, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Any:
    """The variance along `axis`, divided by n − correction."""
    return apply(Var(axis, number("var: correction", correction, "correction=1"), keepdims), x)


def std(x: Any, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Any:
    """The standard deviation along `axis`; gradient 0 where it is 0."""
    return apply(Std(axis, number("std: correction", correction, "correction=1"), keepdims), x)


def prod(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The product along `axis`; its gradient is exact at zeros too."""
    return apply(Prod(axis, keepdims), x)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element along `axis`; ties share the gradient evenly."""
    return apply(Max(axis, keepdims), x)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest element along `axis`; ties share the gradient evenly."""
    return apply(Min(axis, keepdims), x)


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """ln Σ eˣ along `axis`, without overflow."""
    return apply(Logsumexp(axis, keepdims), x)


def softmax(x: Any, axis: Axis = -1) -> Any:
    """eˣ / Σ eˣ along `axis`: positive, adding up to 1."""
    return apply(Softmax(axis, True), x)


def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """The logarithm of softmax, without overflow."""
    return apply(LogSoftmax(axis, True), x)


def vector_norm(x: Any, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Any:
    """The length √Σ x² along `axis`; gradient 0 where it is 0. Only `ord=2`."""
    if type(ord) not in (int, float) or ord != 2:
        raise ArgumentError(
            f"vector_norm: ord must be 2, got {brief(ord)}. try: tg.sum(tg.abs(x)) or tg.max(tg.abs(x))"
        )
    return apply(VectorNorm(axis, keepdims), x)
