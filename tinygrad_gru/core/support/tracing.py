"""Recording a program, not only numbers: the tracer is told when a value is read, which no recorded graph shows.

A graph says which operations made a result. It cannot say that the code looked at a number on the way, and would have
done something else had the number been another. While a tracer is set, whatever reads a tensor's values, or draws
random numbers, tells it so; and comparisons, which otherwise answer with plain arrays, are recorded as operations.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

__all__ = ["tell", "tracer"]

tracer: ContextVar[Callable[[str, Any], None] | None] = ContextVar("tinygrad_gru.tracer", default=None)


def tell(what: str, t: Any = None) -> None:
    """Tell the tracer, if there is one, that values of t are read: `what` says how."""
    told = tracer.get()
    if told is not None:
        told(what, t)
