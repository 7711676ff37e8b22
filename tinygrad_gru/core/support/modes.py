"""Switching the mode: no_grad, enable_grad, record, detect_anomaly."""

from __future__ import annotations

from contextlib import ContextDecorator
from types import TracebackType
from typing import Any

from .arguments import function
from .pausing import inside_while_running
from .scopes import NORMAL, Mode, current

__all__ = ["detect_anomaly", "enable_grad", "no_grad", "record"]


class _ModeManager(ContextDecorator):
    """Switch the mode inside a `with` block or a decorated function; may be nested and entered again.

    A decorated generator or coroutine has the mode while its own lines run, and its caller while it waits. The manager
    itself holds nothing, so several threads may be inside the same one.
    """

    def _mode(self, outer: Mode) -> Mode:
        raise NotImplementedError

    def _recreate_cm(self) -> _ModeManager:
        return type(self)()  # each call of a decorated function, in whatever thread, gets a manager of its own

    def __call__(self, f: Any) -> Any:
        function(f"{type(self).__name__}: decorates", f)
        return inside_while_running(f, self._recreate_cm) or super().__call__(f)

    def __enter__(self) -> None:
        scope, mode = current.get()
        current.set((scope, self._mode(mode)))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        scope, mode = current.get()
        current.set((scope, mode.outer or NORMAL))


class no_grad(_ModeManager):
    """Record nothing inside: `with no_grad():` or `@no_grad()`. Results require no gradient."""

    def _mode(self, outer: Mode) -> Mode:
        return Mode(False, False, outer.anomaly, outer.tracer, outer)


class enable_grad(_ModeManager):
    """Record as usual inside, also within `no_grad`."""

    def _mode(self, outer: Mode) -> Mode:
        return Mode(True, outer.everything, outer.anomaly, outer.tracer, outer)


class record(_ModeManager):
    """Record every operation inside, whatever `requires_grad` says: to look rather than to differentiate."""

    def _mode(self, outer: Mode) -> Mode:
        return Mode(True, True, outer.anomaly, outer.tracer, outer)


class detect_anomaly(_ModeManager):
    """Stop at the first NaN or infinity, in forward or backward, and name the line and scope that made it."""

    def _mode(self, outer: Mode) -> Mode:
        return Mode(outer.grad, outer.everything, True, outer.tracer, outer)
