"""Whether an exercise keeps its word: the stub is told to be empty, the solution passes, each twin has its message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .exercise import Exercise
from .judging.judge import judge
from .judging.results import NOTHING_YET
from .listing import listing

__all__ = ["faults"]


def faults(task: Exercise) -> list[str]:
    """What is wrong with an exercise, each in a sentence."""
    return [*_of_the_stub(task), *_of_the_solution(task), *_of_the_twins(task)]


def _of_the_stub(task: Exercise) -> Iterator[str]:
    try:
        attempt = _defined_by(task.stub("the command"), task.answer)
        verdict = judge(task, attempt)
    except Exception as error:
        yield f"{task.name}: its stub cannot be run: {type(error).__name__}: {error}"
        return
    if verdict.passed:
        yield f"{task.name}: its stub passes"
    elif verdict.message != NOTHING_YET:
        yield f"{task.name}: its stub is not told that it is empty, but: {verdict.message}"


def _of_the_solution(task: Exercise) -> Iterator[str]:
    try:
        attempts = {
            "its solution": task.solution,
            "its solution as it is shown": _defined_by(listing(task), task.answer),
        }
    except Exception as error:
        yield f"{task.name}: its solution cannot be shown: {type(error).__name__}: {error}"
        return
    for what, attempt in attempts.items():
        verdict = judge(task, attempt)
        if not verdict.passed:
            yield f"{task.name}: {what} does not pass: {verdict.message}"


def _of_the_twins(task: Exercise) -> Iterator[str]:
    for twin in task.twins:
        verdict = judge(task, twin)
        name = twin.__name__
        if not (twin.__doc__ or "").strip():
            yield f"{task.name}: the twin {name} has no docstring, which is what its author is told"
        elif verdict.passed:
            yield f"{task.name}: the twin {name} passes. try: a case that tells it from the solution"
        elif verdict.twin != name:
            instead = verdict.twin or "no twin"
            yield f"{task.name}: the twin {name} is taken for {instead}. try: a case that tells them apart"


def _defined_by(source: str, name: str) -> Any:
    namespace: dict[str, Any] = {"__name__": "attempt"}
    exec(compile(source, f"{name}.py", "exec"), namespace)
    return namespace[name]
