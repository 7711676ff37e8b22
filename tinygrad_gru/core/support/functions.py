"""An operation as a function: `tg.tanh` is Tanh, applied; formula, derivative and example stand in the class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..op import Op, apply
from .provenance import transparent

__all__ = ["documented_by", "function"]

F = TypeVar("F", bound=Callable[..., Any])
transparent.add(__file__)


def function(op_class: type[Op]) -> Callable[..., Any]:
    """The function of an operation without parameters: `tanh = function(Tanh)`."""
    op = op_class()
    one = op_class.forward.__code__.co_argcount == 2  # self and x
    applied: Callable[..., Any] = (lambda x: apply(op, x)) if one else (lambda x, y: apply(op, x, y))
    applied.__name__ = applied.__qualname__ = op.name
    applied.__module__ = op_class.__module__
    return documented_by(op_class)(applied)


def documented_by(op_class: type[Op]) -> Callable[[F], F]:
    """A decorator for the function of an operation with parameters: its docstring is that of the class."""

    def documented(function: F) -> F:
        function.__doc__ = op_class.__doc__
        return function

    return documented
