"""Words for a wrong result that is no known mistake: what can be seen of it from outside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..exercise import Exercise
from .advice import advice_on
from .likeness import of_some, of_the_whole
from .outcome import Outcome, close, differing
from .reading import left_dots
from .results import NOTHING_YET

__all__ = ["in_words", "raised_in_words"]

Arrays = Sequence[np.ndarray]


def in_words(exercise: Exercise, got: Sequence[Outcome], wanted: Sequence[Outcome], wrong: int, file: str) -> str:
    """What is wrong with case `wrong`, the first one that is, seen beside all the others."""
    first = got[wrong]
    if first.raised:
        return raised_in_words(first)
    if first.strange:
        return (left_dots(file, exercise.answer) or NOTHING_YET) if first.strange == NOTHING_YET else first.strange
    g, w, names = first.arrays or (), wanted[wrong].arrays or (), exercise.returns
    if len(g) != len(w):
        return _of_another_number(g, w, names, exercise.rtol)
    if w[0].dtype == bool:
        return _of_truth(g[0], w[0])
    every_g = [each.arrays for each in got if each.arrays is not None]
    every_w = [each.arrays for each in wanted if each.arrays is not None]
    if len(every_g) == len(every_w):  # otherwise a case raised an error, and shares nothing with the others
        shared = of_the_whole(every_g, every_w, names, exercise.rtol) or of_some(every_g, every_w, names, exercise.rtol)
        if shared:
            return shared
    for i, (a, b) in enumerate(zip(g, w, strict=True)):
        if not close(a, b, exercise.rtol):
            return (f"{names[i]}: " if len(names) == len(w) else "") + _of_one(a, b, exercise.rtol)
    return "It is not what is wanted."


def raised_in_words(outcome: Outcome) -> str:
    """The error and its line, and advice, if there is one."""
    head = f"Line {outcome.line}: {outcome.raised}" if outcome.line else outcome.raised
    return "\n\n".join(filter(None, [head, advice_on(outcome.raised)]))


def _of_one(got: np.ndarray, wanted: np.ndarray, rtol: float) -> str:
    """What differs in one array."""
    if got.shape != wanted.shape:
        return f"the shape is {got.shape}, wanted {wanted.shape}."
    if np.isnan(got).any() and not np.isnan(wanted).any():
        return "there is a NaN in it: 0/0, ∞ − ∞ or 0·∞ somewhere on the way."
    if got.size == 1:
        return "a different number."
    return f"{differing(got, wanted, rtol).sum()} of {got.size} numbers differ."


def _of_truth(got: np.ndarray, wanted: np.ndarray) -> str:
    """True or False was wanted."""
    if got.ndim > 0:
        return f"It returns {got.size} results, wanted one True or False: np.all(...)?"
    if got.dtype != bool:
        return f"It returns the number {got:.3g}. Return True or False: whether it is small enough."
    return f"It says {got}, wanted {wanted}."


def _of_another_number(got: Arrays, wanted: Arrays, names: Sequence[str], rtol: float) -> str:
    """More results than wanted, or fewer; and which one is too many or missing, if the others are right."""
    kinds = ["number" if arrays and all(a.ndim == 0 for a in arrays) else "result" for arrays in (got, wanted)]
    titles = f": {', '.join(names)}" if len(names) == len(wanted) else ""
    noun = "" if kinds[0] == kinds[1] else " " + _plural(kinds[1], len(wanted))
    message = f"It returns {len(got)} {_plural(kinds[0], len(got))}, wanted {len(wanted)}{noun}{titles}."
    if (spare := _the_one_without(got, wanted, rtol)) is not None:
        message += f" Number {spare + 1} of yours is too many."
    elif titles and (missing := _the_one_without(wanted, got, rtol)) is not None:
        message += f" {names[missing]} is missing."
    return message


def _plural(noun: str, count: int) -> str:
    return f"{noun}s" if count != 1 else noun


def _the_one_without(more: Arrays, fewer: Arrays, rtol: float) -> int | None:
    """The place of the array without which the longer list is the shorter one."""
    if len(more) != len(fewer) + 1:
        return None
    for i in range(len(more)):
        rest = [*more[:i], *more[i + 1 :]]
        if all(close(a, b, rtol) for a, b in zip(rest, fewer, strict=True)):
            return i
    return None
