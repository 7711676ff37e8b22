"""Checks of the arguments of layers: sizes, dtypes, arrays of integers."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from ...core.support.arguments import brief
from ...core.support.arrays import FLOATS, Array
from ...core.support.operands import value_of
from ...core.support.scopes import here
from ...errors import ArgumentError, DtypeError

__all__ = ["array_of", "checked_float", "checked_size", "whole_numbers"]

NAMES = {"f4": np.float32, "f8": np.float64, **np.sctypeDict}
LARGEST = 2**31 - 1  # of a size; the arrays themselves are measured in limits.py


def checked_float(who: str, dtype: Any) -> Any:
    """The dtype of parameters: float32 or float64, as a dtype, NumPy's class or its name."""
    kind = NAMES.get(dtype) if isinstance(dtype, str) else dtype
    with suppress(TypeError):  # a class that is no number's
        kind = np.dtype(kind) if isinstance(kind, type) else kind
    if not isinstance(kind, np.dtype) or kind not in FLOATS:
        got = kind if isinstance(kind, np.dtype) and kind.kind != "O" else brief(dtype)
        raise DtypeError(f"{who}: a parameter is float32 or float64, got {got}. try: dtype=np.float32")
    return kind


def checked_size(layer: object, name: str, value: Any) -> int:
    """The size of a layer as an int above 0."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ArgumentError(f"{type(layer).__name__}: {name} must be a whole number above 0, got {brief(value)}")
    if value > LARGEST:
        raise ArgumentError(
            f"{type(layer).__name__}: {name}: got {brief(value)}, and there is no memory for so many. try: {name}=128"
        )
    return int(value)


def array_of(name: str, value: Any) -> Array:
    """A list, an array or a tensor as an array; unlike a tensor's, whole numbers in a list stay whole numbers."""
    if not isinstance(value, list | tuple | int):
        return value_of(value)
    try:
        array: Array = np.array(value)
    except (TypeError, ValueError, OverflowError):  # rows of unequal length, or a number too large for an array
        raise ArgumentError(f"{name} must be numbers in rows of equal length, got {brief(value)}") from None
    return array.astype(int) if array.size == 0 else array  # [] is an array of floats to NumPy


def whole_numbers(name: str, value: Any) -> Array:
    """Whole numbers in a list, an array or a tensor, as an array; a DtypeError for others, which would lose digits."""
    array = array_of(name, value)
    if array.dtype.kind not in "iu":
        raise DtypeError(f"{name} must be whole numbers, got {array.dtype}{here()}. try: array.astype(int)")
    return array
