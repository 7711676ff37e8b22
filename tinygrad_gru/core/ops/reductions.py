"""Reductions: sums, means, extremes, and the softmax family.

`axis` is None (all axes), one axis, or a tuple of them; negative axes count from the end.
"""

import math
from typing import Any

import numpy as np

from ...errors import ArgumentError, ShapeError
from ..op import apply
from ..support import arguments
from ..support.arguments import number
from ..support.arrays import as_floats
from ..support.functions import documented_by
from ..support.operands import value_of
from ..support.sums import accurate_mean, accurate_sum, in_float64
from .arithmetic import abs, sign, where
from .bases import AlongAxis
from .elementary import exp
from .joining import concat
from .scans import cumulative_prod
from .shapes import broadcast_to, flip, permute_dims, reshape

__all__ = ["log_softmax", "logsumexp", "max", "mean", "min", "prod", "softmax", "std", "sum", "var", "vector_norm"]

Axis = int | tuple[int, ...] | None


class Reduction(AlongAxis):
    """Base of the operations that reduce axes."""

    def __init__(self, axis: Axis = None, keepdims: bool = False):
        self.axis = arguments.axes(self, axis)
        self.keepdims = keepdims if type(keepdims) is bool else arguments.flag(f"{self.name}: keepdims", keepdims)

    def axes(self, ndim: int) -> tuple[int, ...]:
        """The reduced axes, counted from the front."""
        if self.axis is None or ndim == 0:
            return tuple(range(ndim))
        return tuple(a % ndim for a in (self.axis if isinstance(self.axis, tuple) else (self.axis,)))

    def unsqueeze(self, out, x) -> Any:
        """`out`, a result or its gradient, with the reduced axes of x put back as size 1, ready to broadcast."""
        if self.keepdims:
            return out
        axes = self.axes(x.ndim)
        return out.reshape(tuple(1 if i in axes else n for i, n in enumerate(x.shape)))

    def count(self, x) -> int:
        """The number of elements of x per element of the result."""
        return math.prod(x.shape[a] for a in self.axes(x.ndim))

    def explain(self, *arrays):
        ndim = arrays[0].ndim
        axes = () if self.axis is None else self.axis if isinstance(self.axis, tuple) else (self.axis,)
        if len({a % ndim for a in axes if -ndim <= a < ndim}) < len(axes):
            return super().explain(*arrays)
        return "wants at least one element, got"


class Sum(Reduction):
    """out = Σ x along `axis`;  ∂out/∂x = 1.

    >>> tg.sum([[1.0, 2.0], [3.0, 4.0]], axis=0).tolist()
    [4.0, 6.0]
    """

    symbol = "Σ"

    def forward(self, x):
        return accurate_sum(x, self.axis, self.keepdims)

    def vjp(self, g, out, x):
        return broadcast_to(self.unsqueeze(g, x), x.shape)


@documented_by(Sum)
def sum(x, axis: Axis = None, keepdims: bool = False):
    return apply(Sum(axis, keepdims), x)


class Mean(Reduction):
    """out = Σ x / n along `axis`;  ∂out/∂x = 1/n.

    >>> tg.mean([[1.0, 2.0], [3.0, 4.0]], axis=0).tolist()
    [2.0, 3.0]
    """

    symbol = "mean"

    def forward(self, x):
        if self.count(x) == 0:
            raise ValueError("the mean of nothing")
        return accurate_mean(x, self.axis, self.keepdims, self.count(x))

    def vjp(self, g, out, x):
        return broadcast_to(self.unsqueeze(g, x) / self.count(x), x.shape)


@documented_by(Mean)
def mean(x, axis: Axis = None, keepdims: bool = False):
    return apply(Mean(axis, keepdims), x)


