"""The layers without time: Linear, Embedding, Dropout, LayerNorm."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.ops import mean, sqrt, square, take
from ..core.support.arguments import MOST_AXES, at_least_zero, brief, flag, fraction
from ..core.support.random import generator
from ..core.support.scopes import here, scope
from ..core.tensor import Tensor
from ..errors import ArgumentError, ShapeError
from .initialisers import normal, uniform
from .module import Module, Parameter
from .support.checks import checked_float, checked_size, whole_numbers
from .support.limits import refuse_what_is_too_large

__all__ = ["Dropout", "Embedding", "LayerNorm", "Linear"]


class Linear(Module):
    """y = x W + b, on the last axis: W (in, out), b (out,); both start evenly between ±1/√in."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True, dtype: Any = np.float32) -> None:
        self.in_features = checked_size(self, "in_features", in_features)
        self.out_features = checked_size(self, "out_features", out_features)
        bias = flag("Linear: bias", bias)
        dtype = checked_float("Linear", dtype)
        refuse_what_is_too_large(self.in_features * self.out_features)
        bound = 1 / math.sqrt(self.in_features)
        self.W = Parameter(uniform((self.in_features, self.out_features), generator(), dtype, bound), copy=False)
        self.b = Parameter(uniform((self.out_features,), generator(), dtype, bound), copy=False) if bias else None

    def forward(self, x: Any) -> Any:
        """x (..., in) to (..., out)."""
        with scope("linear"):
            y = x @ self.W  # (..., out)
            return y if self.b is None else y + self.b

    def describe(self) -> str:
        """The sizes."""
        return f"{self.in_features}, {self.out_features}"


class Embedding(Module):
    """A row of W for each index: W (num, dim), which starts normally distributed."""

    def __init__(self, num_embeddings: int, embedding_dim: int, dtype: Any = np.float32) -> None:
        self.num_embeddings = checked_size(self, "num_embeddings", num_embeddings)
        self.embedding_dim = checked_size(self, "embedding_dim", embedding_dim)
        dtype = checked_float("Embedding", dtype)
        refuse_what_is_too_large(self.num_embeddings * self.embedding_dim)
        self.W = Parameter(normal((self.num_embeddings, self.embedding_dim), generator(), dtype), copy=False)

    def forward(self, indices: Any) -> Any:
        """Indices (...) to rows (..., dim)."""
        rows = whole_numbers("Embedding: indices", indices)
        low = rows.min(initial=0)
        if low < 0:
            raise ArgumentError(f"Embedding: an index must be from 0 to {self.num_embeddings - 1}, got {low}{here()}")
        with scope("embedding"):
            return take(self.W, indices if isinstance(indices, Tensor) else rows, axis=0)  # (..., dim)

    def describe(self) -> str:
        """The sizes."""
        return f"{self.num_embeddings}, {self.embedding_dim}"


class Dropout(Module):
    """In training each element is 0 with probability p, and the others are divided by 1 − p; identity after `eval()`.

    The mask comes from the seeded generator and is an input of the multiplication: operations draw no numbers. Along
    `shared_axis`, if there is one, all have the same mask: with 0 for x (T, B, I), one mask for all time steps.
    """

    def __init__(self, p: float = 0.5, shared_axis: int | None = None) -> None:
        self.p = fraction("Dropout: p", p)
        if shared_axis is not None and (isinstance(shared_axis, bool) or not isinstance(shared_axis, int)):
            raise ArgumentError(f"Dropout: shared_axis: got {brief(shared_axis)}, wanted an axis. try: shared_axis=0")
        self.shared_axis = shared_axis

    def forward(self, x: Any) -> Any:
        """x with the mask applied, of the same shape."""
        if not self.training or self.p == 0:
            return x
        x = x if isinstance(x, Tensor) else Tensor(x)
        shape = list(x.shape)
        if self.shared_axis is not None:
            if not -x.ndim <= self.shared_axis < x.ndim:
                raise ShapeError(f"Dropout: input {x.summary} has no axis {self.shared_axis}{here()}")
            shape[self.shared_axis] = 1
        with scope("dropout"):
            return x * dropout_mask(tuple(shape), self.p, x.dtype)

    def describe(self) -> str:
        """The probability."""
        return str(self.p) + ("" if self.shared_axis is None else f", shared_axis={self.shared_axis}")


def dropout_mask(shape: tuple[int, ...], p: float, dtype: Any) -> Tensor:
    """0 with probability p, and otherwise 1/(1 − p), so that the mean stays."""
    survivors = generator().random(shape) >= p
    return Tensor((survivors / (1 - p)).astype(dtype), name="mask")


class LayerNorm(Module):
    """y = (x − mean) / √(variance + eps) ⊙ gain + b, over the last axis.  Source: Ba et al. 2016, arXiv 1607.06450.

    With a tuple of sizes it is over as many axes, the last ones, together; gain and b have these sizes.
    """

    def __init__(self, size: int | tuple[int, ...], eps: float = 1e-5, dtype: Any = np.float32) -> None:
        sizes = size if isinstance(size, tuple | list) else (size,)
        if not 0 < len(sizes) <= MOST_AXES:
            raise ArgumentError(f"LayerNorm: size: got {brief(size)}, wanted a size or a tuple of sizes. try: 64")
        self.shape = tuple(checked_size(self, "size", n) for n in sizes)
        self.size = self.shape if isinstance(size, tuple | list) else self.shape[0]
        dtype = checked_float("LayerNorm", dtype)
        refuse_what_is_too_large(math.prod(self.shape))
        self.eps = at_least_zero("LayerNorm: eps", eps)
        self.gain = Parameter(np.ones(self.shape, dtype), copy=False)
        self.b = Parameter(np.zeros(self.shape, dtype), copy=False)

    def forward(self, x: Any) -> Any:
        """x (..., *sizes), each part of these sizes with mean b and deviation gain."""
        x = x if isinstance(x, Tensor) else Tensor(x)
        axes = tuple(range(-len(self.shape), 0)) if len(self.shape) > 1 else -1
        if x.shape[-len(self.shape) :] != self.shape:
            expected = ", ".join(["...", *map(str, self.shape)])
            raise ShapeError(f"LayerNorm: input {x.summary} does not fit, wanted ({expected}){here()}")
        with scope("layer norm"):
            centred = x - mean(x, axis=axes, keepdims=True)
            variance = mean(square(centred), axis=axes, keepdims=True)  # (..., 1)
            return centred / sqrt(variance + self.eps) * self.gain + self.b

    def describe(self) -> str:
        """The size."""
        return str(self.size)
