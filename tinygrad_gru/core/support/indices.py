"""Indices as a user writes them: lists, arrays, tensors, slices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError, DtypeError
from ..tensor import Tensor
from .arguments import brief
from .arrays import Array
from .operands import value_of

__all__ = ["frozen_key", "listed", "shown_key", "whole_numbers"]


def frozen_key(key: Any) -> Any:
    """The index with its arrays copied: the gradient needs them as they are now."""
    if isinstance(key, tuple):
        return tuple(frozen_key(k) for k in key)
    if key is None or key is Ellipsis or type(key) in (int, slice):
        return key
    if isinstance(key, bool | np.bool_):
        return np.asarray(key)
    array = listed(key) if isinstance(key, list) else np.array(key.data if isinstance(key, Tensor) else value_of(key))
    if array.dtype.kind not in "iub":
        raise DtypeError(f"getitem: an index must be whole numbers or booleans, got {brief(array)}. try: t[0], t[1:3]")
    return int(array) if array.ndim == 0 and array.dtype != bool else array


def shown_key(key: Any) -> str:
    """An index as it would be written, for messages."""
    parts = key if isinstance(key, tuple) else (key,)
    return "[" + ", ".join(f"array{k.shape}" if isinstance(k, np.ndarray) else brief(k) for k in parts) + "]"


def listed(indices: Any) -> Array:
    """A list of indices as an array: of integers, also where it is empty."""
    try:
        return np.array(indices, None if np.size(indices) else int)
    except (ValueError, RecursionError):
        raise ArgumentError("a list of indices must be rectangular. try: lists of equal lengths") from None


def whole_numbers(name: str, indices: Any) -> Any:
    """Indices as a tensor or array of integers; a list of them would otherwise become float32."""
    if isinstance(indices, list | tuple | int):
        indices = listed(indices)
    if value_of(indices).dtype.kind not in "iu":
        got = brief(value_of(indices))
        raise DtypeError(f"{name}: indices must be whole numbers, got {got}. try: indices.astype(int)")
    return indices
