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

__all__ = ["Outcome", "Verdict", "described", "differing", "judge", "outcome"]

ATOL = 1e-12
DEEPEST = 3  # lists within lists
CHANGED = (
    "is changed by it, in place: +=, *= or [...] =. Whoever handed it over, such as a graph for its way back, still "
    "needs the numbers. Write x = x + … instead."
)
NOTHING_YET = "Nothing yet: write your code in the place of the dots."


@dataclass(frozen=True)
class Outcome:
    """What came of one case: the arrays that were returned, or what was raised, or why it is no numbers."""

    arrays: tuple[np.ndarray, ...] | None = None
    raised: str = ""  # as it is shown: `IndexError: …`
    line: int = 0  # of the learner's file
    strange: str = ""  # what was returned instead of numbers
    changed: str = ""  # an argument that is no longer what it was

    def same_as(self, other: Outcome, rtol: float) -> bool:
        """Whether the same came of both, to rounding."""
        if self.arrays is None or other.arrays is None:
            return self.arrays is other.arrays and (self.raised, self.strange) == (other.raised, other.strange)
        if len(self.arrays) != len(other.arrays):
            return False
        return all(_close(a, b, rtol) for a, b in zip(self.arrays, other.arrays, strict=True))


def _close(got: np.ndarray, wanted: np.ndarray, rtol: float) -> bool:
    return got.shape == wanted.shape and not differing(got, wanted, rtol).any()


def differing(got: np.ndarray, wanted: np.ndarray, rtol: float) -> np.ndarray:
    """Which numbers of two arrays of one shape differ by more than `rtol` times the largest one wanted."""
    largest = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)
    with np.errstate(invalid="ignore"):
        near = np.abs(got - wanted) <= rtol * largest + ATOL
    return np.asarray(~(near | (got == wanted) | (np.isnan(got) & np.isnan(wanted))))


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
    rtol = exercise.rtol
    wrong = next((i for i, (a, b) in enumerate(zip(got, wanted, strict=True)) if not a.same_as(b, rtol)), None)
    if wrong is None:
        changed = next((one.changed for one in got if one.changed), "")
        if changed:
            return Verdict(False, f"The numbers are right, but {changed} {CHANGED}")
        return Verdict(True, f"{exercise.name}: right, in {len(got)} case{'s' * (len(got) > 1)}.")
    inputs = described(exercise, list(exercise.cases())[wrong])
    shown = (wrong + 1, inputs, got[wrong].arrays or (), wanted[wrong].arrays or ())
    for twin in exercise.twins:
        outcomes = (outcome(exercise, twin, case) for case in exercise.cases())
        if all(a.same_as(b, rtol) for a, b in zip(got, outcomes, strict=True)):  # stops at the first that differs
            return Verdict(False, " ".join((twin.__doc__ or "").split()), *shown, twin=twin.__name__)
    return Verdict(False, _in_words(got[wrong], wanted[wrong], exercise), *shown)


def outcome(exercise: Exercise, attempt: Any, case: tuple[Any, ...], file: str = "") -> Outcome:
    """What an attempt makes of a case, of which it gets a copy. Overflow and 0/0 are errors."""
    arguments = copy.deepcopy(case)
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            result = exercise.probe(attempt, arguments)
    except Exception as error:
        message = _message_of(error)
        if re.search(r"'ellipsis'|an ellipsis", message):  # of a type: the dots of the stub, and not those of einsum
            return Outcome(strange=NOTHING_YET)
        if isinstance(error, Remark):
            return Outcome(raised=message)
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if file and frame.filename == file]
        return Outcome(raised=f"{type(error).__name__}: {message}", line=(frames[-1].lineno or 0) if frames else 0)
    try:
        return Outcome(tuple(_results(result, exercise.returns)), changed=_changed(exercise, case, arguments))
    except _NoNumbers as error:
        return Outcome(strange=str(error))


def _changed(exercise: Exercise, before: tuple[Any, ...], after: tuple[Any, ...]) -> str:
    """The name of the first array among the arguments that has other numbers than before."""
    for name, a, b in zip(_parameters(exercise), before, after, strict=False):
        if isinstance(a, np.ndarray) and not np.array_equal(a, b, equal_nan=True):
            return name
    return ""


def _parameters(exercise: Exercise) -> list[str]:
    """The names of the arguments of the solution; a class has none that a case fills."""
    return list(inspect.signature(exercise.solution).parameters) if not inspect.isclass(exercise.solution) else []


