"""Initial weights by Keras's names, with its distributions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.support.arguments import brief
from ...core.support.arrays import Array
from ...core.support.random import generator
from ...errors import ArgumentError, ShapeError, did_you_mean
from ...nn import initialisers
from ...nn.support.checks import checked_float

__all__ = ["initial", "truncated_normal"]

CUT = 0.87962566103423978  # the deviation of N(0, 1) without what lies beyond ±2


def initial(name: Any, shape: tuple[int, ...], dtype: Any = np.float32) -> Array:
    """Initial weights by the name that Keras has for them, or by a function of a shape."""
    if callable(name) and not isinstance(name, type):  # a class would make an initializer, not weights
        return _of_function(name, shape, dtype)
    rng = generator()
    fan_in, fan_out = (shape[0], shape[-1]) if len(shape) > 1 else (shape[0], shape[0])

    def even(bound: float) -> Array:
        return initialisers.uniform(shape, rng, dtype, bound)

    def scaled(variance: float) -> Array:
        return truncated_normal(shape, rng, dtype, math.sqrt(variance) / CUT)

    def normal() -> Array:
        array: Array = initialisers.normal(shape, rng, dtype) * dtype(0.05)
        return array

    by_name: dict[str, Callable[[], Array]] = {
        "glorot_uniform": lambda: even(math.sqrt(6 / (fan_in + fan_out))),
        "glorot_normal": lambda: scaled(2 / (fan_in + fan_out)),
        "he_uniform": lambda: even(math.sqrt(6 / fan_in)),
        "he_normal": lambda: scaled(2 / fan_in),
        "lecun_uniform": lambda: even(math.sqrt(3 / fan_in)),
        "lecun_normal": lambda: scaled(1 / fan_in),
        "uniform": lambda: even(0.05),
        "random_uniform": lambda: even(0.05),
        "normal": normal,
        "random_normal": normal,
        "truncated_normal": lambda: truncated_normal(shape, rng, dtype, 0.05),
        "orthogonal": lambda: initialisers.orthogonal(shape, rng, dtype),
        "zeros": lambda: np.zeros(shape, dtype),
        "ones": lambda: np.ones(shape, dtype),
    }
    if not isinstance(name, str) or name not in by_name:
        raise ArgumentError(f"unknown initializer {brief(name)}. {did_you_mean(name, by_name)}")
    return by_name[name]()


def truncated_normal(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any, stddev: float) -> Array:
    """W ~ N(0, stddev²), and what lies beyond ±2·stddev is drawn again: Keras's normal initializers that are scaled."""
    weights = rng.standard_normal(shape)
    while (beyond := np.abs(weights) > 2).any():
        weights[beyond] = rng.standard_normal(int(beyond.sum()))
    array: Array = (weights * stddev).astype(checked_float("truncated_normal", dtype))
    return array


def _of_function(function: Callable[[tuple[int, ...]], Any], shape: tuple[int, ...], dtype: Any) -> Array:
    weights = function(shape)
    try:
        array: Array = np.asarray(weights, dtype)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(f"an initializer returned {brief(weights)}, wanted an array of numbers") from None
    if array.shape != shape:
        raise ShapeError(f"an initializer returned shape {array.shape}, wanted {shape}")
    return array
