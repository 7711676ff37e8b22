"""The judge: is an attempt right, and if not, which mistake is it?

An attempt is run on every case, and so is the solution. Where they differ, the attempt is compared with the wrong
twins of the exercise: if one of them does the same on all cases, its docstring is what the learner hears. Otherwise
the judge says what it sees: nothing returned, another number of results, another shape, NaN, other numbers.
"""

from __future__ import annotations

import copy
import inspect
import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .exercise import Exercise
from .exercises import Remark

__all__ = ["Outcome", "Verdict", "described", "judge", "outcome"]

RTOL, ATOL = 1e-7, 1e-12
DEEPEST = 3  # lists within lists
NOTHING_YET = "Nothing yet: write your code in the place of the dots."


@dataclass(frozen=True)
class Outcome:
    """What came of one case: the arrays that were returned, or what was raised, or why it is no numbers."""

    arrays: tuple[np.ndarray, ...] | None = None
    raised: str = ""  # as it is shown: `IndexError: …`
    line: int = 0  # of the learner's file
    strange: str = ""  # what was returned instead of numbers

    def same_as(self, other: Outcome) -> bool:
        """Whether both are the same, to rounding."""
        if self.arrays is None or other.arrays is None:
            return self.arrays is other.arrays and (self.raised, self.strange) == (other.raised, other.strange)
        return len(self.arrays) == len(other.arrays) and all(map(_close, self.arrays, other.arrays))


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    if a.shape != b.shape:
        return False
    if not a.size:
        return True
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return bool(np.array_equal(a, b, equal_nan=True))
    return bool(np.abs(a - b).max() <= RTOL * np.abs(b).max() + ATOL)


@dataclass(frozen=True)
class Verdict:
    """Whether the attempt is right, and what is said about it."""

    passed: bool
    message: str
    case: int = 0  # the first case that is wrong, from 1
    inputs: str = ""  # of that case, in words
    got: tuple[np.ndarray, ...] = ()
    wanted: tuple[np.ndarray, ...] = ()
    twin: str = ""  # the wrong solution that does the same


def judge(exercise: Exercise, attempt: Any, file: str = "") -> Verdict:
    """Run the attempt on every case. `file` is the learner's, so that an error's line can be named."""
    wanted = [outcome(exercise, exercise.solution, case) for case in exercise.cases()]
    got = [outcome(exercise, attempt, case, file) for case in exercise.cases()]
    wrong = next((i for i, (a, b) in enumerate(zip(got, wanted, strict=True)) if not a.same_as(b)), None)
    if wrong is None:
        return Verdict(True, f"{exercise.name}: right, in {len(got)} case{'s' * (len(got) > 1)}.")
    inputs = described(exercise, list(exercise.cases())[wrong])
    shown = (wrong + 1, inputs, got[wrong].arrays or (), wanted[wrong].arrays or ())
    for twin in exercise.twins:
        outcomes = (outcome(exercise, twin, case) for case in exercise.cases())
        if all(a.same_as(b) for a, b in zip(got, outcomes, strict=True)):  # stops at the first that differs
            return Verdict(False, " ".join((twin.__doc__ or "").split()), *shown, twin=twin.__name__)
    return Verdict(False, _in_words(got[wrong], wanted[wrong], exercise.returns), *shown)


def outcome(exercise: Exercise, attempt: Any, case: tuple[Any, ...], file: str = "") -> Outcome:
    """What an attempt makes of a case, of which it gets a copy. Overflow and 0/0 are errors."""
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            result = exercise.probe(attempt, tuple(copy.deepcopy(argument) for argument in case))
    except Exception as error:
        message = _message_of(error)
        if re.search(r"'ellipsis'|an ellipsis", message):  # of a type: the dots of the stub, and not those of einsum
            return Outcome(strange=NOTHING_YET)
        if isinstance(error, Remark):
            return Outcome(raised=message)
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if file and frame.filename == file]
        return Outcome(raised=f"{type(error).__name__}: {message}", line=(frames[-1].lineno or 0) if frames else 0)
    try:
        return Outcome(tuple(_arrays(result)))
    except _NoNumbers as error:
        return Outcome(strange=str(error))


