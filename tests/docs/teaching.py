"""The table of exercises in docs/teaching.md, made of the exercises and of the minutes in docs/learn/README.md.

`python -m tests.docs.teaching` writes it anew.
"""

import re
from pathlib import Path

from tests.docs.tables import with_table
from tinygrad_gru.learn.exercise import exercises

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "teaching.md"
INDEX = DOCS / "learn" / "README.md"
HEAD = "| exercise | chapter | minutes | catches |\n|---|---|---:|---|\n"


def minutes() -> dict[int, str]:
    """Of each chapter, as the path says."""
    rows = re.findall(r"\| \[(\d+)\. .*\| (\d+) \|$", INDEX.read_text(encoding="utf-8"), flags=re.M)
    return {int(chapter): number for chapter, number in rows}


def table() -> str:
    """A row for each exercise, with the names of its wrong solutions."""
    of_chapter, rows = minutes(), []
    for task in exercises():
        catches = ", ".join(twin.__name__.replace("_", " ") for twin in task.twins)
        time = (
            of_chapter[task.chapter] if task.number.isdigit() else ""
        )  # a second exercise is in the minutes of the first
        (chapter,) = DOCS.glob(f"learn/{task.chapter:02}-*.md")
        rows.append(f"| `{task.name}` | [{task.number}](learn/{chapter.name}) | {time} | {catches} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), table()), encoding="utf-8")