class Var(Reduction):
    """out = Σ (x − x̄)² / (n − correction) along `axis`;  ∂out/∂x = 2(x − x̄)/(n − correction).

    >>> tg.var([1.0, 3.0, 5.0], correction=1).tolist()
    4.0
    """

    symbol = "var"

    def __init__(self, axis: Axis = None, correction: float = 0, keepdims: bool = False):
        super().__init__(axis, keepdims)
        self.correction = number(f"{self.name}: correction", correction, "correction=1")

    def forward(self, x):
        divisor = self.divisor(x)  # raises where there is none
        x = as_floats(x)
        deviations = x - accurate_mean(x, self.axis, True, self.count(x))
        return accurate_sum(np.square(deviations), self.axis, self.keepdims) / divisor

    def vjp(self, g, out, x):
        return self.unsqueeze(g, x) * (x - mean(x, self.axis, keepdims=True)) * (2 / self.divisor(x))

    def divisor(self, x):
        """n − correction."""
        n = self.count(x)
        if n <= self.correction:
            raise ShapeError(f"{self.name}: wants more than {self.correction} elements, got {n} along axis {self.axis}")
        return n - self.correction


@documented_by(Var)
def var(x, axis: Axis = None, correction: float = 0, keepdims: bool = False):
    return apply(Var(axis, correction, keepdims), x)


class Std(Var):
    """out = √var;  ∂out/∂x = (x − x̄)/((n − correction)·out), and the subgradient 0 where out = 0, to every order.

    >>> tg.std([1.0, 3.0, 5.0], correction=1).tolist()
    2.0
    """

    symbol = "std"

    def forward(self, x):
        x = as_floats(x)
        _, exponent = np.frexp(np.max(np.abs(x), axis=self.axis, keepdims=True, initial=0))
        variance = super().forward(np.ldexp(x, -exponent))  # of numbers below 1: squares neither overflow nor vanish
        return np.ldexp(np.sqrt(variance), exponent if self.keepdims else exponent.reshape(np.shape(variance)))

    def vjp(self, g, out, x):
        divisor = self.unsqueeze(where(out == 0, 1.0, out), x)  # g/out could overflow
        slope = (x - mean(x, self.axis, keepdims=True)) / divisor
        return self.unsqueeze(where(out == 0, 0.0, g), x) * slope * (1 / self.divisor(x))


@documented_by(Std)
def std(x, axis: Axis = None, correction: float = 0, keepdims: bool = False):
    return apply(Std(axis, correction, keepdims), x)


class Prod(Reduction):
    """out = Π x along `axis`;  ∂out/∂xᵢ = the product of all the others, which is right at zeros too.

    The others are those before times those after: two cumulative products.

    >>> tg.prod([2.0, 3.0, 4.0]).tolist()
    24.0
    """

    symbol = "Π"

    def forward(self, x):
        return in_float64(np.prod, x, axis=self.axis, keepdims=self.keepdims)

    def vjp(self, g, out, x):
        axes = self.axes(x.ndim)
        order = tuple(i for i in range(x.ndim) if i not in axes) + axes
        moved = permute_dims(x, order)  # the reduced axes last
        flat = reshape(moved, (*moved.shape[: x.ndim - len(axes)], -1) if x.size else (0, 1))  # (..., n)
        ones = np.ones((*flat.shape[:-1], 1), value_of(x).dtype)
        before = cumulative_prod(concat([ones, flat[..., :-1]], axis=-1), axis=-1)
        after = flip(cumulative_prod(concat([ones, flip(flat, axis=-1)[..., :-1]], axis=-1), axis=-1), axis=-1)
        others = permute_dims(reshape(before * after, moved.shape), tuple(np.argsort(order)))
        return self.unsqueeze(g, x) * others


@documented_by(Prod)
def prod(x, axis: Axis = None, keepdims: bool = False):
    return apply(Prod(axis, keepdims), x)


