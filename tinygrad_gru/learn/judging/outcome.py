"""What came of one case: arrays, or what was raised, or why it is no numbers."""

from __future__ import annotations

import copy
import dis
import inspect
import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from ..exercise import Exercise
from ..exercises import Remark
from ..limits import MOST_MEMORY, without_memory_limit
from .results import NOTHING_YET, NoNumbers, arrays_of, solution_arrays

__all__ = ["Outcome", "close", "differing", "of_error", "outcome", "parameters"]

ATOL = 1e-12
OF_THE_CALLER = re.compile(r",? at <frozen runpy>:\d+")  # no line of the learner's file
CHANGED = (
    "{} is changed by it, in place: +=, *= or [...] =. Whoever handed it over, such as a graph for its way back, still "
    "needs the numbers. Write x = x + … instead."
)
EMPTIED = (
    "{} is changed by it, in place: pop, append, sort, del or [...] =. Whoever handed it over still needs it as it "
    "was. Work on a copy: {}({})."
)
TOO_MUCH = f"It takes more than {MOST_MEMORY >> 30} GB of memory: does a list grow without end, or an array?"


@dataclass(frozen=True)
class Outcome:
    """What came of one case; `arrays` is None if it is no numbers."""

    arrays: tuple[np.ndarray, ...] | None = None
    raised: str = ""  # as it is shown: `IndexError: …`
    line: int = 0  # of the learner's file
    strange: str = ""  # what was returned instead of numbers
    changed: str = ""  # which argument is no longer what it was, in words
    gave_up: bool = False  # for want of memory, or of room for calls within calls
    too_deep: bool = False

    def same_as(self, other: Outcome, rtol: float) -> bool:
        """Whether the same came of both, to rounding."""
        if self.arrays is None or other.arrays is None:
            return self.arrays is other.arrays and (self.raised, self.strange) == (other.raised, other.strange)
        if len(self.arrays) != len(other.arrays):
            return False
        return all(close(a, b, rtol) for a, b in zip(self.arrays, other.arrays, strict=True))


def close(got: np.ndarray, wanted: np.ndarray, rtol: float) -> bool:
    """Whether two arrays have one shape and the same numbers."""
    return got.shape == wanted.shape and not differing(got, wanted, rtol).any()


def differing(got: np.ndarray, wanted: np.ndarray, rtol: float) -> np.ndarray:
    """Which numbers of two arrays of one shape differ by more than `rtol` times the largest one wanted."""
    got, wanted = got.astype(np.float64), wanted.astype(np.float64)  # bools have no difference
    largest = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(got - wanted) <= rtol * largest + ATOL
    return np.asarray(~(near | (got == wanted) | (np.isnan(got) & np.isnan(wanted))))


def outcome(
    exercise: Exercise, attempt: Any, case: tuple[Any, ...], wanted: Sequence[np.ndarray] | None = None, file: str = ""
) -> Outcome:
    """What an attempt makes of a case, of which it gets a copy. Overflow and 0/0 are errors.

    `wanted` is what the solution returns, None for the solution itself. `file` is the learner's.
    """
    arguments = copy.deepcopy(case)
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            result = exercise.probe(attempt, arguments)
    except Exception as error:
        with without_memory_limit():
            return of_error(error, file)
    try:
        arrays = solution_arrays(result) if wanted is None else arrays_of(result, wanted)
        return Outcome(tuple(arrays), changed=_changed(exercise, case, arguments))
    except NoNumbers as error:
        return Outcome(strange=str(error))


def of_error(error: Exception, file: str) -> Outcome:
    """What is said of an error: its line in the learner's file, and what it is."""
    if isinstance(error, SyntaxError):
        if error.filename in (None, file):
            return Outcome(raised=f"{error.msg}.", line=error.lineno or 0)
        return Outcome(raised=f"{Path(error.filename).name}, line {error.lineno}: {error.msg}.")  # a helper's
    message = OF_THE_CALLER.sub("", _message_of(error))
    if re.search(r"'ellipsis'|an ellipsis", message):  # of a type: the dots of the stub, and not those of einsum
        return Outcome(strange=NOTHING_YET)
    if isinstance(error, Remark):
        return Outcome(raised=message, line=_last_return(error.about, file))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if file and frame.filename == file]
    raised = f"{type(error).__name__}: {message}".removesuffix(": ")
    return Outcome(
        raised=TOO_MUCH if isinstance(error, MemoryError) else raised,
        line=(frames[-1].lineno or 0) if frames else 0,
        gave_up=isinstance(error, MemoryError | RecursionError),
        too_deep=isinstance(error, RecursionError),
    )


def _message_of(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # the learner's own class may raise anything
        return "its message cannot be read"


def _last_return(function: Any, file: str) -> int:
    """The line of the last return of a function that stands in the learner's file, else 0."""
    if not isinstance(function, FunctionType) or function.__code__.co_filename != file:
        return 0
    returns = [each for each in dis.get_instructions(function) if each.opname.startswith("RETURN_")]
    return max((each.positions.lineno or 0 for each in returns if each.positions), default=0)


def parameters(exercise: Exercise) -> list[str]:
    """The names of the arguments of the solution; a class has none that a case fills."""
    return list(inspect.signature(exercise.solution).parameters) if not inspect.isclass(exercise.solution) else []


def _changed(exercise: Exercise, before: tuple[Any, ...], after: tuple[Any, ...]) -> str:
    """What is said of the first argument that is no longer what it was; nothing if all are."""
    for name, a, b in zip(parameters(exercise), before, after, strict=False):
        if not _same(a, b):
            kind = type(a).__name__
            return EMPTIED.format(name, kind, name) if isinstance(a, dict | list) else CHANGED.format(name)
    return ""


def _same(a: Any, b: Any) -> bool:
    """Whether two arguments are equal, arrays within lists included."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and np.array_equal(a, b, equal_nan=True)
    if isinstance(a, dict):
        return isinstance(b, dict) and _same([*a.items()], [*b.items()])
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(_same, a, b))
    return callable(a) or bool(a == b)
