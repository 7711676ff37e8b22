"""The public entrance: misuse is told as our own exception, in one line, whatever NumPy says of it.

What a user's own function or operation raises passes through as it is: only an error met in our own lines, or in the
library calls that these make, is explained. The first error stays its cause, so that a fault of ours is still found.
"""

from __future__ import annotations

import functools
import inspect
import reprlib
import sys
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from ..errors import ArgumentError, DtypeError, FileError, TinygradError

__all__ = ["brief", "explain_misuse", "explained"]

LIBRARIES = {__name__.partition(".")[0], "numpy", *sys.stdlib_module_names}  # where a line is nobody's of the user
MISUSE = (
    TypeError, ValueError, AttributeError, LookupError, ArithmeticError, AssertionError, MemoryError, RecursionError,
    OSError,
)  # fmt: skip
AT_EVERY_STEP = {"b", "checked_input", "checked_state", "gates", "step"}
SHOWN = 4  # arguments named in a message

P = ParamSpec("P")
R = TypeVar("R")

_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 40


def explained(function: Callable[P, R]) -> Callable[P, R]:
    """The same function, except that misuse of it is one of our own exceptions.

    A wrong number of arguments is left to Python, which says it best.
    """

    @functools.wraps(function)
    def at_the_entrance(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TinygradError:
            raise
        except MISUSE as error:
            tb = error.__traceback__
            if tb is None or tb.tb_next is None or not _is_ours(tb.tb_next):
                raise
            raise _as_our_own(error, function, args, kwargs) from error

    return at_the_entrance


def explain_misuse(namespace: dict[str, Any], names: Iterable[str]) -> None:
    """Put `explained` before these functions of a package, and before the constructors and methods of these classes.

    Not before the lines of a cell, which run at every time step.
    """
    for name in names:
        item = namespace.get(name)  # None: brought in when it is asked for
        if inspect.isfunction(item):
            namespace[name] = explained(item)
        elif inspect.isclass(item):
            for method, function in list(vars(item).items()):
                public = method in ("__init__", "__getitem__") or not method.startswith("_")
                if inspect.isfunction(function) and public and method not in AT_EVERY_STEP:
                    setattr(item, method, explained(function))


def _is_ours(tb: TracebackType | None) -> bool:
    """Whether an error arose without a line of the user's: in ours, in NumPy's or in those of Python's own library."""
    while tb is not None:
        library = str(tb.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if library not in LIBRARIES:
            return False
        tb = tb.tb_next
    return True


def _as_our_own(
    error: Exception, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> TinygradError:
    """What is wrong, the arguments, and where to read what is wanted."""
    method = "." in function.__qualname__ and "<locals>" not in function.__qualname__
    name = function.__name__
    if method:
        name = type(args[0]).__name__ + ("" if name == "__init__" else f".{name}")
    words = [brief(value) for value in args[method:]] + [f"{k}={brief(v)}" for k, v in kwargs.items()]
    got = ", ".join(words[:SHOWN] + ["…"] * (len(words) > SHOWN))
    kind = _kind(error)
    reason = str(error) or type(error).__name__
    return kind(f"{name}: {reason}: got ({got}). try: help({name})")


def _kind(error: Exception) -> type[TinygradError]:
    """The one of our exceptions that whoever expects this one catches as well."""
    if isinstance(error, OSError):
        return FileError
    return DtypeError if isinstance(error, TypeError) else ArgumentError


def brief(value: Any) -> str:
    """An argument in a few letters: arrays and tensors by their dtype and shape."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if isinstance(shape, tuple) and dtype is not None and not isinstance(value, type):
        return f"{dtype} {shape}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**18:
        return "a whole number of more than 18 digits"  # Python itself prints at most 4,300 of them
    try:
        return " ".join(_short.repr(value).split())
    except Exception:  # a repr of the user's own, which is not to hide what is wrong
        return f"a {type(value).__name__}"
