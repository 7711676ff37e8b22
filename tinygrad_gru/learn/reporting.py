"""What learners have done, as `progress.txt` of each folder says, as a table. Nothing is checked."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from .workshop import Workshop

__all__ = ["COLUMNS", "Done", "as_csv", "report"]


@dataclass(frozen=True)
class Done:
    """What a learner noted of one exercise; the fields are the columns of the table."""

    folder: str
    chapter: int
    exercise: str
    state: str  # done, seen, skipped, begun, or nothing
    when: str  # of the last change, as 2026-11-27 14:05
    hints: int


COLUMNS = [field.name for field in fields(Done)]


def report(workshops: Mapping[str, Workshop]) -> Iterator[Done]:
    """A line for each exercise of the course, for each folder."""
    for folder, workshop in workshops.items():
        for task in workshop.course.tasks:
            entry = workshop.entries.get(task.name)
            when = entry.when if entry else ""
            yield Done(folder, task.chapter, task.name, workshop.state(task), when, workshop.hints_seen(task))


def as_csv(lines: Sequence[Any], columns: Sequence[str] = COLUMNS) -> str:
    """A table of dataclasses, with its head: their fields are the columns.

    A spreadsheet would compute a folder called =1+1: it is ./=1+1, which is the same folder.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for line in lines:
        row = asdict(line)
        folder = row["folder"]
        writer.writerow(row | {"folder": f"./{folder}" if folder.startswith(tuple("=+-@\t")) else folder})
    return text.getvalue()
