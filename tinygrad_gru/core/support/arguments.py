"""Argument checks, shared by all functions, and the short form of an argument in an error message.

Each check returns the argument in its own type, or raises one line; `name` is the argument's: "sum: axis".
"""

from __future__ import annotations

import math
import operator
import os
import reprlib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from itertools import islice
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ArgumentError, DtypeError, ShapeError

__all__ = [
    "ShortRepr",
    "at_least_zero",
    "axes",
    "axis",
    "axis_of",
    "brief",
    "brief_shape",
    "count",
    "finite",
    "flag",
    "float_dtype",
    "fraction",
    "function",
    "integer",
    "integers",
    "kind_of",
    "number",
    "path_of",
    "positive",
    "several",
    "shortened",
    "some_dtype",
    "some_text",
    "text",
]

MOST_AXES = 64  # of a NumPy array
WHOLE = (int, np.integer)
REALS = (int, float, np.integer, np.floating)
MOST = sys.float_info.max
LONGEST_NAME = 255  # letters of a file or folder, on nearly all systems
LARGEST = 2**63  # the first whole number that NumPy cannot take for a size

_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 40


def brief(value: Any) -> str:
    """An argument in a few letters: arrays and tensors by their dtype and shape."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if isinstance(shape, tuple) and dtype is not None and not isinstance(value, type):
        return f"{_short.repr(str(dtype))[1:-1]} {brief_shape(shape)}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**18:
        return "a whole number of more than 18 digits"  # Python itself prints at most 4,300 of them
    try:
        return " ".join(_short.repr(value).split())
    except Exception:  # a repr of the user's own, which is not to hide what is wrong
        return kind_of(value)


class ShortRepr:
    """For a dataclass with arrays or graphs in it: a repr of one line, with small values only and the sizes of others.

    `@dataclass(repr=False)`, or the dataclass writes its own.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        words = [f"{field.name}={_in_a_word(getattr(self, field.name))}" for field in fields(self)]  # type: ignore[arg-type]
        return f"{type(self).__name__}({', '.join(words)})"


def _in_a_word(value: Any) -> str:
    if isinstance(value, list | tuple | set | frozenset | Mapping):
        return f"{type(value).__name__} of {len(value)}"
    small = value is None or isinstance(value, str | int | float | Path) or hasattr(value, "shape")
    return brief(value) if small else type(value).__name__


def kind_of(value: Any) -> str:
    """The type of an argument, with its article, for error messages: `a list`, `an int`, `the class GRU`."""
    name = type(value).__name__
    article = "an" if name[:1] in tuple("aeiouAEIO") or name.startswith("nd") else "a"
    return f"the class {value.__name__}" if isinstance(value, type) else f"{article} {name}"


def brief_shape(shape: tuple[int, ...]) -> str:
    """A shape as text, without its middle where it has more than ten axes."""
    if len(shape) <= 10:
        return str(shape)
    first, last = (", ".join(map(str, sizes)) for sizes in (shape[:4], shape[-2:]))
    return f"({first}, …, {last}) of {len(shape)} axes"


def shortened(error: Exception, letters: int = 160) -> str:
    """The message of an exception of NumPy or Python, on one line, cut after `letters`."""
    words = " ".join(str(error).split())
    return words if len(words) <= letters else f"{words[:letters]} …"


def integer(name: str, value: Any, least: int = -LARGEST) -> int:
    """The value as an int: Python's, NumPy's, or an array without axes; True is refused."""
    try:
        n = operator.index(value)
    except TypeError:
        n = LARGEST
    if isinstance(value, bool) or not least <= n < LARGEST:
        from_ = f" from {least} on" if least > -LARGEST else ""
        raise ArgumentError(f"{name}: got {brief(value)}, wanted a whole number{from_}. try: {max(least, 1)}")
    return n


def several(name: str, values: Any, most: int | None = MOST_AXES) -> list[Any]:
    """The values of an ordered iterable, as a list; text, dictionaries and sets are refused."""
    try:
        if isinstance(values, str | bytes | dict | set | frozenset):
            raise TypeError
        items = iter(values)
    except TypeError:
        raise ArgumentError(f"{name}: got {brief(values)}, wanted a list or tuple. try: [...]") from None
    listed = list(islice(items, None if most is None else most + 1))
    if most is not None and len(listed) > most:
        raise ArgumentError(f"{name}: got more than {most}, which no array has axes for. try: fewer")
    return listed


def integers(name: str, values: Any) -> tuple[int, ...]:
    """Sizes or axes as a tuple of ints, from one or several."""
    if type(values) is tuple:  # nearly always, and then it is good already
        for n in values:
            if type(n) is not int or not -LARGEST < n < LARGEST:
                break
        else:
            return values
    one = isinstance(values, str | bytes) or (hasattr(values, "ndim") and values.ndim == 0)
    if isinstance(values, Iterable) and not one:
        return tuple([integer(name, n) for n in several(name, values)])
    return (integer(name, values),)


def axis(of: Any, value: Any) -> int:
    """The number of one axis; `of` is the operation, or its name."""
    if type(value) is int and -MOST_AXES <= value < MOST_AXES:
        return value
    return integer(f"{getattr(of, 'name', of)}: axis", value)


