"""Symbolic sizes: the numbers of several recordings as expressions in the batch size, the time steps and so on.

A recorded graph holds numbers: a reshape to (5, 3, 64), where 5 was the number of time steps and 3 that of sequences.
So a program is recorded several times: with the example, with each free size changed, and with all of them changed. A
number that stays is a constant; one that is a multiple of free sizes and an offset is a `Size`, such as `time - 1` or
`2*batch`, and must predict the last recording. Any other, such as `time // 2`, is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Fill", "Range", "Size", "Unfitting", "fitted", "merged"]

Sizes = Mapping[str, int]  # a recording's free sizes by name


class Unfitting(Exception):
    """The recordings disagree in a way that no size explains; `str` says how. Never leaves the exporter."""


@dataclass(frozen=True)
class Size:
    """A whole number that depends on the free sizes: a sum of products `factor * name * name …`, and an offset."""

    terms: tuple[tuple[int, tuple[str, ...]], ...]
    offset: int = 0

    def at(self, sizes: Sizes) -> int:
        """The number for these free sizes."""
        return self.offset + sum(factor * math.prod(sizes[name] for name in names) for factor, names in self.terms)

    def __str__(self) -> str:
        return self.text({})

    def text(self, titles: Mapping[str, str]) -> str:
        """The expression, with other names for the free sizes."""
        words = []
        for factor, names in self.terms:
            words.append("*".join([*([] if factor == 1 else [str(factor)]), *(titles.get(n, n) for n in names)]))
        words += [str(self.offset)] if self.offset else []
        return " + ".join(words).replace("+ -", "- ")


@dataclass(frozen=True)
class Range:
    """The whole numbers from 0 up to a size, not included: what `np.arange(len(x))` is in every recording."""

    stop: Size


@dataclass(frozen=True)
class Fill:
    """One value all over, in a shape that depends on the free sizes: what `np.zeros((len(x), 3))` is."""

    value: Any  # a NumPy number


def fitted(numbers: Sequence[int], recordings: Sequence[Sizes]) -> int | Size:
    """The number, or the size, that is `numbers[i]` in recording i; raises Unfitting where there is none.

    The first recording is the example, the next ones change one size each, in order, and the last ones change all.

    >>> recordings = [{"time": 5}, {"time": 6}, {"time": 9}]
    >>> str(fitted([4, 5, 8], recordings)), fitted([7, 7, 7], recordings)
    ('time - 1', 7)
    """
    first, base = numbers[0], recordings[0]
    if all(number == first for number in numbers):
        return first
    changed = [name for name, number in zip(base, numbers[1:], strict=False) if number != first]
    for guess in (_sum, _product):
        size = guess(numbers, recordings, changed)
        if size is not None and all(size.at(s) == n for s, n in zip(recordings, numbers, strict=True)):
            return size
    free = ", ".join(changed) or "the sizes"
    raise Unfitting(f"the number {first} became {', '.join(map(str, numbers[1:]))} as {free} changed")


def _sum(numbers: Sequence[int], recordings: Sequence[Sizes], changed: list[str]) -> Size | None:
    base = recordings[0]
    terms = []
    for name, number, sizes in zip(base, numbers[1:], recordings[1:], strict=False):
        if name in changed:
            factor, rest = divmod(number - numbers[0], sizes[name] - base[name])
            if rest:
                return None
            terms.append((factor, (name,)))
    return Size(tuple(terms), numbers[0] - sum(factor * base[name] for factor, (name,) in terms))


def _product(numbers: Sequence[int], recordings: Sequence[Sizes], changed: list[str]) -> Size | None:
    whole = math.prod(recordings[0][name] for name in changed)
    return None if not whole or numbers[0] % whole else Size(((numbers[0] // whole, tuple(changed)),))


def merged(values: Sequence[Any], recordings: Sequence[Sizes]) -> Any:
    """One value out of those that an operation's option had in the recordings, with sizes for the numbers that vary.

    Looks into tuples, slices and arrays; raises Unfitting where the values differ in anything but sizes.
    """
    first = values[0]
    if any(type(value) is not type(first) for value in values):
        raise Unfitting(f"{_shown(first)} became {_shown(next(v for v in values if type(v) is not type(first)))}")
    match first:
        case int() if not isinstance(first, bool):
            return fitted(values, recordings)
        case tuple():
            if any(len(value) != len(first) for value in values):
                raise Unfitting(f"{_shown(first)} became {_shown(next(v for v in values if len(v) != len(first)))}")
            return tuple(merged(items, recordings) for items in zip(*values, strict=True))
        case slice():
            return slice(
                *(merged([getattr(v, part) for v in values], recordings) for part in ("start", "stop", "step"))
            )
        case np.ndarray():
            return _merged_arrays(values, recordings)
    if any(value != first for value in values):
        raise Unfitting(f"{_shown(first)} became {_shown(next(v for v in values if v != first))}")
    return first


def _merged_arrays(arrays: Sequence[Any], recordings: Sequence[Sizes]) -> Any:
    first = arrays[0]
    numeric = first.dtype.kind in "iuf"
    if all(a.dtype == first.dtype and _same(a, first) for a in arrays):
        return first
    if first.ndim == 0 and numeric and all(float(a).is_integer() for a in arrays):
        return fitted([int(a) for a in arrays], recordings)
    if first.ndim == 1 and numeric and all(_same(a, np.arange(len(a))) for a in arrays):
        stop = fitted([len(a) for a in arrays], recordings)
        if isinstance(stop, Size):
            return Range(stop)
    if all(a.ndim == first.ndim and a.size and (a == first.flat[0]).all() for a in arrays):
        return Fill(first.flat[0])
    raise Unfitting("an array of constants changed with the values or the sizes of the inputs")


def _same(a: Any, b: Any) -> bool:
    return a.shape == b.shape and bool(((a == b) | ((a != a) & (b != b))).all())


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
