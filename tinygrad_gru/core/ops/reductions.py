"""Many numbers into fewer: sums, means, extremes, and the softmax family.

`axis` is None (all axes), one axis, or a tuple of them; negative axes count from the end.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...errors import ArgumentError, ShapeError
from ..op import Op, apply, value_of
from .arithmetic import where
from .elementary import exp
from .joining import concat
from .scans import cumulative_prod
from .shapes import broadcast_to, flip, permute_dims, reshape

__all__ = ["log_softmax", "logsumexp", "max", "mean", "min", "prod", "softmax", "std", "sum", "var", "vector_norm"]

Axis = int | tuple[int, ...] | None


class Reduction(Op):
    """Base of the operations that reduce axes."""

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
        self.axis = tuple(axis) if isinstance(axis, list) else axis
        self.keepdims = keepdims

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

    def complain(self, *arrays: Any) -> str:
        ndim = arrays[0].ndim
        axes = () if self.axis is None else self.axis if isinstance(self.axis, tuple) else (self.axis,)
        if len({a % ndim for a in axes if -ndim <= a < ndim}) < len(axes):
            return f"axis {self.axis} is not an axis of"
        return "wants at least one element, got"


class Sum(Reduction):
    """y = Σ x;  ∂y/∂x = 1."""

    symbol = "Σ"

    def forward(self, x: Any) -> Any:
        return np.sum(x, axis=self.axis, keepdims=self.keepdims)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        return broadcast_to(self.kept(g, x), x.shape)


class Mean(Reduction):
    """y = Σ x / n;  ∂y/∂x = 1/n."""

    symbol = "mean"

    def forward(self, x: Any) -> Any:
        if self.count(x) == 0:
            raise ValueError("the mean of nothing")
        return np.mean(x, axis=self.axis, keepdims=self.keepdims)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        return broadcast_to(self.kept(g, x) / self.count(x), x.shape)


class Var(Reduction):
    """y = Σ (x − x̄)² / (n − correction);  ∂y/∂x = 2(x − x̄)/(n − correction)."""

    symbol = "var"

    def __init__(self, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> None:
        super().__init__(axis, keepdims)
        self.correction = correction

    def forward(self, x: Any) -> Any:
        self.divisor(x)  # raises where there is none
        return np.var(x, axis=self.axis, ddof=self.correction, keepdims=self.keepdims)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        return self.kept(g, x) * (x - mean(x, self.axis, keepdims=True)) * (2 / self.divisor(x))

    def divisor(self, x: Any) -> float:
        """n − correction."""
        n = self.count(x)
        if n <= self.correction:
            raise ShapeError(f"{self.name}: wants more than {self.correction} elements, got {n} along axis {self.axis}")
        return n - self.correction


class Std(Var):
    """y = √var;  ∂y/∂x = (x − x̄)/((n − correction)·y), and the subgradient 0 where y = 0."""

    symbol = "std"

    def forward(self, x: Any) -> Any:
        self.divisor(x)  # raises where there is none
        return np.std(x, axis=self.axis, ddof=self.correction, keepdims=self.keepdims)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        slope = (x - mean(x, self.axis, keepdims=True)) * (1 / self.divisor(x))
        return self.kept(g / where(y == 0, 1.0, y), x) * slope


class Prod(Reduction):
    """y = Π x;  ∂y/∂xᵢ = the product of all the others, which is right at zeros too.

    The others are those before times those after: two cumulative products.
    """

    symbol = "Π"

    def forward(self, x: Any) -> Any:
        return np.prod(x, axis=self.axis, keepdims=self.keepdims)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
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
    selects = True

    def forward(self, x: Any) -> Any:
        return np.max(x, axis=self.axis, keepdims=self.keepdims)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        chosen = value_of(x) == value_of(self.kept(y, x))
        share = chosen / np.add.reduce(chosen, axis=self.axis, keepdims=True)
        return self.kept(g, x) * share.astype(value_of(x).dtype)


class Min(Max):
    """y = the smallest x;  the gradient goes to it, in even shares where several tie."""

    symbol = "min"

    def forward(self, x: Any) -> Any:
        return np.min(x, axis=self.axis, keepdims=self.keepdims)


class Logsumexp(Reduction):
    """y = ln Σ eˣ, computed as m + ln Σ eˣ⁻ᵐ with m = max x;  ∂y/∂x = eˣ⁻ʸ = softmax(x)."""

    symbol = "logsumexp"

    def forward(self, x: Any) -> Any:
        x = _floats(x)
        m = np.max(x, axis=self.axis, keepdims=True, initial=-np.inf)
        m = np.where(np.isfinite(m), m, 0.0)
        with np.errstate(divide="ignore"):  # the logarithm of a sum of nothing is −∞, and that is the answer
            y = m + np.log(np.add.reduce(np.exp(x - m), axis=self.axis, keepdims=True))
        return y if self.keepdims else np.squeeze(y, axis=self.axes(x.ndim))

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        return self.kept(g, x) * exp(x - self.kept(where(isinf(y), 0.0, y), x))


class Softmax(Reduction):
    """y = eˣ / Σ eˣ;  gradient y ⊙ (g − Σ g ⊙ y)."""

    symbol = "softmax"

    def forward(self, x: Any) -> Any:
        x = _floats(x)
        e = np.exp(x - np.max(x, axis=self.axis, keepdims=True, initial=-np.inf))
        e /= np.add.reduce(e, axis=self.axis, keepdims=True)
        return e

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        return y * (g - sum(g * y, self.axis, keepdims=True))


class LogSoftmax(Reduction):
    """y = x − ln Σ eˣ;  gradient g − eʸ ⊙ Σ g."""

    symbol = "log softmax"

    def forward(self, x: Any) -> Any:
        x = _floats(x)
        shifted = x - np.max(x, axis=self.axis, keepdims=True, initial=-np.inf)
        return shifted - np.log(np.add.reduce(np.exp(shifted), axis=self.axis, keepdims=True))

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        return g - exp(y) * sum(g, self.axis, keepdims=True)


class VectorNorm(Reduction):
    """y = √Σ x²;  ∂y/∂x = x/y, and the subgradient 0 where y = 0."""

    symbol = "‖·‖"

    def forward(self, x: Any) -> Any:
        largest = np.max(np.abs(x), axis=self.axis, keepdims=True, initial=0)
        scale = np.where((largest == 0) | np.isinf(largest), 1.0, largest)  # x² neither overflows nor vanishes
        y = scale * np.sqrt(np.add.reduce(np.square(x / scale), axis=self.axis, keepdims=True))
        return y if self.keepdims else np.squeeze(y, axis=self.axes(x.ndim))

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        return self.kept(g, x) * (x / self.kept(where(y == 0, 1.0, y), x))  # g/y could overflow


def _floats(x: Any) -> Any:
    """x, or the integers in it as the floats that NumPy would make of them."""
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def isinf(y: Any) -> Any:
    """Which elements are infinite: a boolean array."""
    return np.isinf(value_of(y))


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum along `axis`."""
    return apply(Sum(axis, keepdims), x)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean along `axis`."""
    return apply(Mean(axis, keepdims), x)


def var(x: Any, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Any:
    """The variance along `axis`, divided by n − correction."""
    return apply(Var(axis, correction, keepdims), x)


def std(x: Any, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Any:
    """The standard deviation along `axis`; gradient 0 where it is 0."""
    return apply(Std(axis, correction, keepdims), x)


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
    if ord != 2:
        raise ArgumentError(f"vector_norm: ord must be 2, got {ord}. try: tg.sum(tg.abs(x)) or tg.max(tg.abs(x))")
    return apply(VectorNorm(axis, keepdims), x)
