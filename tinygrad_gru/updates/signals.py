"""Stopping by Ctrl-C without losing anything."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

__all__ = ["StopOnSignal"]


class StopOnSignal:
    """Inside `with StopOnSignal() as stop:` a signal only sets `stop.signal`; the loop looks and stops itself.

    These are Ctrl-C, SIGTERM, and SIGHUP, which comes when the terminal is closed.

    A `finally` or `except KeyboardInterrupt` that saves is lost to a second Ctrl-C, and to SIGTERM. With a flag the
    saving is never interrupted; whoever presses Ctrl-C a third time wants out, and gets it. `then` is called at the
    first signal, by those who must tell others.
    """

    SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
    PATIENCE = 2

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.signal: int | None = None
        self._then = then
        self._count = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopOnSignal:
        if threading.current_thread() is threading.main_thread():  # Python lets no other thread handle signals
            for number in self.SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:  # ignored on purpose, as by nohup
                    self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal is None:
            self.signal = number
            self._then()
        self._count += 1
        if self._count > self.PATIENCE:
            raise SystemExit(128 + number)

    @property
    def name(self) -> str:
        """What stopped the run, for people."""
        return "Ctrl-C" if self.signal == signal.SIGINT else signal.Signals(self.signal or signal.SIGTERM).name
