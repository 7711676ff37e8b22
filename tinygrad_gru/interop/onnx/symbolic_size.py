"""Sizes that are not numbers yet: what a recording says of the batch and the time of other recordings.

A recorded graph holds numbers: a reshape to (5, 3, 64), where 5 was the number of time steps and 3 that of sequences.
So a program is recorded several times: as given, with each free size changed, and with all of them changed. A number
that stays is a constant; one that follows the free sizes by whole multiples is a `Size`, such as `time - 1` or
`2*batch`, and must foretell the last recording. Any other, such as `time // 2`, is not guessed at.
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
        """The number, given the free sizes."""
        return self.offset + sum(factor * math.prod(sizes[name] for name in names) for factor, names in self.terms)

    def __str__(self) -> str:
        return self.text({})

    def text(self, titles: Mapping[str, str]) -> str:
        """As it would be written, with other names for the free sizes."""
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

    The first recording is as given, the next ones change one size each, in order, and the last ones change all.

    >>> recordings = [{"time": 5}, {"time": 6}, {"time": 9}]
    >>> str(fitted([4, 5, 8], recordings)), fitted([7, 7, 7], recordings)
    ('time - 1', 7)
    """
    given, base = numbers[0], recordings[0]
    if all(number == given for number in numbers):
        return given
    changed = [name for name, number in zip(base, numbers[1:], strict=False) if number != given]
    for guess in (_sum, _product):
        size = guess(numbers, recordings, changed)
        if size is not None and all(size.at(s) == n for s, n in zip(recordings, numbers, strict=True)):
            return size
    free = ", ".join(changed) or "the sizes"
    raise Unfitting(f"the number {given} became {', '.join(map(str, numbers[1:]))} as {free} changed")


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
    given = values[0]
    if any(type(value) is not type(given) for value in values):
        raise Unfitting(f"{_shown(given)} became {_shown(next(v for v in values if type(v) is not type(given)))}")
    match given:
        case int() if not isinstance(given, bool):
            return fitted(values, recordings)
        case tuple():
            if any(len(value) != len(given) for value in values):
                raise Unfitting(f"{_shown(given)} became {_shown(next(v for v in values if len(v) != len(given)))}")
            return tuple(merged(items, recordings) for items in zip(*values, strict=True))
        case slice():
            return slice(
                *(merged([getattr(v, part) for v in values], recordings) for part in ("start", "stop", "step"))
            )
        case np.ndarray():
            return _merged_arrays(values, recordings)
    if any(value != given for value in values):
        raise Unfitting(f"{_shown(given)} became {_shown(next(v for v in values if v != given))}")
    return given


def _merged_arrays(arrays: Sequence[Any], recordings: Sequence[Sizes]) -> Any:
    given = arrays[0]
    numeric = given.dtype.kind in "iuf"
    if all(a.dtype == given.dtype and _same(a, given) for a in arrays):
        return given
    if given.ndim == 0 and numeric and all(float(a).is_integer() for a in arrays):
        return fitted([int(a) for a in arrays], recordings)
    if given.ndim == 1 and numeric and all(_same(a, np.arange(len(a))) for a in arrays):
        stop = fitted([len(a) for a in arrays], recordings)
        if isinstance(stop, Size):
            return Range(stop)
    if all(a.ndim == given.ndim and a.size and (a == given.flat[0]).all() for a in arrays):
        return Fill(given.flat[0])
    raise Unfitting("an array of constants changed with the values or the sizes of the inputs")


def _same(a: Any, b: Any) -> bool:
    return a.shape == b.shape and bool(((a == b) | ((a != a) & (b != b))).all())


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
