"""A line while machine code is made, which takes seconds: on a terminal, or by whoever asks for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ....terminal import say

__all__ = ["announce", "announced_by"]


def _on_a_terminal(line: str) -> None:
    if sys.stderr is not None and sys.stderr.isatty():
        say(line)


_listener: ContextVar[Callable[[str], object]] = ContextVar("announce", default=_on_a_terminal)


def announce(kind: str) -> None:
    """Tell that the loops of a cell are compiled now."""
    _listener.get()(f"compiling {kind} for this machine, once: a few seconds …")


@contextmanager
def announced_by(say: Callable[[str], object]) -> Iterator[None]:
    """Lines go to `say` within this block."""
    token = _listener.set(say)
    try:
        yield
    finally:
        _listener.reset(token)