class Max(Reduction):
    """out = the largest x along `axis`;  the gradient goes to it, in even shares where several tie.

    >>> tg.max([[1.0, 5.0], [3.0, 4.0]], axis=0).tolist()
    [3.0, 5.0]
    """

    symbol = "max"
    masks_gradient = True

    def forward(self, x):
        return np.max(x, axis=self.axis, keepdims=self.keepdims)

    def vjp(self, g, out, x):
        chosen = value_of(x) == value_of(self.unsqueeze(out, x))
        with np.errstate(invalid="ignore"):  # beside a NaN none is the largest: the gradient is NaN for all
            share = chosen / np.add.reduce(chosen, axis=self.axis, keepdims=True)
        share = share.astype(value_of(x).dtype)
        return where(share == 0, 0.0, self.unsqueeze(g, x)) * share  # 0 also for an infinite g


@documented_by(Max)
def max(x, axis: Axis = None, keepdims: bool = False):
    return apply(Max(axis, keepdims), x)


class Min(Max):
    """out = the smallest x along `axis`;  the gradient goes to it, in even shares where several tie.

    >>> tg.min([[1.0, 5.0], [3.0, 4.0]], axis=0).tolist()
    [1.0, 4.0]
    """

    symbol = "min"

    def forward(self, x):
        return np.min(x, axis=self.axis, keepdims=self.keepdims)


@documented_by(Min)
def min(x, axis: Axis = None, keepdims: bool = False):
    return apply(Min(axis, keepdims), x)


class Logsumexp(Reduction):
    """out = ln Σ eˣ along `axis`, computed as m + ln Σ eˣ⁻ᵐ with m = max x;  ∂out/∂x = e^(x − out) = softmax(x).

    Where nothing but −∞ is added, out is −∞ and the gradient 0; for an x of +∞ it is NaN, and 0 for those beside it.

    >>> tg.logsumexp([[1000.0, 1000.0]], axis=1).round(4)
    array([1000.6932], dtype=float32)
    """

    symbol = "logsumexp"

    def forward(self, x):
        x = as_floats(x)
        m = np.max(x, axis=self.axis, keepdims=True, initial=-np.inf)
        m = np.where(np.isfinite(m), m, 0.0)
        with np.errstate(divide="ignore"):  # the logarithm of a sum of nothing is −∞, and that is the answer
            out = m + np.log(accurate_sum(np.exp(x - m), self.axis, keepdims=True))
        return out if self.keepdims else np.squeeze(out, axis=self.axes(x.ndim))

    def vjp(self, g, out, x):
        with np.errstate(invalid="ignore"):  # ∞ − ∞, see above
            shifted = x - self.unsqueeze(where(out == -np.inf, 0.0, out), x)
        return self.unsqueeze(g, x) * exp(shifted)


@documented_by(Logsumexp)
def logsumexp(x, axis: Axis = None, keepdims: bool = False):
    return apply(Logsumexp(axis, keepdims), x)


class Softmax(Reduction):
    """out = eˣ / Σ eˣ along `axis`: positive, adding up to 1;  ∂L/∂x = out ⊙ (g − Σ g ⊙ out).

    >>> tg.softmax([0.0, 0.0, 1.0]).round(4)
    array([0.2119, 0.2119, 0.5761], dtype=float32)
    """

    symbol = "softmax"

    def forward(self, x):
        x = as_floats(x)
        e = np.exp(below_the_largest(x, self.axis))
        e /= accurate_sum(e, self.axis, keepdims=True)
        return e

    def vjp(self, g, out, x):
        return out * (g - sum(g * out, self.axis, keepdims=True))


@documented_by(Softmax)
def softmax(x, axis: Axis = -1):
    return apply(Softmax(axis, True), x)


class LogSoftmax(Reduction):
    """out = x − ln Σ eˣ along `axis`, the logarithm of softmax;  ∂L/∂x = g − e^out ⊙ Σ g.

    >>> tg.log_softmax([0.0, 0.0, 1.0]).round(4)
    array([-1.5514, -1.5514, -0.5514], dtype=float32)
    """

    symbol = "log softmax"

    def forward(self, x):
        x = as_floats(x)
        shifted = below_the_largest(x, self.axis)
        return shifted - np.log(accurate_sum(np.exp(shifted), self.axis, keepdims=True))

    def vjp(self, g, out, x):
        return g - exp(out) * sum(g, self.axis, keepdims=True)


