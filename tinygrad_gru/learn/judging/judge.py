"""The judge: is an attempt right, and if not, which mistake is it?

An attempt is run on every case, and so is the solution. Where they differ, the attempt is compared with the wrong
twins of the exercise: if one of them does the same on all cases, its docstring is what the learner hears. Otherwise
the judge says what it sees, in the words of `words.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..exercise import Exercise
from .inputs import described
from .outcome import Outcome, outcome
from .results import NOTHING_YET
from .words import in_words

__all__ = ["Verdict", "judge"]

CALLED_ONCE = (
    "Right if it is called once, and wrong in a later call: something is kept between calls, such as a list or a "
    "number outside of the function, or a default argument. Begin with new ones in each call."
)


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


def judge(
    exercise: Exercise, attempt: Any, file: str = "", anew: Callable[[], Any] | None = None,
    before_large: Callable[[Verdict], None] = lambda verdict: None,
) -> Verdict:  # fmt: skip
    """Run the attempt on every case. `file` is the learner's, so that an error's line can be named.

    `anew` imports the attempt again, with nothing kept from earlier calls. `before_large` is told, before each large
    case, what the verdict is if the attempt does not come back.
    """
    cases = list(exercise.cases())
    wanted = [outcome(exercise, exercise.solution, case) for case in cases]
    got = list(_attempted(exercise, attempt, cases, wanted, file))
    wrong = next((i for i, (g, w) in enumerate(zip(got, wanted, strict=True)) if not _right(exercise, g, w)), None)
    if wrong is None:
        changed = next((one.changed for one in got if one.changed), "")
        if changed:
            return Verdict(False, f"The numbers are right, but {changed}")
        return _on_large_cases(exercise, attempt, len(cases), file, before_large)
    if got[wrong].strange == NOTHING_YET:
        return Verdict(False, in_words(exercise, got, wanted, wrong, file))
    shown = (wrong + 1, described(exercise, cases[wrong]), got[wrong].arrays or (), wanted[wrong].arrays or ())
    name = ""
    if twin := _twin(exercise, cases, got, wanted):
        message, name = " ".join((twin.__doc__ or "").split()), twin.__name__
        message = f"Line {got[wrong].line}: {message}" if got[wrong].line else message
    elif anew is not None and wrong > 0 and _is_right_anew(exercise, anew, cases[wrong], wanted[wrong]):
        message = CALLED_ONCE
    else:
        message = in_words(exercise, got, wanted, wrong, file)
    if changed := next((one.changed for one in got if one.changed), ""):
        message += f"\n\nAnd {changed}"
    return Verdict(False, message, *shown, twin=name)


def _attempted(
    exercise: Exercise, attempt: Any, cases: Sequence[tuple[Any, ...]], wanted: Sequence[Outcome], file: str = ""
) -> Iterator[Outcome]:
    """What an attempt makes of each case, one after the other."""
    for case, w in zip(cases, wanted, strict=True):
        yield outcome(exercise, attempt, case, w.arrays or (), file)


def _is_right_anew(exercise: Exercise, anew: Callable[[], Any], case: tuple[Any, ...], wanted: Outcome) -> bool:
    """Whether the attempt is right in a case that is the first one that it meets."""
    try:
        attempt = anew()
    except Exception:  # a file may do something else when it is imported again
        return False
    return _right(exercise, outcome(exercise, attempt, case, wanted.arrays or ()), wanted)


def _right(exercise: Exercise, got: Outcome, wanted: Outcome) -> bool:
    return got.same_as(wanted, exercise.rtol)


def _twin(
    exercise: Exercise, cases: Sequence[tuple[Any, ...]], got: Sequence[Outcome], wanted: Sequence[Outcome]
) -> Any:
    """The wrong solution that does the same on all cases, if there is one."""
    for twin in exercise.twins:
        outcomes = _attempted(exercise, twin, cases, wanted)
        if all(a.same_as(b, exercise.rtol) for a, b in zip(got, outcomes, strict=True)):  # stops at the first other
            return twin
    return None


def _on_large_cases(
    exercise: Exercise, attempt: Any, count: int, file: str, before: Callable[[Verdict], None]
) -> Verdict:
    """The verdict on an attempt that is right in all other cases."""
    for number, large in enumerate(exercise.large_cases(), count + 1):
        gave_up = Verdict(False, large.advice, number, large.name)
        before(gave_up)
        wanted = outcome(exercise, exercise.solution, large.arguments)
        got = outcome(exercise, attempt, large.arguments, wanted.arrays or (), file)
        if got.gave_up:
            return replace(gave_up, message=large.too_deep) if got.too_deep and large.too_deep else gave_up
        if not _right(exercise, got, wanted):
            message = in_words(exercise, [got], [wanted], 0, file)
            return Verdict(False, message, number, large.name, got.arrays or (), wanted.arrays or ())
    total = count + len(list(exercise.large_cases()))
    return Verdict(True, f"{exercise.name}: right, in {total} case{'s' * (total > 1)}.")
