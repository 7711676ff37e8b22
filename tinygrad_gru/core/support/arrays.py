"""What may become a tensor's array: the dtype policy in one place."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError, DtypeError

__all__ = ["Array", "as_array", "is_weak"]

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
    if isinstance(value, np.ndarray | np.generic):
        refuse_a_mask(value)
        array = np.asarray(value)
    elif isinstance(value, list | tuple) or is_weak(value):
        _refuse_tensors_inside(value)
        try:
            array = np.array(value)
        except ValueError as error:
            raise ArgumentError(f"a nested list must be rectangular: {error}. try: lists of equal lengths") from None
        if array.dtype.kind in "iuf":
            array = array.astype(np.float32)
    else:
        array = np.asarray(value)
    return checked_dtype(array)


def _refuse_tensors_inside(value: Any) -> None:
    """NumPy would turn tensors in a list, however deep inside, into numbers, and their gradients would be lost."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list | tuple):
            pending.extend(item)
        elif hasattr(item, "requires_grad"):
            raise ArgumentError("a list of tensors is not a tensor: it would lose their gradients. try: tg.stack(list)")
        else:
            refuse_a_mask(item)


def refuse_a_mask(value: Any) -> None:
    """NumPy would forget which elements of a masked array do not count."""
    if type(value) is np.ndarray or not isinstance(value, np.ndarray):
        return  # before numpy.ma is looked up, which imports it
    if isinstance(value, np.ma.MaskedArray):
        raise DtypeError("a tensor has no mask: it would be lost. try: array.filled(0), and the mask by itself")


def checked_dtype(array: Array) -> Array:
    """The same array in native byte order, if its dtype is one of ours."""
    native = array.dtype.newbyteorder("=")
    if native in FLOATS or native.kind in "biu":
        return array if array.dtype.isnative else array.astype(native)
    raise DtypeError(
        f"a tensor holds float32, float64, integers or booleans, got {array.dtype}. try: array.astype(np.float32)"
    )
