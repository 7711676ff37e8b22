"""The equations of a cell: the decorator of a method named by its letter, and the bias in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..core.support.arguments import brief, some_text, text
from ..core.support.scopes import scope
from ..errors import ArgumentError
from .module import Parameter

__all__ = ["Bias", "equation"]


def equation(place: str, role: str | None = None, name: str | None = None) -> Callable[[Any], Any]:
    """One equation of a cell, written as a method: its result is named by the method's letter, in a scope of its own.

    `place` and `role` are those of the scope, for pictures and errors; `name` is for letters that code spells out.

        @equation("reset gate", role="reset")
        def r(self, hx):
            return self.σ(hx @ self.W_r + self.b_r)  # (B, H)
    """

    some_text("equation: place", place)
    text("equation: role", role)
    text("equation: name", name)

    def decorate(method: Any) -> Any:
        letter = name or method.__name__

        def in_its_scope(self: Any, *inputs: Any) -> Any:
            with scope(place, None, role):
                result = method(self, *inputs)
            result.name = letter
            return result

        def of_one_input(self: Any, x: Any) -> Any:  # the same; a star call is slow
            with scope(place, None, role):
                result = method(self, x)
            result.name = letter
            return result

        return wraps(method)(of_one_input if method.__code__.co_argcount == 2 else in_its_scope)

    return decorate


class Bias:
    """The bias of a gate in its equation: a vector b_r; or two, of which it sees the sum b_xr + b_hr; or 0."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name  # b_r
        self.of_x, self.of_h = f"b_x{name[2:]}", f"b_h{name[2:]}"

    def __set__(self, cell: Any, value: Any) -> None:
        """Store one vector as b_r, a pair as b_xr and b_hr; the number 0 stores nothing."""
        attributes = vars(cell)
        if isinstance(value, tuple):
            attributes[self.of_x], attributes[self.of_h] = value
        elif isinstance(value, Parameter) and self.of_x not in attributes:
            attributes[self.name] = value
        elif type(value) is not float or value != 0.0:
            two = f"{self.of_x} and {self.of_h}, which it adds up" if self.of_x in attributes else "a Parameter"
            hint = f"try: cell.{self.of_x if self.of_x in attributes else self.name}.assign(array)"
            raise ArgumentError(f"{type(cell).__name__}.{self.name}: got {brief(value)}, wanted {two}. {hint}")

    def __get__(self, cell: Any, owner: type | None = None) -> Any:
        if cell is None:
            return self
        if (b := vars(cell).get(self.name)) is not None:
            return b
        if self.of_x in vars(cell):
            return getattr(cell, self.of_x) + getattr(cell, self.of_h)
        return 0.0
