"""Operands: beside a tensor, numbers and arrays become tensors, and integers take the float dtype."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ..tensor import Tensor
from .arguments import brief
from .arrays import Array, as_array, checked_dtype, is_weak

__all__ = ["as_arrays", "as_operand", "as_tensors", "in_our_dtypes", "value_of"]


WEAK = (float, int, bool)


def value_of(x: Any) -> Array:
    """The array of `x`, tensor or not: for decisions by shape and dtype."""
    return x._array if isinstance(x, Tensor) else x if isinstance(x, np.ndarray) else as_array(x)


def as_arrays(inputs: tuple[Any, ...]) -> list[Any]:
    """Inputs as arrays, where none is a tensor; Python numbers beside an array stay Python numbers."""
    alone = all(is_weak(x) for x in inputs)
    return [x if isinstance(x, np.ndarray | np.generic) or (is_weak(x) and not alone) else as_array(x) for x in inputs]


def as_tensors(inputs: tuple[Any, ...], tensors: list[Tensor]) -> tuple[Any, ...]:
    """Inputs as tensors: Python numbers take the dtype of the tensors among them, arrays are copied."""
    dtype = tensors[0]._array.dtype if len(tensors) == 1 else np.result_type(*[x._array.dtype for x in tensors])
    return tuple([
        x if isinstance(x, Tensor) else constant(x, dtype) if is_weak(x) else Tensor(x) for x in inputs
    ])  # fmt: skip


def as_operand(value: Any, t: Tensor) -> Tensor:
    """A number or array as an operand beside the tensor t: a Python number takes the dtype of t."""
    return constant(value, t._array.dtype) if type(value) in WEAK else Tensor(value)


def constant(value: float, dtype: Any) -> Any:
    """A Python number as a tensor, in the dtype that it takes beside a tensor of `dtype`."""
    if not value:  # 0.0 and −0.0 are the same key of a cache, but not the same number
        return Tensor(np.asarray(value, np.result_type(dtype, value)))
    return _constant(value, dtype)


@lru_cache(maxsize=512, typed=True)
def _constant(value: float, dtype: Any) -> Any:
    try:
        return Tensor(np.asarray(value, np.result_type(dtype, value)))
    except OverflowError:
        got = brief(value)
        raise ArgumentError(f"{got} does not fit into {dtype}. try: a number below 10**38, or a logarithm") from None


def in_our_dtypes(op: Any, array: Any, inputs: tuple[Tensor, ...]) -> tuple[Array, tuple[Tensor, ...]]:
    """The result of an operation, and its inputs, where integers beside floats take the float dtype.

    NumPy alone would make float64 of float32 and int64.
    """
    array = checked_dtype(np.asarray(array))  # NumPy makes scalars of 0-d results
    floats = [x._array.dtype for x in inputs if x._array.dtype.kind == "f"]
    if not op.promotes_dtype or not floats or not any(x._array.dtype.kind in "iu" for x in inputs):
        return array, inputs
    dtype = np.result_type(*floats)
    inputs = tuple([
        Tensor(x._array.astype(dtype), name=x.name) if x._array.dtype.kind in "iu" else x for x in inputs
    ])  # fmt: skip
    with np.errstate(over="ignore"):  # what is too large for float32 is infinite in it
        return array.astype(dtype), inputs