@documented_by(LogSoftmax)
def log_softmax(x, axis: Axis = -1):
    return apply(LogSoftmax(axis, True), x)


class VectorNorm(Reduction):
    """out = √Σ x² along `axis`;  ∂out/∂x = x/out, and the subgradient 0 where out = 0, to every order.

    Another `ord` p makes it (Σ |x|ᵖ)^(1/p): 1 is the sum of |x|, inf the largest, −inf the smallest; 0 counts what is
    not 0, and passes no gradient on.

    >>> tg.vector_norm([3.0, 4.0]).tolist()
    5.0
    """

    symbol = "‖·‖"

    def forward(self, x):
        largest = np.max(np.abs(x), axis=self.axis, keepdims=True, initial=0)
        scale = np.where((largest == 0) | np.isinf(largest), 1.0, largest)  # x² neither overflows nor vanishes
        out = scale * np.sqrt(accurate_sum(np.square(x / scale), self.axis, keepdims=True))
        return out if self.keepdims else np.squeeze(out, axis=self.axes(x.ndim))

    def vjp(self, g, out, x):
        unit = x / self.unsqueeze(where(out == 0, 1.0, out), x)  # g/out could overflow
        return self.unsqueeze(where(out == 0, 0.0, g), x) * unit


class VectorPNorm(Reduction):
    """out = (Σ |x|ᵖ)^(1/p) along `axis`, for p ≠ 0;  ∂out/∂x = sign x·(|x|/out)ᵖ⁻¹, and 0 where x or out is 0."""

    symbol = "pnorm"

    def __init__(self, p: float, axis: Axis = None, keepdims: bool = False):
        super().__init__(axis, keepdims)
        self.p = p

    def forward(self, x):
        size = np.abs(as_floats(x))
        extreme = np.max if self.p > 0 else np.min  # of the ratios to it no power overflows
        scale = extreme(size, axis=self.axis, keepdims=True, initial=0 if self.p > 0 else np.inf)
        safe = np.where((scale == 0) | np.isinf(scale), 1.0, scale)
        with np.errstate(divide="ignore", over="ignore"):  # 0 to a negative power, and that to another, is 0 again
            total = accurate_sum((size / safe) ** self.p, self.axis, keepdims=True)
            out = (safe * total ** (1 / self.p)).astype(size.dtype)
        return out if self.keepdims else np.squeeze(out, axis=self.axes(x.ndim))

    def vjp(self, g, out, x):
        ratio = abs(x) / self.unsqueeze(where(out == 0, 1.0, out), x)
        slope = sign(x) * where(x == 0, 1.0, ratio) ** (self.p - 1)
        return self.unsqueeze(where(out == 0, 0.0, g), x) * slope


@documented_by(VectorNorm)
def vector_norm(x, axis: Axis = None, keepdims: bool = False, ord: float = 2):
    p = number("vector_norm: ord", ord, "ord=2")
    if p != p:
        raise ArgumentError("vector_norm: ord: got nan, wanted a number, inf or -inf. try: ord=2")
    if p == 2:
        return apply(VectorNorm(axis, keepdims), x)
    if p == 1:
        return sum(abs(x), axis, keepdims)
    if p == 0:
        return sum(sign(abs(x)), axis, keepdims)
    if math.isinf(p):
        return max(abs(x), axis, keepdims) if p > 0 else min(abs(x), axis, keepdims)
    return apply(VectorPNorm(p, axis, keepdims), x)


def below_the_largest(x, axis: Axis):
    """x minus the largest along `axis`, from −∞ to 0; NaN where that is infinite, since ∞ − ∞ is."""
    with np.errstate(invalid="ignore"):
        return x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)
