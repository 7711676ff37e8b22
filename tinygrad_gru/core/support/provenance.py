"""Provenance: which line outside the package made a tensor.

A tensor keeps only the `(code, lasti)` of a stack frame, which costs 0.06 µs; decoded only for errors and pictures.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import CodeType
from typing import Any

__all__ = ["ours", "outermost_of_ours", "own_line", "source_line", "transparent", "where_made"]

PACKAGE = str(Path(__file__).parents[2]) + os.sep
TASKS = PACKAGE + "tasks" + os.sep  # written as users write: their lines are the ones to name

# Our own files that stand between the caller of an operation and the place that records it.
transparent: set[str] = set()


def outermost_of_ours(frame: Any) -> Any:
    """The frame of the package's caller, from a frame inside the package."""
    while frame.f_back is not None and ours(frame.f_code):
        frame = frame.f_back
    return frame


def ours(code: CodeType) -> bool:
    """Whether the code belongs to the package, tasks/ excepted."""
    return code.co_filename.startswith(PACKAGE) and not code.co_filename.startswith(TASKS)


def source_line(code: CodeType | None, lasti: int, scope: Any) -> tuple[str, int] | None:
    """The file and line of the first frame outside the package, or None.

    Where the caller is one of our own layers, it is the line that entered the scope around it.
    """
    while code is None or ours(code):
        if scope is None:
            return None
        code, lasti, scope = scope.code, scope.lasti, scope.parent
    return code.co_filename, _line_of(code, lasti)


def own_line(code: Any, lasti: int) -> tuple[str, int]:
    """The file and line of the very frame that called an operation, ours or not."""
    return code.co_filename, _line_of(code, lasti)


def _line_of(code: CodeType, lasti: int) -> int:
    for start, end, line in code.co_lines():
        if start <= lasti < end and line is not None:
            return line
    return code.co_firstlineno


def where_made(code: CodeType | None, lasti: int, scope: Any) -> str:
    """The scope and line that made a tensor, as the end of a sentence: ` in step 3 / reset gate, at train.py:41`."""
    words = f" in {scope!r}" if scope.parent is not None else ""
    line = source_line(code, lasti, scope)
    if line is not None:
        words += f"{',' if words else ''} at {Path(line[0]).name}:{line[1]}"
    return words
