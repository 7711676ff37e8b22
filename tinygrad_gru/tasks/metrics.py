"""What is measured: error rates, squared errors, and the confusion of classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.support.arrays import Array
from .base import Rows

__all__ = ["confusion", "error_rate", "mean_squared_error", "root_mean_squared_error"]


def error_rate(predicted: Array, target: Array) -> float:
    """The share that differs."""
    return float(np.mean(predicted != target))


def mean_squared_error(predicted: Array, target: Array) -> float:
    """The mean of the squared differences, added up in float64."""
    return float(np.mean((predicted - target) ** 2, dtype=np.float64))


def root_mean_squared_error(predicted: Array, target: Array) -> float:
    """The square root of the mean squared error: in the unit of the target."""
    return float(np.sqrt(mean_squared_error(predicted, target)))


def confusion(target: Array, predicted: Array, names: Sequence[str]) -> Rows:
    """How often each class was taken for each: a row per true class, a column per predicted one.

    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), ["bad", "good"])
    [{'true': 'bad', 'said bad': 1, 'said good': 1}, {'true': 'good', 'said bad': 0, 'said good': 1}]
    """
    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (target, predicted), 1)
    return [
        {"true": name} | {f"said {other}": int(n) for other, n in zip(names, row, strict=True)}
        for name, row in zip(names, counts, strict=True)
    ]
