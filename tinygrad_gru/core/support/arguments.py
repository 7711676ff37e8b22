"""What an argument looks like in a message: short, on one line, whatever it is."""

from __future__ import annotations

import reprlib
from typing import Any

__all__ = ["brief"]

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
