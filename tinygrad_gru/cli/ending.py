"""SIGTERM and SIGHUP unwind a command, so that its half-written files are removed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["unwound_by_signals"]

SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def unwound_by_signals() -> Iterator[None]:
    """Inside, these signals raise SystemExit(128 + n) where they would end the process at once; Ctrl-C does anyway.

    What was ignored on purpose, as by nohup, stays so, and training has its own way to stop (training/signals.py).
    """
    handled = []
    if threading.current_thread() is threading.main_thread():  # Python lets no other thread handle signals
        handled = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in handled:
        signal.signal(number, _unwind)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)


def _unwind(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
