"""What plain arguments may be, numbers, truths and paths, and what they look like in a message: short, on one line."""

from __future__ import annotations

import math
import os
import reprlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ArgumentError

__all__ = ["at_least_zero", "brief", "count", "finite", "flag", "fraction", "path_of", "positive", "some_text"]

WHOLE = (int, np.integer)
REALS = (int, float, np.integer, np.floating)
LONGEST_NAME = 255  # letters of a file or folder, on nearly all systems
MOST = sys.float_info.max
LARGEST = 2**63 - 1  # of a count: what NumPy's own take

_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 40


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


def finite(name: str, value: Any) -> float:
    """`value`, if it is one finite number; True is none, and neither is an array."""
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


def _within(name: str, value: Any, wanted: str, least: float, above: bool = False, below: float = math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, REALS):
        raise ArgumentError(f"{name} must be {wanted}, got {brief(value)}")
    x = float(value) if isinstance(value, np.generic) else value
    if not abs(x) <= MOST or not least <= x < below or (above and x == least):  # a whole number may be too large
        raise ArgumentError(f"{name} must be {wanted}, got {brief(value)}")
    return float(x)


def count(name: str, value: Any, least: int, most: int = LARGEST) -> int:
    """`value`, if it is a whole number from `least` up; True is none, and neither is 2.0."""
    if isinstance(value, bool) or not isinstance(value, WHOLE) or not least <= value <= most:
        upto = "up" if most == LARGEST else f"to {most}"
        raise ArgumentError(f"{name} must be a whole number from {least} {upto}, got {brief(value)}")
    return int(value)


def flag(name: str, value: Any) -> bool:
    """`value`, if it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise ArgumentError(f"{name}: got {brief(value)}, wanted True or False. try: {name.split()[-1]}=True")
    return bool(value)


def path_of(who: str, value: Any, example: str = "model.npz") -> Path:
    """The path of a file or folder; an ArgumentError for what names none."""
    if not isinstance(value, str | os.PathLike) or not isinstance(os.fspath(value), str) or "\0" in os.fspath(value):
        raise ArgumentError(f"{who}: got {brief(value)}, wanted the name of a file. try: {example!r}")
    path = Path(value)
    if any(len(part) > LONGEST_NAME for part in path.parts):
        raise ArgumentError(
            f"{who}: {brief(os.fspath(value))} has a name of over {LONGEST_NAME} letters. try: {example!r}"
        )
    return path


def some_text(name: str, value: Any) -> str:
    """`value`, if it is a text."""
    if not isinstance(value, str):
        raise ArgumentError(f"{name}: got {brief(value)}, wanted text. try: {name.split()[-1]}='x'")
    return value
