"""The steps of examples/steps/, each grown from the one before: one master, from which every file is written.

A line `#: 4..11` in the master says that what follows stands in steps 4 to 11, `#: 9..` that it stays from step 9 on.
`python -m tests.examples.steps` writes all files anew; a test compares them with the master.
"""

import difflib
import re
from pathlib import Path

__all__ = ["FOLDER", "LAST", "MASTER", "added", "file_of", "written"]

FOLDER = Path(__file__).parents[2] / "examples" / "steps"
MASTER = FOLDER / "master.py.in"
LAST = 15


def written(master: str, last: int = LAST) -> dict[int, str]:
    """The text of each step."""
    lines: dict[int, list[str]] = {step: [] for step in range(1, last + 1)}
    steps = range(1, last + 1)
    for line in master.splitlines():
        if marker := re.fullmatch(r"#: (\d+)\.\.(\d*)", line):
            steps = range(int(marker[1]), int(marker[2] or last) + 1)
        else:
            for step in steps:
                lines[step].append(line)
    return {step: "\n".join([*text, ""]) for step, text in lines.items()}


def added(before: str, after: str) -> int:
    """How many lines are new in a step."""
    changes = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return sum(line.startswith("+") and not line.startswith("+++") for line in changes)


def file_of(step: int) -> Path:
    """Where a step stands."""
    return FOLDER / f"step{step:02d}.py"


if __name__ == "__main__":
    for number, text in written(MASTER.read_text(encoding="utf-8")).items():
        file_of(number).write_text(text, encoding="utf-8")