def axis_of(of: Any, value: Any, shape: tuple[int, ...]) -> int:
    """The number of an axis that this shape has."""
    n = axis(of, value)
    if not -len(shape) <= n < len(shape):
        raise ShapeError(f"{of}: axis {n} is not an axis of shape {brief_shape(shape)}")
    return n


def axes(of: Any, value: Any) -> Any:
    """None for all axes, the number of one, or a tuple of them."""
    if value is None or (type(value) is int and -MOST_AXES <= value < MOST_AXES):
        return value
    check: Any = integers if isinstance(value, list | tuple) else integer
    return check(f"{getattr(of, 'name', of)}: axis", value)


def flag(name: str, value: Any) -> bool:
    """The value as a bool: True or False themselves, not 1 or 0."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise ArgumentError(f"{name}: got {brief(value)}, wanted True or False. try: {name.split()[-1]}=True")


def number(name: str, value: Any, hint: str = "1.0") -> Any:
    """The value as a Python number, which takes the dtype of the other operand; a tensor would lose its gradient."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise ArgumentError(f"{name}: got {brief(value)}, wanted a number. try: {hint}")
    if isinstance(value, int) and abs(value) >= LARGEST:
        raise ArgumentError(f"{name}: got {brief(value)}, wanted a smaller number. try: 1e18")
    return value.item() if isinstance(value, np.generic) else value


def function(name: str, value: Any) -> Callable[..., Any]:
    """The value, if it is callable."""
    if callable(value):
        return value  # type: ignore[no-any-return]
    raise ArgumentError(f"{name}: got {brief(value)}, wanted a function. try: lambda x: x**2")


def text(name: str, value: Any) -> Any:
    """The value, if it is a string or None."""
    return value if value is None else some_text(name, value)


def some_text(name: str, value: Any) -> str:
    """The value, if it is a string."""
    if isinstance(value, str):
        return value
    raise ArgumentError(f"{name}: got {brief(value)}, wanted text. try: {name.split()[-1]}='x'")


def float_dtype(name: str, value: Any) -> Any:
    """The value as a dtype: float32 or float64."""
    try:
        dtype = some_dtype(name, value)
    except DtypeError:
        dtype = None
    if dtype is None or dtype not in (np.float32, np.float64):
        got = brief(value) if dtype is None else str(dtype)[:40]
        raise DtypeError(f"{name}: wants float32 or float64, got {got}. try: np.float32")
    return dtype


def some_dtype(name: str, value: Any) -> Any:
    """The value as a dtype, from its name or from a type of NumPy or Python; None (NumPy's float64) is refused."""
    deprecated = isinstance(value, str) and value.lstrip("<>=|").startswith("a")  # NumPy would warn
    if isinstance(value, str | np.dtype | type) and not deprecated:
        try:
            return np.dtype(value)
        except (TypeError, ValueError):  # a name or class that NumPy has no dtype for
            pass
    raise DtypeError(f"{name}: got {brief(value)}, wanted a dtype. try: np.float32")


def finite(name: str, value: Any) -> float:
    """`value`, if it is one finite number; True and arrays are refused."""
    return _within(name, value, "a finite number", -math.inf)


def positive(name: str, value: Any, infinite: bool = False) -> float:
    """`value`, if it is above 0, and finite unless it may be infinite."""
    if infinite and isinstance(value, float | np.floating) and value == math.inf:
        return math.inf
    return _within(name, value, "a number above 0" if infinite else "a finite number above 0", 0, above=True)


def at_least_zero(name: str, value: Any) -> float:
    """`value`, if it is finite and not below 0."""
    return _within(name, value, "a finite number from 0 up", 0)


def fraction(name: str, value: Any) -> float:
    """`value`, if it is at least 0 and below 1."""
    return _within(name, value, "at least 0 and below 1", 0, below=1)


def _within(name: str, value: Any, expected: str, least: float, above: bool = False, below: float = math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, REALS):
        raise ArgumentError(f"{name} must be {expected}, got {brief(value)}")
    x = float(value) if isinstance(value, np.generic) else value
    if not abs(x) <= MOST or not least <= x < below or (above and x == least):  # a whole number may be too large
        raise ArgumentError(f"{name} must be {expected}, got {brief(value)}")
    return float(x)


def count(name: str, value: Any, least: int, most: int = LARGEST - 1) -> int:
    """`value`, if it is a whole number from `least` up; True and 2.0 are refused."""
    if isinstance(value, bool) or not isinstance(value, WHOLE) or not least <= value <= most:
        upto = "up" if most == LARGEST - 1 else f"to {most}"
        raise ArgumentError(f"{name} must be a whole number from {least} {upto}, got {brief(value)}")
    return int(value)


def path_of(who: str, value: Any, example: str = "model.npz") -> Path:
    """The path of a file or folder; raises ArgumentError for any other value."""
    if not isinstance(value, str | os.PathLike) or not isinstance(os.fspath(value), str) or "\0" in os.fspath(value):
        raise ArgumentError(f"{who}: got {brief(value)}, wanted the name of a file. try: {example!r}")
    path = Path(value)
    if any(len(part) > LONGEST_NAME for part in path.parts):
        raise ArgumentError(
            f"{who}: {brief(os.fspath(value))} has a name of over {LONGEST_NAME} letters. try: {example!r}"
        )
    return path
