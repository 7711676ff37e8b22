"""Layers without time: linear maps, embeddings, dropout, normalisation, and one layer after another."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.ops import mean, multiply, sqrt, square, take
from ..core.random import generator
from ..core.scopes import scope
from ..core.tensor import Tensor
from ..errors import ArgumentError, ShapeError
from .initialisers import uniform
from .module import Module, Parameter

__all__ = ["Dropout", "Embedding", "LayerNorm", "Linear", "Sequential"]


def _size(layer: str, name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ArgumentError(f"{layer}: {name} must be a whole number of at least 1, got {value!r}")
    return value


class Linear(Module):
    """y = x W + b, with W (in, out) and b (out,); x may have any axes in front of the last."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True, dtype: Any = np.float32) -> None:
        bound = 1 / math.sqrt(_size("Linear", "in_features", in_features))
        self.W = Parameter(uniform((in_features, _size("Linear", "out_features", out_features)), bound, dtype))
        self.b = Parameter(uniform((out_features,), bound, dtype)) if bias else None

    def forward(self, x: Any) -> Any:
        """x (..., in) to y (..., out)."""
        with scope("linear"):
            y = x @ self.W  # (..., out)
            return y if self.b is None else y + self.b


class Embedding(Module):
    """A learned vector for each of `num_embeddings` symbols: whole numbers (...) to vectors (..., dim)."""

    def __init__(self, num_embeddings: int, embedding_dim: int, dtype: Any = np.float32) -> None:
        rows = _size("Embedding", "num_embeddings", num_embeddings)
        columns = _size("Embedding", "embedding_dim", embedding_dim)
        self.W = Parameter(generator().standard_normal((rows, columns)).astype(dtype))

    def forward(self, indices: Any) -> Any:
        """The vectors of these symbols."""
        with scope("embedding"):
            return take(self.W, indices, axis=0)  # (..., dim)


class Dropout(Module):
    """In training, zero each element with probability p and scale the others by 1/(1 − p); otherwise do nothing."""

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p < 1:
            raise ArgumentError(f"Dropout: p must be at least 0 and below 1, got {p!r}")
        self.p = p

    def forward(self, x: Any) -> Any:
        """x, or x with a random mask drawn now: the mask is an input of the product, so the graph can be replayed."""
        if not self.training or self.p == 0:
            return x
        x = x if isinstance(x, Tensor) else Tensor(x)
        with scope("dropout"):
            kept = generator().random(x.shape) >= self.p
            mask = Tensor((kept / (1 - self.p)).astype(x.dtype), name="mask", copy=False)
            return multiply(x, mask)


class LayerNorm(Module):
    """y = (x − x̄)/√(var + ε) ⊙ a + b over the last axis, with a and b (size,).  Source: Ba et al. 2016."""

    def __init__(self, size: int, eps: float = 1e-5, dtype: Any = np.float32) -> None:
        self.eps = eps
        self.a = Parameter(np.ones(_size("LayerNorm", "size", size), dtype))
        self.b = Parameter(np.zeros(size, dtype))

    def forward(self, x: Any) -> Any:
        """x (..., size) to y of the same shape."""
        if np.shape(x)[-1:] != self.a.shape:
            raise ShapeError(f"LayerNorm: x must be (..., {self.a.shape[0]}), got {np.shape(x)}")
        with scope("layer norm"):
            centred = x - mean(x, axis=-1, keepdims=True)
            variance = mean(square(centred), axis=-1, keepdims=True)  # (..., 1)
            return centred / sqrt(variance + self.eps) * self.a + self.b


class Sequential(Module):
    """One module after the other."""

    def __init__(self, *modules: Module) -> None:
        self.layers = list(modules)

    def forward(self, x: Any) -> Any:
        """What the last module makes of what the others made of x."""
        for module in self.layers:
            x = module(x)
        return x
