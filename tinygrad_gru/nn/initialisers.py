"""Initial weights, drawn from the package's own seeded generator. Each returns an array of the shape asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.arrays import Array
from ..core.random import generator

__all__ = ["glorot_uniform", "orthogonal", "uniform", "zeros"]


def uniform(shape: Sequence[int], bound: float, dtype: Any = np.float32) -> Array:
    """Uniform between −bound and bound; PyTorch's recurrent layers use bound = 1/√H."""
    return generator().uniform(-bound, bound, tuple(shape)).astype(dtype)


def glorot_uniform(shape: Sequence[int], dtype: Any = np.float32) -> Array:
    """Uniform within ±√(6/(fan in + fan out)), for a matrix (in, out). Source: Glorot and Bengio 2010."""
    fan_in, fan_out = shape[0], shape[-1]
    return uniform(shape, math.sqrt(6 / (fan_in + fan_out)), dtype)


def orthogonal(shape: Sequence[int], dtype: Any = np.float32) -> Array:
    """A matrix with orthonormal rows or columns, whichever are fewer. Source: Saxe et al. 2013."""
    rows, columns = shape
    square = generator().standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(square)
    q *= np.sign(np.diagonal(r))  # otherwise the signs are those that LAPACK happens to choose
    return np.ascontiguousarray(q if rows >= columns else q.T).astype(dtype)


def zeros(shape: Sequence[int], dtype: Any = np.float32) -> Array:
    """All zeros."""
    return np.zeros(tuple(shape), dtype)