def _message_of(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # the learner's own class may raise anything
        return "its message cannot be read"


class _NoNumbers(Exception):
    pass


def _arrays(result: Any, depth: int = 0) -> list[np.ndarray]:
    """The numbers of a result: one array, or those of a tuple or list, one after the other."""
    if result is None:
        raise _NoNumbers("It returns None: is there a `return`?")
    if result is ...:
        raise _NoNumbers(NOTHING_YET)
    if isinstance(result, tuple | list) and all(map(_is_number, result)):
        result = [getattr(item, "data", item) if hasattr(item, "requires_grad") else item for item in result]
    elif isinstance(result, tuple | list):
        if depth > DEEPEST:
            raise _NoNumbers("It returns lists within lists within lists, wanted arrays.")
        return [array for item in result for array in _arrays(item, depth + 1)]
    if isinstance(result, str | bytes):
        raise _NoNumbers(f"It returns {type(result).__name__} where numbers are wanted.")
    try:
        return [np.asarray(result, dtype=np.float64)]
    except (TypeError, ValueError, OverflowError):
        raise _NoNumbers(f"It returns {type(result).__name__} where numbers are wanted.") from None


def _is_number(item: Any) -> bool:
    """Whether it is one number: Python's, NumPy's, or an array or tensor without axes."""
    return isinstance(item, bool | int | float) or getattr(item, "shape", None) == ()


def _in_words(got: Outcome, wanted: Outcome, names: Sequence[str]) -> str:
    """What is wrong, as far as it can be seen from outside."""
    if got.raised:
        return f"Line {got.line}: {got.raised}" if got.line else got.raised
    if got.strange:
        return got.strange
    assert got.arrays is not None and wanted.arrays is not None  # a solution raises nothing: a test sees to it
    if len(got.arrays) != len(wanted.arrays):
        what = f": {', '.join(names)}" if len(names) == len(wanted.arrays) else ""
        return f"It returns {_counted(got.arrays)}, wanted {_counted(wanted.arrays)}{what}."
    if whole := _of_the_whole(got.arrays, wanted.arrays, names):
        return whole
    for i, (a, b) in enumerate(zip(got.arrays, wanted.arrays, strict=True)):
        name = f"{names[i]}: " if len(names) == len(wanted.arrays) else ""
        if a.shape != b.shape:
            return f"{name}the shape is {a.shape}, wanted {b.shape}."
        if np.isnan(a).any() and not np.isnan(b).any():
            return f"{name}there is a NaN in it: 0/0, ∞ − ∞ or 0·∞ somewhere on the way."
        if not _close(a, b):
            off = np.flatnonzero(np.abs(a - b) > RTOL * np.abs(b).max() + ATOL)
            return f"{name}{len(off)} of {a.size} numbers differ." if a.size > 1 else f"{name}a different number."
    return "It is not what is wanted."


def _of_the_whole(got: Sequence[np.ndarray], wanted: Sequence[np.ndarray], names: Sequence[str]) -> str:
    """A mistake that all numbers share: another order, the sign, a factor, too few digits; otherwise nothing."""
    if len(got) == len(wanted) == 1 and got[0].ndim == 1 and 1 < got[0].size == wanted[0].size == len(names):
        got, wanted = [np.atleast_1d(n) for n in got[0]], [np.atleast_1d(n) for n in wanted[0]]  # (dy/dw, dy/dx, dy/db)
    order = [next((i for i, w in enumerate(wanted) if _close(g, w)), None) for g in got]
    if len(got) > 1 and None not in order and len(set(order)) == len(order):
        return f"The results are right, in another order: wanted {', '.join(names) or 'the first one first'}."
    if any(g.shape != w.shape for g, w in zip(got, wanted, strict=True)):
        return ""
    g, w = np.concatenate([a.ravel() for a in got]), np.concatenate([a.ravel() for a in wanted])
    if not (np.isfinite(g).all() and w.any()):
        return ""
    factor = float(g @ w / (w @ w))
    if np.abs(g - w).max() <= 1e-4 * np.abs(w).max():
        return "Right to a few digits only: was it measured by wiggling, or rounded? Derive it."
    if g.size > 1 and abs(factor) > 1e-6 and np.abs(g - factor * w).max() <= 1e-6 * np.abs(g).max():
        turned = abs(factor + 1) < 1e-6
        return "Every number has the wrong sign." if turned else f"Every number is {factor:.4g} times what is wanted."
    return ""


def described(exercise: Exercise, case: tuple[Any, ...]) -> str:
    """The inputs of a case in a few words: `w = 0.5, x = 2, b = −0.3`; of a large array its shape."""
    names = list(inspect.signature(exercise.solution).parameters) if not inspect.isclass(exercise.solution) else []
    parts = []
    for i, value in enumerate(case):
        name = f"{names[i]} " if i < len(names) else ""
        if isinstance(value, np.ndarray):
            small = value.size <= 4 and value.ndim < 2
            parts.append(f"{name}= {np.array2string(value, precision=3)}" if small else f"{name}{value.shape}")
        elif isinstance(value, bool | int | float | str | tuple):
            parts.append(f"{name}= {value}")
    return ", ".join(parts).replace("-", "−")


def _counted(arrays: Sequence[object]) -> str:
    return f"{len(arrays)} result{'s' * (len(arrays) != 1)}"
