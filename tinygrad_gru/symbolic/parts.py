"""Parts and shapes of tensors, as they are written: what stands in brackets, and what broadcasting leaves unsaid."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .expression import Expression, call, element, named, times, value_of_number

__all__ = ["basic_key", "fits", "is_inserting", "key_text", "stripped", "with_shape"]

MOST_SHOWN = 6  # numbers of an array of indices
INDICES = "ijklmn"  # what stands for each index of an axis

Shape = tuple[int, ...]


def key_text(key: Any, size: Callable[[int], str], arrays: Mapping[str, Any], shape: Shape = ()) -> str:
    """What stands in the brackets of a part: `:, ::-1`, with letters for the sizes.

    An array of indices is its name, if `arrays` has it; `i` where it runs along an axis of `shape`; else its numbers.
    """
    words = []
    keys = key if isinstance(key, tuple) else (key,)
    ndim = len(shape)
    real = [k for k in keys if k is not None]
    if keys and keys[0] is Ellipsis and len(real) == ndim + 1:  # which stands for no axis
        keys, real = keys[1:], real[1:]
    axis = -1
    for k in keys:
        axis += k is not None
        if k is Ellipsis:
            axis = ndim - len(real) + axis
        if isinstance(k, slice):
            start, stop = ("" if end is None else size(end) for end in (k.start, k.stop))
            words.append(f"{start}:{stop}" + ("" if k.step is None else f":{k.step}"))
        elif k is None or k is Ellipsis:
            words.append("None" if k is None else "…")
        elif isinstance(k, int):
            words.append(str(k))
        else:
            words.append(_indices(np.asarray(k), axis, keys, arrays, shape))
    return ", ".join(words)


def _indices(k: Any, axis: int, keys: tuple[Any, ...], arrays: Mapping[str, Any], shape: Shape) -> str:
    """An array of indices."""
    if not k.ndim:
        return str(k.item())
    letter, own = "", False
    all_arrays = sum(isinstance(other, np.ndarray) for other in keys) > 1
    if all_arrays and axis < len(shape) and k.dtype.kind in "iu" and np.array_equal(k.ravel(), np.arange(shape[axis])):
        along = next((i for i, n in enumerate(k.shape) if n > 1), axis)  # np.ix_: an array for each axis
        letter, own = INDICES[along], along == axis
    if own:
        return letter
    for name, array in arrays.items():
        if array.shape == k.shape and array.dtype.kind == k.dtype.kind and np.array_equal(array, k):
            return name
    if letter:
        return letter
    if k.ndim > 1 and k.size <= MOST_SHOWN:
        return str(k.tolist())
    flat = [str(n) for n in k.ravel()[: MOST_SHOWN + 1].tolist()]
    return f"[{', '.join(flat[:MOST_SHOWN])}{', …' if k.size > MOST_SHOWN else ''}]"


def basic_key(key: Any) -> bool:
    """Whether the key holds no arrays."""
    return all(
        k is None or k is Ellipsis or isinstance(k, slice | int) for k in (key if isinstance(key, tuple) else (key,))
    )


def is_inserting(key: Any) -> bool:
    """Whether the key takes all there is, with new axes of size 1: `x[…, None, :]`."""
    keys = key if isinstance(key, tuple) else (key,)
    return bool(keys) and all(k is None or k is Ellipsis or (isinstance(k, slice) and k == slice(None)) for k in keys)


def fits(written: Shape, shape: Shape) -> bool:
    """Whether broadcasting makes the second shape of the first one: axes of size 1 at the front are left unsaid."""
    short, wanted = stripped(written), stripped(shape)
    return len(short) <= len(wanted) and all(m in (1, n) for m, n in zip(short[::-1], wanted[::-1], strict=False))


def stripped(shape: Shape) -> Shape:
    """Without the axes of size 1 at the front."""
    start = next((i for i, n in enumerate(shape) if n != 1), len(shape))
    return shape[start:]


def with_shape(x: Expression, written: Shape, shape: Shape, size: Callable[[int], str]) -> Expression:
    """What is written in one shape, in another that has as many numbers: `v[:, None]`; if that has more, times ones."""
    if written == shape:
        return x
    if (value := value_of_number(x)) is not None or math.prod(written) != math.prod(shape):
        if value is not None and math.prod(shape) == 1:
            return x
        sizes = [named(size(n)) for n in shape]
        return call("zeros", *sizes) if value == 0 else times(x, call("ones", *sizes))
    if x.kind == "kept" and tuple(n for n in written if n != 1) == shape:
        return x.operands[0]
    if (key := _inserted(written, shape)) is not None:
        return element(x, key)
    if (key := _inserted(shape, written)) is not None:
        return element(x, key.replace("None", "0"))
    return call("reshape", x, *[named(size(n)) for n in shape])


def _inserted(short: Shape, long: Shape) -> str | None:
    """The key that makes the long shape of the short one with axes of size 1: `:, None`; None if there is none."""
    words, left = [], list(short)
    for n in long:
        if left and left[0] == n:
            words.append(":")
            left.pop(0)
        elif n == 1:
            words.append("None")
        else:
            return None
    return None if left or len(short) >= len(long) else ", ".join(words)
