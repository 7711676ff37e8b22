"""A weight in column-major order, kept for one backward walk: a product with Wᵀ is then as fast as one with W.

BLAS is faster with small matrices if both lie row by row in memory, and `W.mT` of a row-major W does not. A recurrent
weight is used at each time step: from its second use in a walk on, the vjp is handed a copy whose transpose does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

import numpy as np

from .arrays import Array
from .flushing import flushed

__all__ = ["fast_operands", "transposes_kept"]

# Of the walk that runs now: by the id of a matrix the matrix itself, so that no other gets its id, and its copy.
COPIES: ContextVar[dict[int, list[Array]] | None] = ContextVar("tinygrad_gru.transposes", default=None)


class transposes_kept:
    """`with transposes_kept():` around a walk; at its end the copies are gone."""

    def __enter__(self) -> None:
        self._token = COPIES.set({})

    def __exit__(self, *exc: object) -> None:
        COPIES.reset(self._token)


def fast_operands(vjp: Callable[..., Any]) -> Callable[..., Any]:
    """The vjp of x @ y, handed zeros for a gradient about to vanish, and y in the order in which g @ yᵀ is fast."""

    @wraps(vjp)
    def fast(self: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
        if type(g) is np.ndarray:
            g = flushed(g)
            if g.ndim == y.ndim == 2 and len(g) > 1:  # a single row is as fast either way
                y = column_major(y)
        return vjp(self, g, out, x, y)

    return fast


def column_major(y: Array) -> Array:
    """The matrix itself at its first use in a walk, and at all others a copy in column-major order."""
    copies = COPIES.get()
    if copies is None:
        return y
    both = copies.setdefault(id(y), [])
    if len(both) < 2:
        both.append(np.asfortranarray(y) if both else y)
    return both[-1]
