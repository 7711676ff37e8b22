"""Run in a process of its own: `python -m tinygrad_gru.learn.child NAME FILE ANSWER` judges a file.

What the learner's code prints goes to stdout as it is; the verdict, as JSON, into the file ANSWER. The learner's file
may do anything, loop for ever included: it is the parent that has the patience, and ends it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from .exercise import Exercise, exercise
from .judge import Verdict, judge

__all__ = ["main", "verdict_on"]

MOST_WRITTEN = 50_000_000  # bytes that the learner's file may print, or write into another


def verdict_on(task: Exercise, file: Path) -> Verdict:
    """Import the learner's file, and judge what it defines."""
    spec = importlib.util.spec_from_file_location("attempt", file)
    assert spec is not None and spec.loader is not None
    # Without bytecode: a file saved again within a second, as long as before, would be taken for the old one.
    sys.dont_write_bytecode = True
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        where = f"Line {error.lineno}: " if error.lineno else ""
        return Verdict(False, f"{where}{error.msg}.")
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        where = f"Line {lines[-1]}: " if lines else ""
        return Verdict(False, f"{where}{type(error).__name__}: {error}")
    attempt = getattr(module, task.answer, None)
    if not callable(attempt):
        kind = "class" if task.answer[0].isupper() else "function"
        return Verdict(False, f"There is no {kind} {task.answer} in it.")
    return judge(task, attempt, str(file))


def as_json(verdict: Verdict) -> str:
    """With arrays as lists."""
    fields: dict[str, Any] = vars(verdict) | {
        "got": [array.tolist() for array in verdict.got],
        "wanted": [array.tolist() for array in verdict.wanted],
    }
    return json.dumps(fields)


def main(name: str, file: str, answer: str, seconds: str = "0") -> None:
    """Judge `file`, and write the verdict to `answer`; the system ends it after so many seconds of computing."""
    with contextlib.suppress(ImportError):  # not on Windows, where the parent's clock must do
        import resource

        if int(seconds):
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 1))
            resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
    Path(answer).write_text(as_json(verdict_on(exercise(name), Path(file))), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)  # threads that the learner's file left are not waited for
