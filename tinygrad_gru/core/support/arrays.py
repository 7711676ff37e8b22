"""The dtype policy: which values become the array of a tensor, and in which dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError, DtypeError
from .arguments import MOST_AXES, brief, shortened

__all__ = ["Array", "as_array", "as_floats", "as_numpy", "is_weak", "real_numbers"]

Array = np.ndarray[Any, Any]

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def is_weak(value: object) -> bool:
    """True for a plain Python number, which takes the dtype of the tensor it meets: `f32 * 2.0` stays float32."""
    return type(value) in (bool, int, float)


def as_array(value: Any) -> Array:
    """`value` as an array: Python numbers and lists become float32 (bools stay bool), arrays keep their dtype.

    Does not copy an array. Raises DtypeError for dtypes other than float32, float64, integers and booleans, and for a
    masked array, whose mask no tensor can hold.
    """
    array = as_numpy(value)
    if (isinstance(value, list | tuple) or is_weak(value)) and array.dtype.kind in "iuf":
        array = array.astype(np.float32)
    return checked_dtype(array)


def as_numpy(value: Any) -> Array:
    """`value` as the array that NumPy makes of it, unless that drops a mask, or the gradients of tensors in a list."""
    if isinstance(value, np.ndarray | np.generic):
        refuse_a_mask(value)
    elif isinstance(value, list | tuple):
        _refuse_tensors_inside(value)
        try:
            return np.array(value)
        except ValueError as error:
            words = shortened(error).rstrip(".")
            raise ArgumentError(f"a nested list must be rectangular: {words}. try: lists of equal lengths") from None
    return np.asarray(value)


def real_numbers(value: Any) -> Array:
    """`value` as an array to be cast to a tensor's dtype: text would be read as numbers, complex ones lose a part."""
    array = as_numpy(value)
    if array.dtype.kind not in "biuf":
        raise DtypeError(f"wants real numbers, got {brief(array)}. try: array.astype(np.float32)")
    return array


def _refuse_tensors_inside(values: list[Any] | tuple[Any, ...], depth: int = 1) -> None:
    """Raise ArgumentError for a tensor anywhere in a nested list: NumPy would drop its gradient."""
    if depth > MOST_AXES:
        raise ArgumentError(f"a list of more than {MOST_AXES} lists in each other. try: np.array of fewer axes")
    for item in values:
        if isinstance(item, list | tuple):
            _refuse_tensors_inside(item, depth + 1)
        elif hasattr(item, "requires_grad"):
            raise ArgumentError("a list of tensors is not a tensor: it would lose their gradients. try: tg.stack(list)")
        else:
            refuse_a_mask(item)


def refuse_a_mask(value: Any) -> None:
    """Raise DtypeError for a masked array: NumPy would drop its mask."""
    if type(value) is np.ndarray or not isinstance(value, np.ndarray):
        return  # before numpy.ma is looked up, which imports it
    if isinstance(value, np.ma.MaskedArray):
        raise DtypeError("a tensor has no mask: it would be lost. try: array.filled(0), and the mask by itself")


def checked_dtype(array: Array) -> Array:
    """The same array in native byte order, if its dtype is one of ours."""
    native = array.dtype.newbyteorder("=")
    if native in FLOATS or native.kind in "biu":
        return array if array.dtype.isnative else array.astype(native)
    got = {"U": "text", "S": "bytes", "O": "objects, such as None"}.get(native.kind, str(native))
    hint = "array.astype(np.float32)" + ", if it holds numbers" * (native.kind in "USO")
    raise DtypeError(f"a tensor holds float32, float64, integers or booleans, got {got}. try: {hint}")


def as_floats(array: Array) -> Array:
    """The array itself if its dtype is a float, otherwise a float64 copy."""
    return array if array.dtype.kind == "f" else checked_dtype(array).astype(np.float64)
