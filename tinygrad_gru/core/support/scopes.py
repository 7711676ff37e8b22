"""Where and when: scopes, grad modes, source lines.

All of it lives in context variables, so that threads (and async tasks) cannot disturb each other; a new thread starts
at the top scope with gradients on.
"""

from __future__ import annotations

import os
import sys
from contextlib import ContextDecorator
from contextvars import ContextVar
from pathlib import Path
from types import CodeType, TracebackType
from typing import Any

from ...errors import ArgumentError
from .pausing import inside_while_running

__all__ = ["Mode", "detect_anomaly", "enable_grad", "no_grad", "record", "scope", "source_line"]

PACKAGE = str(Path(__file__).parents[2]) + os.sep
TASKS = PACKAGE + "tasks" + os.sep  # written as users write: their lines are the ones to name


class scope:
    """Name the place in which tensors are made: `with scope("step", 3):`.

    Scopes nest into a tree, such as `step 3 / reset gate`. Pictures draw them as boxes, and errors name them. `label`
    and `index` are what a reader sees; `role` hints at what is made inside ("reset", "update", "candidate", "state",
    ...), which pictures turn into a colour; `code` and `lasti` tell which line entered it. Tensors keep the scope they
    were made in, so each is entered once.
    """

    __slots__ = ("_token", "code", "index", "label", "lasti", "parent", "role")

    def __init__(self, label: str, index: int | None = None, role: str | None = None) -> None:
        self.label = label
        self.index = index
        self.role = role
        self.parent: scope | None = None
        self.code: CodeType | None = None
        self.lasti = 0

    def __enter__(self) -> scope:
        if self.parent is not None:
            raise ArgumentError(f'scope "{self.title}" was entered before. try: a new scope(...) each time')
        self.parent = current_scope.get()
        frame = sys._getframe(1)
        if self.parent is TOP:  # for the outermost scope of one of our layers, the line of whoever called the layer
            while frame.f_back is not None and ours(frame.f_code):
                frame = frame.f_back
        self.code = frame.f_code
        self.lasti = frame.f_lasti
        self._token = current_scope.set(self)
        return self

    def __exit__(self, *exc: object) -> None:
        current_scope.reset(self._token)

    @property
    def title(self) -> str:
        """What a reader sees: `step 3`."""
        return self.label if self.index is None else f"{self.label} {self.index}"

    @property
    def path(self) -> tuple[scope, ...]:
        """The scopes from the outermost to this one, the nameless top left out."""
        chain = []
        here: scope | None = self
        while here is not None and here.parent is not None:
            chain.append(here)
            here = here.parent
        return tuple(reversed(chain))

    def __repr__(self) -> str:
        return " / ".join(place.title for place in self.path) or "top"


class Mode:
    """What the recorder does with the result of an operation.

    `grad`: record it if an input requires a gradient.  `everything`: record it in any case.  `anomaly`: look for NaN.
    `outer` is the mode around it, which comes back when this one is left.
    """

    __slots__ = ("anomaly", "everything", "grad", "outer")

    def __init__(self, grad: bool, everything: bool = False, anomaly: bool = False, outer: Mode | None = None) -> None:
        self.grad = grad
        self.everything = everything
        self.anomaly = anomaly
        self.outer = outer


TOP = scope("top")
NORMAL = Mode(grad=True)

current_scope: ContextVar[scope] = ContextVar("tinygrad_gru.scope", default=TOP)
current_mode: ContextVar[Mode] = ContextVar("tinygrad_gru.mode", default=NORMAL)


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
        return inside_while_running(f, self._recreate_cm) or super().__call__(f)

    def __enter__(self) -> None:
        current_mode.set(self._mode(current_mode.get()))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        current_mode.set(current_mode.get().outer or NORMAL)


class no_grad(_ModeManager):
    """Record nothing inside: `with no_grad():` or `@no_grad()`. Results require no gradient."""

    def _mode(self, outer: Mode) -> Mode:
        return Mode(grad=False, anomaly=outer.anomaly, outer=outer)


class enable_grad(_ModeManager):
    """Record as usual inside, also within `no_grad`."""

    def _mode(self, outer: Mode) -> Mode:
        return Mode(grad=True, everything=outer.everything, anomaly=outer.anomaly, outer=outer)


class record(_ModeManager):
    """Record every operation inside, whatever `requires_grad` says: to look rather than to differentiate."""

    def _mode(self, outer: Mode) -> Mode:
        return Mode(grad=True, everything=True, anomaly=outer.anomaly, outer=outer)


class detect_anomaly(_ModeManager):
    """Stop at the first NaN or infinity, in forward or backward, and name the line and scope that made it."""

    def _mode(self, outer: Mode) -> Mode:
        return Mode(grad=outer.grad, everything=outer.everything, anomaly=True, outer=outer)


def ours(code: CodeType) -> bool:
    """Whether it is the package's own machinery, and not of those who use it."""
    return code.co_filename.startswith(PACKAGE) and not code.co_filename.startswith(TASKS)


def source_line(code: CodeType | None, lasti: int, place: scope | None) -> tuple[str, int] | None:
    """The file and line of the first frame outside the package, or None.

    An operation keeps only the `(code, lasti)` of its caller, which costs next to nothing. Where that caller is one of
    our own layers, the line wanted is that of whoever entered the scope around it.
    """
    while code is None or ours(code):
        if place is None:
            return None
        code, lasti, place = place.code, place.lasti, place.parent
    return code.co_filename, _line_of(code, lasti)


def _line_of(code: CodeType, lasti: int) -> int:
    for start, end, line in code.co_lines():
        if start <= lasti < end and line is not None:
            return line
    return code.co_firstlineno


def trail(code: CodeType | None, lasti: int, place: scope) -> str:
    """Where a tensor was made, as the end of a sentence: ` in step 3 / reset gate, at train.py:41`."""
    words = f" in {place!r}" if place.parent is not None else ""
    found = source_line(code, lasti, place)
    if found is not None:
        words += f"{',' if words else ''} at {Path(found[0]).name}:{found[1]}"
    return words


def here() -> str:
    """The same for the place that is running now; walks the stack, so it is for errors only."""
    frame = sys._getframe(1)
    while frame.f_back is not None and ours(frame.f_code):
        frame = frame.f_back
    return trail(frame.f_code, frame.f_lasti, current_scope.get())