def _message_of(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # the learner's own class may raise anything
        return "its message cannot be read"


class _NoNumbers(Exception):
    pass


def _results(result: Any, names: Sequence[str]) -> list[np.ndarray]:
    """The results as arrays: as many as have a name, numbers too; otherwise those of `_arrays`."""
    if isinstance(result, tuple | list) and len(result) == len(names) and any(map(_is_number, result)):
        return [array for item in result for array in _arrays(item, 1)]
    return _arrays(result)


def _arrays(result: Any, depth: int = 0) -> list[np.ndarray]:
    """The numbers of a result: one array, or those of a tuple or list, one after the other."""
    if result is None:
        raise _NoNumbers("One of its results is None." if depth else "It returns None: is there a `return`?")
    if result is ...:
        raise _NoNumbers(NOTHING_YET)
    if isinstance(result, tuple | list) and not all(map(_is_number, result)):
        if depth > DEEPEST:
            raise _NoNumbers("It returns lists within lists within lists, wanted arrays.")
        return [array for item in result for array in _arrays(item, depth + 1)]
    try:
        array = np.asarray([_plain(item) for item in result] if isinstance(result, tuple | list) else _plain(result))
        if array.dtype.kind in "fiub":  # and not text, complex numbers or objects
            return [array.astype(np.float64)]
    except Exception:  # an object of the learner's may raise anything when it is asked for its numbers
        pass
    raise _NoNumbers(f"It returns {type(result).__name__} where numbers are wanted.")


def _plain(item: Any) -> Any:
    """The array of a tensor, ours or PyTorch's, without its gradient."""
    return item.detach() if hasattr(item, "requires_grad") and hasattr(item, "detach") else item


def _is_number(item: Any) -> bool:
    """Whether it is one number: Python's, NumPy's, or an array or tensor without axes."""
    return isinstance(item, bool | int | float) or getattr(item, "shape", None) == ()


def _in_words(got: Outcome, wanted: Outcome, exercise: Exercise) -> str:
    """What is wrong, as far as it can be seen from outside."""
    names, rtol = exercise.returns, exercise.rtol
    if got.raised:
        return f"Line {got.line}: {got.raised}" if got.line else got.raised
    if got.strange:
        return got.strange
    assert got.arrays is not None and wanted.arrays is not None  # a solution raises nothing: a test sees to it
    if len(got.arrays) != len(wanted.arrays):
        what = f": {', '.join(names)}" if len(names) == len(wanted.arrays) else ""
        return f"It returns {_counted(got.arrays)}, wanted {_counted(wanted.arrays)}{what}."
    if whole := _of_the_whole(got.arrays, wanted.arrays, exercise):
        return whole
    for i, (a, b) in enumerate(zip(got.arrays, wanted.arrays, strict=True)):
        name = f"{names[i]}: " if len(names) == len(wanted.arrays) else ""
        if a.shape != b.shape:
            return f"{name}the shape is {a.shape}, wanted {b.shape}."
        if np.isnan(a).any() and not np.isnan(b).any():
            return f"{name}there is a NaN in it: 0/0, ∞ − ∞ or 0·∞ somewhere on the way."
        if not _close(a, b, rtol):
            count = differing(a, b, rtol).sum()
            return f"{name}{count} of {a.size} numbers differ." if a.size > 1 else f"{name}a different number."
    return "It is not what is wanted."


def _of_the_whole(got: Sequence[np.ndarray], wanted: Sequence[np.ndarray], exercise: Exercise) -> str:
    """A mistake that all numbers share: another order, the sign, a factor, too few digits; otherwise nothing."""
    names = exercise.returns
    order = [next((i for i, w in enumerate(wanted) if _close(g, w, exercise.rtol)), None) for g in got]
    if len(got) > 1 and None not in order and len(set(order)) == len(order):
        return f"The results are right, in another order: wanted {', '.join(names) or 'the first one first'}."
    if any(g.shape != w.shape for g, w in zip(got, wanted, strict=True)):
        return ""
    g, w = np.concatenate([a.ravel() for a in got]), np.concatenate([a.ravel() for a in wanted])
    if not (np.isfinite(g).all() and w.any()):
        return ""
    factor = float(g @ w / (w @ w))
    if np.abs(g - w).max() <= 1e-4 * np.abs(w).max():
        return "Right to some digits only: was it rounded, measured by wiggling, or is a small number added somewhere?"
    if g.size > 1 and abs(factor) > 1e-6 and np.abs(g - factor * w).max() <= 1e-6 * np.abs(g).max():
        turned = abs(factor + 1) < 1e-6
        return "Every number has the wrong sign." if turned else f"Every number is {factor:.4g} times what is wanted."
    return ""


def described(exercise: Exercise, case: tuple[Any, ...]) -> str:
    """The inputs of a case in a few words: `w = 0.5, x = 2, b = −0.3`; of a large array its shape."""
    names = _parameters(exercise)
    parts = []
    for i, value in enumerate(case):
        name = f"{names[i]} " if i < len(names) else ""
        if isinstance(value, np.ndarray):
            small = value.size <= 4 and value.ndim < 2
            parts.append(f"{name}= {np.array2string(value, precision=3)}" if small else f"{name}{value.shape}")
        elif isinstance(value, bool | int | float | str | tuple):
            parts.append(f"{name}= {value}")
        elif callable(value) and value.__doc__:
            parts.append(f"{name}= {value.__doc__}")
    return ", ".join(parts).replace("-", "−")


def _counted(arrays: Sequence[object]) -> str:
    return f"{len(arrays)} result{'s' * (len(arrays) != 1)}"
