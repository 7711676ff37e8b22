"""Gradients about to vanish: flushed to zero before they become subnormal numbers, which are a hundred times slower."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

import numpy as np

from .arguments import flag

__all__ = ["flush_subnormals", "flushed", "flushes"]

TINY = 1e-30
FLOAT32 = np.dtype(np.float32)
# Whether to flush, for each of the nested blocks: the innermost is last.
FLUSHING: ContextVar[tuple[bool, ...]] = ContextVar("tinygrad_gru.flush_subnormals", default=(True,))


class flush_subnormals:
    """`with flush_subnormals(False):` keeps gradients that are about to vanish.

    Over a few hundred time steps a float32 gradient shrinks to subnormal numbers (below 1.2e-38), with which matrix
    products are a hundred times slower. So a gradient below 1e-30 in all its elements is replaced by zeros before a
    matrix product's vjp, which no float32 weight can notice. Never with `create_graph` or in float64.
    """

    def __init__(self, on: bool = True) -> None:
        self._on = flag("flush_subnormals: on", on)

    def __enter__(self) -> None:
        FLUSHING.set((*FLUSHING.get(), self._on))

    def __exit__(self, *exc: object) -> None:
        FLUSHING.set(FLUSHING.get()[:-1])


def flushes(vjp: Callable[..., Any]) -> Callable[..., Any]:
    """A product's vjp, which is handed zeros for a gradient that is about to vanish."""

    @wraps(vjp)
    def flushing(self: Any, g: Any, out: Any, *inputs: Any) -> Any:
        return vjp(self, flushed(g), out, *inputs)

    return flushing


def flushed(g: Any) -> Any:
    """The gradient, or zeros if it is an array that is about to vanish."""
    if type(g) is np.ndarray and vanishing(g) and FLUSHING.get()[-1]:
        return np.zeros_like(g)
    return g


def vanishing(g: Any) -> bool:
    """Whether a float32 gradient is tiny all over; the first element settles it in nearly every case."""
    if g.dtype is not FLOAT32 or g.size == 0 or abs(g.item(0)) >= TINY:
        return False
    return bool(np.max(g) < TINY and np.min(g) > -TINY)
