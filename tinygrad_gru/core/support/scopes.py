"""Scopes and modes: one context variable holds the current pair, which `apply` reads once per operation.

Threads (and async tasks) cannot disturb each other; a new thread starts at the top scope with gradients on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import ContextVar
from types import CodeType
from typing import Any

from ...errors import ArgumentError
from .arguments import LARGEST, integer, some_text
from .provenance import outermost_of_ours, where_made

__all__ = ["NORMAL", "TOP", "Mode", "context_kept", "current", "current_mode", "current_scope", "here", "scope"]


class scope:
    """A named scope, recorded on the tensors made in it: `with scope("step", 3):`.

    Scopes nest into a tree, such as `step 3 / reset gate`. Pictures draw them as boxes, and errors name them. `label`
    and `index` are what a reader sees; `role` hints at what is made inside ("reset", "update", "candidate", "state",
    ...), which pictures turn into a colour; `code` and `lasti` tell which line entered it. Tensors keep the scope they
    were made in, so each is entered once.
    """

    __slots__ = ("code", "index", "label", "lasti", "parent", "role")

    def __init__(self, label: str, index: int | None = None, role: str | None = None) -> None:
        self.label = label if type(label) is str else some_text("scope: label", label)
        small = index is None or (type(index) is int and -LARGEST < index < LARGEST)
        self.index = index if small else integer("scope: index", index)
        self.role = role if role is None or type(role) is str else some_text("scope: role", role)
        self.parent: scope | None = None
        self.code: CodeType | None = None
        self.lasti = 0

    def __enter__(self) -> scope:
        if self.parent is not None:
            raise ArgumentError(f'scope "{self.title}" was entered before. try: a new scope(...) each time')
        self.parent, mode = current.get()
        frame = sys._getframe(1)
        if self.parent is TOP:  # for the outermost scope of one of our layers, the line that called the layer
            frame = outermost_of_ours(frame)
        self.code = frame.f_code
        self.lasti = frame.f_lasti
        current.set((self, mode))
        return self

    def __exit__(self, *exc: object) -> None:
        # The mode stays: a generator may be left, in the middle of its scope, where another mode has begun.
        current.set((self.parent, current.get()[1]))  # type: ignore[arg-type]  # it was entered

    @property
    def title(self) -> str:
        """Label and index, as pictures and errors show them: `step 3`."""
        return self.label if self.index is None else f"{self.label} {self.index}"

    @property
    def path(self) -> tuple[scope, ...]:
        """The scopes from the outermost to this one, the nameless top left out."""
        chain = []
        enclosing: scope | None = self
        while enclosing is not None and enclosing.parent is not None:
            chain.append(enclosing)
            enclosing = enclosing.parent
        return tuple(reversed(chain))

    def __repr__(self) -> str:
        return " / ".join(s.title for s in self.path) or "top"


class Mode:
    """The recording mode: what `apply` does with the result of an operation. Immutable.

    `grad`: record it if an input requires a gradient.  `everything`: record it in any case.  `anomaly`: look for NaN.
    `tracer`: a program is recorded, for any values of its inputs: the tracer is called with each tensor whose
    values are read, and with None where random numbers are drawn, since no graph shows what the code does upon them;
    and comparisons are recorded, instead of answered. `outer`: the mode that comes back when this one is left.
    """

    __slots__ = ("anomaly", "everything", "grad", "outer", "tracer")

    def __init__(
        self,
        grad: bool,
        everything: bool = False,
        anomaly: bool = False,
        tracer: Callable[[Any], None] | None = None,
        outer: Mode | None = None,
    ) -> None:
        self.grad = grad
        self.everything = everything
        self.anomaly = anomaly
        self.tracer = tracer
        self.outer = outer

    def read(self, t: Any) -> Any:
        """The array of the tensor t, for code that decides by its values."""
        if self.tracer is not None:
            self.tracer(t)
        return t._array

    def draw(self) -> None:
        """Report to the tracer that random numbers are about to be drawn."""
        if self.tracer is not None:
            self.tracer(None)


TOP = scope("top")
NORMAL = Mode(grad=True)

current: ContextVar[tuple[scope, Mode]] = ContextVar("tinygrad_gru.current", default=(TOP, NORMAL))


def current_scope() -> scope:
    """The scope in which tensors are made now."""
    return current.get()[0]


def current_mode() -> Mode:
    """The current recording mode."""
    return current.get()[1]


def here() -> str:
    """The line that is running now, and its scope, as the end of a sentence; walks the stack, so it is for errors."""
    frame = outermost_of_ours(sys._getframe(1))
    return where_made(frame.f_code, frame.f_lasti, current_scope())


class context_kept:
    """Restore scope and mode at the end of the block."""

    def __enter__(self) -> None:
        self._token = current.set(current.get())

    def __exit__(self, *exc: object) -> None:
        current.reset(self._token)
