"""How a command ends that is told to: SIGTERM and a hangup unwind it, so that half a file is taken away again."""

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

    What was ignored on purpose, as by nohup, stays so, and training has its own way to stop (updates/signals.py).
    """
    mine = []
    if threading.current_thread() is threading.main_thread():  # Python lets no other thread handle signals
        mine = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in mine:
        signal.signal(number, _unwind)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)


def _unwind(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
