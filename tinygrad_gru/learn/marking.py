"""A class: the folders of many learners, each exercise of each checked, and nothing written into them."""

from __future__ import annotations

import importlib.util
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from ..errors import FileError
from . import USUAL_FOLDER, reporting
from .course import USUAL, Course
from .judging.results import NOTHING_YET
from .process import end_all, run
from .workshop import PROGRESS, Workshop

__all__ = ["COLUMNS", "Mark", "as_csv", "as_tables", "in_order", "marks", "workshops_in"]

SIGNS = {"right": "x", "seen": "o", "wrong": "w", "missing": "."}
NAME, WIDTH = 20, 80  # characters of a folder's name, and of a line
COLUMN = 3


@dataclass(frozen=True)
class Mark:
    """What came of one exercise of one learner; the fields are the columns of the table."""

    folder: str
    chapter: int
    exercise: str
    result: str  # right, wrong, missing; seen: right, and the solution had been shown
    mistake: str  # the name of the wrong solution that does the same, where there is one
    hints: int
    noted: str  # what stands in progress.txt: done, seen, skipped, begun, or nothing
    message: str  # what the learner hears


def workshops_in(paths: Iterable[Path], unusable: Callable[[str], None], course: Course = USUAL) -> dict[str, Workshop]:
    """The learners' folders, by their names as they were given; for `anna` also `anna/learn`, if the files are there.

    What cannot be used is told to `unusable`, and left out. A `course.toml` in them is not read: it is not yours.
    """
    workshops: dict[str, Workshop] = {}
    for path in paths:
        try:
            if not path.is_dir():
                raise FileError(f"{path} is no folder. try: one that holds files such as 01_slopes.py")
            inner = path / USUAL_FOLDER
            holds_files = any((path / Workshop.name_of(task)).exists() for task in course.tasks)
            below = (*path.glob(f"*/{PROGRESS}"), *path.glob(f"*/{USUAL_FOLDER}/{PROGRESS}"))
            if below and not (holds_files or inner.is_dir() or (path / PROGRESS).exists()):
                raise FileError(f"{path} holds folders of learners, and no files of one. try: {path / '*'}")
            workshops[str(path)] = Workshop(inner if inner.is_dir() and not holds_files else path, course)
        except OSError as error:
            unusable(f"cannot read {path}: {error.strerror}. try: one that holds files such as 01_slopes.py")
        except FileError as error:
            unusable(str(error))
    return workshops


def marks(workshops: Mapping[str, Workshop]) -> Iterator[Mark]:
    """The mark of each exercise of each folder, as they are ready: on all cores, if joblib is installed."""
    items = [(folder, workshop, name) for folder, workshop in workshops.items() for name in workshop.course.names]
    try:
        if importlib.util.find_spec("joblib") is None:
            yield from map(_marked, items)
        else:
            from ..training.experiments.workers import spread

            # Threads: each only waits for the process that judges a file.
            yield from spread(_marked, items, backend="threading")
    finally:
        end_all()  # of those that were begun, after Ctrl-C


def _marked(item: tuple[str, Workshop, str]) -> Mark:
    folder, workshop, name = item
    task = workshop.course.exercise(name)
    path, noted = workshop.file_of(task), workshop.state(task)
    result, mistake, message = "missing", "", ""
    if path.is_file():
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:  # for what the file writes
            verdict, _ = run(task, path.resolve(), cwd=Path(scratch))
        mistake, message = verdict.twin, verdict.message
        if verdict.passed:
            result, message = ("seen" if noted == "seen" else "right"), ""
        elif verdict.message != NOTHING_YET:
            result = "wrong"
    return Mark(
        folder, task.chapter, name, result, mistake, workshop.hints_seen(task), noted,
        " ".join(message.split()),
    )  # fmt: skip


