"""The inputs of a case as text: numbers as they are, of large arrays the shape, graphs and programs line by line."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..exercise import Exercise
from .outcome import parameters

__all__ = ["described"]

SMALL, FEW = 4, 4  # numbers of an array, and arrays of a list, that are shown


def described(exercise: Exercise, case: tuple[Any, ...]) -> str:
    """The inputs of a case in a few words: `w = 0.5, x = 2, b = −0.3`; graphs and programs as one may paste them."""
    names = parameters(exercise) or list(inspect.signature(exercise.module.probe).parameters)[1:]
    words = [_in_words(name, value) for name, value in zip(names, case, strict=False)]
    blocks = [f"{name} = {_block(value)}" for name, value in zip(names, case, strict=False) if _is_block(value)]
    return "\n".join(filter(None, [", ".join(filter(None, words)), *blocks]))


def _in_words(name: str, value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{name} = {_numbers(value)}" if _is_small(value) else f"{name} {value.shape}"
    if isinstance(value, bool | int | float | str | tuple):
        return f"{name} = {value}".replace("-", "−")
    if isinstance(value, list) and all(map(_is_small, value)):
        more = ", …" * (len(value) > FEW)
        return f"{name} = {', '.join(map(_numbers, value[:FEW]))}{more}"
    if isinstance(value, dict) and all(isinstance(each, np.ndarray) for each in value.values()):
        return ", ".join(_in_words(key, array) for key, array in value.items())
    if callable(value) and value.__doc__:
        return f"{name} = {value.__doc__}"
    return ""


def _is_small(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.size <= SMALL and value.ndim < 2


def _numbers(array: np.ndarray) -> str:
    return np.array2string(array, precision=3).replace("-", "−")


def _is_block(value: Any) -> bool:
    """A graph, or a program."""
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return bool(items) and all(isinstance(item, tuple) for item in items)


def _block(value: Any) -> str:
    if isinstance(value, dict):
        return "{\n" + "".join(f"    {key!r}: {item!r},\n" for key, item in value.items()) + "}"
    return "[\n" + "".join(f"    {item!r},\n".replace("'", '"') for item in value) + "]"
