"""Arrays to try operations on: random ones, away from kinks, of a fixed seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...support.arrays import Array

__all__ = ["apart", "definite", "normal", "positive", "restart", "s", "spread_out"]

_rng = np.random.default_rng(0)


def restart() -> None:
    """Draw from the start again, so that the samples of a family do not depend on those of others."""
    global _rng
    _rng = np.random.default_rng(0)


def normal(*shape: int) -> Array:
    """Ordinary numbers."""
    return np.asarray(_rng.standard_normal(shape))


def positive(*shape: int) -> Array:
    """Numbers between ½ and 2."""
    return np.asarray(_rng.uniform(0.5, 2.0, shape))


def apart(*shape: int) -> Array:
    """Odd multiples of 0.15 in disorder: no two are equal, and none is 0."""
    n = int(np.prod(shape))
    return np.asarray((_rng.permutation(n) - n // 2 + 0.5) * 0.3).reshape(shape)


def spread_out(*shape: int) -> Array:
    """Matrices whose singular values are apart, and none is 0."""
    return np.asarray(0.3 * normal(*shape) + np.eye(shape[-2], shape[-1]) * np.arange(1, 1 + shape[-1]))


def definite(*shape: int) -> Array:
    """Symmetric and positive definite matrices, whose eigenvalues are apart."""
    x = np.tril(normal(*shape), -1) * 0.3 + np.eye(shape[-1]) * np.arange(1, 1 + shape[-1])
    return np.asarray(x @ x.mT)


def s(*xs: Any, **options: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """An entry of a table: the arrays of a call, and its other arguments."""
    return xs, options