def in_order(marked: Iterable[Mark], folders: Iterable[str], course: Course = USUAL) -> list[Mark]:
    """The marks in the order of the folders, and of the exercises in each."""
    folders = list(folders)
    return sorted(marked, key=lambda mark: (folders.index(mark.folder), course.names.index(mark.exercise)))


# --- as text ---------------------------------------------------------------------------------------------------------


COLUMNS = [field.name for field in fields(Mark)]


def as_csv(marked: Sequence[Mark]) -> str:
    """A line for each folder and exercise."""
    return reporting.as_csv(marked, COLUMNS)


def as_tables(marked: Sequence[Mark], folders: Iterable[str], course: Course = USUAL) -> str:
    """A line for each folder, and below, for each mistake, who made it; of our exercises at most 80 columns wide."""
    names = _short_names(list(folders))
    return "\n\n".join(filter(None, [_overview(marked, names, course), _mistakes(marked, names, course)]))


def _overview(marked: Sequence[Mark], names: Mapping[str, str], course: Course) -> str:
    numbers = [f"{_below_chapter(course, place):>{COLUMN}}" for place in range(len(course.tasks))]
    lines = [f"{'chapter':<{NAME}}{''.join(numbers)} right hints"]
    for folder, name in names.items():
        own = {mark.exercise: mark for mark in marked if mark.folder == folder}
        signs = "".join(f"{SIGNS[own[each].result] if each in own else '?':>{COLUMN}}" for each in course.names)
        right = sum(mark.result == "right" for mark in own.values())
        lines.append(f"{name:<{NAME}}{signs} {right:>5} {sum(mark.hints for mark in own.values()):>5}")
    legend = "x right   o right, solution seen   w wrong   . nothing written"
    unfinished = len(marked) < len(names) * len(course.names)
    return "\n".join([*lines, legend + "   ? not checked" * unfinished])


def _below_chapter(course: Course, place: int) -> str:
    """The number of an exercise; of one that stands behind another of its chapter only its letter."""
    task = course.tasks[place]
    follows = place > 0 and course.tasks[place - 1].chapter == task.chapter
    return task.number.removeprefix(str(task.chapter)) or task.number if follows else task.number


def _mistakes(marked: Sequence[Mark], names: Mapping[str, str], course: Course) -> str:
    """Each mistake of an exercise, and who made it; those without a name last, with the first words of the message."""
    mistakes: dict[tuple[int, bool, str], list[str]] = defaultdict(list)
    for mark in marked:
        if mark.result == "wrong":
            mistake = mark.mistake or re.sub(r"^Line \d+: ", "", mark.message)
            mistakes[course.names.index(mark.exercise), not mark.mistake, mistake].append(names[mark.folder])
    lines = []
    for (place, nameless, mistake), who in sorted(mistakes.items()):
        kind = f"“{_cut(mistake, 25)}”" if nameless else _cut(mistake, 27)
        head = f"{_cut(course.names[place], 18):<19}{kind:<28}{len(who):>3}  "
        lines.append(head + _cut(", ".join(who), WIDTH - len(head)))
    return "\n".join([f"{'exercise':<19}{'mistake':<28}{'of':>3}  whom", *lines]) if lines else ""


def _short_names(folders: Sequence[str]) -> dict[str, str]:
    """The folders by what tells them apart: without the parts that all begin or end with, and at most 20 letters."""
    parts = {folder: Path(folder).parts or (folder,) for folder in folders}
    if len(folders) > 1:
        while all(len(p) > 1 for p in parts.values()) and len({p[-1] for p in parts.values()}) == 1:
            parts = {folder: p[:-1] for folder, p in parts.items()}
        while all(len(p) > 1 for p in parts.values()) and len({p[0] for p in parts.values()}) == 1:
            parts = {folder: p[1:] for folder, p in parts.items()}
    names = {folder: str(Path(*p)) for folder, p in parts.items()}
    return {folder: name if len(name) < NAME else f"…{name[-NAME + 2 :]}" for folder, name in names.items()}


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"
