"""What an attempt returned, as arrays: however it is wrapped, as long as it can be read as what is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

__all__ = ["NOTHING_YET", "NoNumbers", "arrays_of", "solution_arrays"]

Array = np.ndarray
DEEPEST = 3  # lists within lists
NOTHING_YET = "Nothing yet: write your code in the place of the dots."
COLLECTIONS = {
    dict: "a dict; wanted is a list: take its values in order, [d[key] for key in sorted(d)].",
    set: "a set, which has no order; wanted is a list.",
}


class NoNumbers(Exception):
    """Why a result cannot be read as arrays, in words for the learner."""


def solution_arrays(result: Any) -> list[Array]:
    """Those of a solution, which returns one array, one list of numbers, or several results."""
    several = isinstance(result, tuple) or (isinstance(result, list) and not all(map(_is_number, result)))
    return [np.asarray(item) for item in (result if several else [result])]


def arrays_of(result: Any, wanted: Sequence[Array]) -> list[Array]:
    """As many arrays as are wanted, where the result can be read so; otherwise as many as there are.

    Lists, tuples and tensors will do for arrays, an array of all results for a list of them, and lists within lists
    for a list. Raises NoNumbers.
    """
    _refuse_nothing(result, "It returns None: is there a `return`?")
    result = _plain(result)
    if len(wanted) == 1:
        several = isinstance(result, tuple | list) and not all(map(_is_number, result))
        array = _array_or_none(result)
        one = not several or (isinstance(result, list) and len(result) > 1)
        if array is not None and (one or array.shape == wanted[0].shape):
            return [array]
        if several and len(result) == 1 and (array := _array_or_none(result[0])) is not None:  # `return x,`
            return [array]
    elif isinstance(result, np.ndarray) and _holds_all(result, wanted):
        return [_array(item) for item in result]
    elif isinstance(result, tuple | list) and len(result) == len(wanted):
        if all(not isinstance(item, tuple | list) or _array_or_none(item) is not None for item in result):
            return [_array(item) for item in result]
    return list(_flat(result))


def _holds_all(result: Array, wanted: Sequence[Array]) -> bool:
    """Whether an array may be all results, laid one beside the other: so it is with numbers, however many they are."""
    if result.ndim == 1 and all(w.ndim == 0 for w in wanted):
        return True
    return result.shape[:1] == (len(wanted),) and all(result.shape[1:] == w.shape for w in wanted)


def _refuse_nothing(item: Any, none: str = "One of its results is None.") -> None:
    if item is None:
        raise NoNumbers(none)
    if item is ...:
        raise NoNumbers(NOTHING_YET)


def _flat(result: Any, depth: int = 0) -> Iterator[Array]:
    """The arrays of a result: one, or those of a tuple or list, one after the other."""
    _refuse_nothing(result)
    if isinstance(result, tuple | list) and depth <= DEEPEST:
        for item in result:
            yield from _flat(item, depth + 1)
    else:
        yield _array(result)


def _array(item: Any) -> Array:
    """An array of numbers. Raises NoNumbers."""
    _refuse_nothing(item)
    array = _array_or_none(item)
    if array is not None:
        return array
    if isinstance(item, tuple | list):
        raise NoNumbers("It returns lists within lists within lists, wanted arrays.")
    for kind, words in COLLECTIONS.items():
        if isinstance(item, kind):
            raise NoNumbers(f"It returns {words}")
    if isinstance(item, Iterator) or type(item).__name__.startswith("dict_"):
        raise NoNumbers(f"It returns a {type(item).__name__}; wanted is a list: list(...).")
    raise NoNumbers(f"It returns {type(item).__name__} where numbers are wanted.")


def _array_or_none(item: Any) -> Array | None:
    """None for what holds no numbers: text, complex numbers, objects, lists of different lengths."""
    try:
        array = np.asarray(_plain(item))
        return array if array.dtype.kind in "fiub" else None
    except Exception:  # an object of the learner's may raise anything when it is asked for its numbers
        return None


def _plain(item: Any, depth: int = 0) -> Any:
    """The same with the arrays of tensors, ours or PyTorch's, without their gradients."""
    if isinstance(item, list) and depth <= DEEPEST:
        return [_plain(part, depth + 1) for part in item]
    if isinstance(item, tuple) and depth <= DEEPEST:
        return tuple(_plain(part, depth + 1) for part in item)
    if hasattr(item, "requires_grad") and hasattr(item, "detach"):
        return np.asarray(item.detach())
    return item


def _is_number(item: Any) -> bool:
    """Whether it is one number: Python's, NumPy's, or an array or tensor without axes."""
    return isinstance(item, bool | int | float) or getattr(item, "shape", None) == ()
