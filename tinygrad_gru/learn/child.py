"""Run in a process of its own: `python -m tinygrad_gru.learn.child NAME FILE SECONDS` judges a file.

NAME is that of an exercise, or the file of a teacher's own.
What the learner's code prints goes to stdout as it is; the verdict, as JSON, into a file. Where that is, and a word
that must stand at its head, come through stdin, and are read before the learner's file is: a file that writes its own
verdict must look for them. The learner's file may do anything, loop for ever included: it is the parent that has the
patience, and ends it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from .course import own_exercise
from .exercise import Exercise, exercise
from .judging.judge import Verdict, judge
from .judging.outcome import of_error
from .judging.reading import imports_a_solution
from .judging.words import raised_in_words
from .limits import limit, limit_seconds

__all__ = ["as_json", "main", "verdict_on"]

FOR_LARGE_CASES = 5.0  # seconds of computing, for all of them
MOST_NUMBERS = 10_000  # of a result that is handed on to be shown
OF_OURS = (
    "It imports the solution, from tinygrad_gru.learn: write your own. (To look at ours counts as seen, not as done.)"
)


def verdict_on(task: Exercise, file: Path, before_large: Callable[[Verdict], None] = lambda verdict: None) -> Verdict:
    """Import the learner's file, and judge what it defines."""
    # Without bytecode: a file saved again within a second, as long as before, would be taken for the old one.
    sys.dont_write_bytecode = True
    if imports_a_solution(str(file)):
        return Verdict(False, OF_OURS)
    try:
        module = _imported(file)
    except Exception as error:
        return Verdict(False, raised_in_words(of_error(error, str(file))))
    attempt = getattr(module, task.answer, None)
    if not callable(attempt):
        kind = "class" if task.answer[0].isupper() else "function"
        return Verdict(False, f"There is no {kind} {task.answer} in it.")

    def anew() -> Any:
        with contextlib.redirect_stdout(io.StringIO()):  # it has printed already
            return getattr(_imported(file), task.answer)

    return judge(task, attempt, str(file), anew, before_large)


def _imported(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("attempt", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def as_json(verdict: Verdict, final: bool = True) -> str:
    """With arrays as lists; without arrays so large that nobody could look at them."""
    fields: dict[str, Any] = vars(verdict) | {"final": final}
    for key in ("got", "wanted"):
        arrays = fields[key]
        fields[key] = [a.tolist() for a in arrays] if sum(a.size for a in arrays) <= MOST_NUMBERS else []
    return json.dumps(fields)


def main(name: str, file: str, answer: str, word: str, seconds: float = 0) -> None:
    """Judge `file`, and write the verdict to `answer`, below a line with the word; with limits, if it has seconds."""

    def write(verdict: Verdict, final: bool = True) -> None:
        Path(answer).write_text(f"{word}\n{as_json(verdict, final)}", encoding="utf-8")

    def before_large(verdict: Verdict) -> None:
        write(verdict, final=False)
        if seconds:
            limit_seconds(FOR_LARGE_CASES)

    if seconds:
        limit(seconds)
    task = own_exercise(Path(name)) if name.endswith(".py") else exercise(name)
    write(verdict_on(task, Path(file), before_large))


if __name__ == "__main__":
    name, file, seconds = sys.argv[1:]
    answer, word = (sys.stdin.readline().rstrip("\n") for _ in range(2))
    # As if Python had been started with the file: its own arguments, and its folder to import helpers from.
    sys.argv[:] = [file]
    sys.path.insert(0, str(Path(file).parent))
    main(name, file, answer, word, float(seconds))
    sys.stdout.flush()
    os._exit(0)  # threads that the learner's file left are not waited for
