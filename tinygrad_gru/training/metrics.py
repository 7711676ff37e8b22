"""metrics.jsonl: what happened in a run, a line of JSON every ten updates and at each measurement.

The lines up to a checkpoint are on the disk before it is. So a run that was killed at any moment has all that led to
its last.npz, and what it has beyond that is cut away when it goes on, because it happens again.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from ..errors import FileError
from ..nn.files import write_atomically

__all__ = ["DIVERGED", "MetricsFile", "read_metrics", "rewind", "seconds_of"]

DIVERGED = "diverged"  # the event that ends a run whose numbers are none
LONGEST = 1e9  # seconds, thirty years: what is said to have taken longer was not written by us


class MetricsFile:
    """Inside `with MetricsFile(path) as metrics:` lines are appended to the file, which is there already."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise FileError(f"cannot write {path}: {error.strerror}. try: --out with a folder of yours") from None

    def __enter__(self) -> MetricsFile:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def write(self, line: dict[str, Any]) -> None:
        """A line, which other processes see at once."""
        text = json.dumps(line, allow_nan=False) + "\n"
        try:
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            raise self._failed(error) from None

    def sync(self) -> None:
        """Bring the lines so far onto the disk, where a power cut does not take them away."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._failed(error) from None

    def _failed(self, error: OSError) -> FileError:
        with contextlib.suppress(OSError):
            self._file.close()  # or what could not be written would be tried again, and fail again
        kept = "the checkpoints so far are kept. try: tinygrad-gru resume, when there is room"
        return FileError(f"cannot write {self._file.name}: {error.strerror}. {kept}")


def read_metrics(run: Path) -> list[dict[str, Any]]:
    """The lines of a run's metrics.jsonl; a torn one, which a kill may leave at the end, is left out."""
    lines = []
    with contextlib.suppress(OSError):
        for text in (run / "metrics.jsonl").read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                line = json.loads(text)
                if isinstance(line, dict) and type(line.get("update")) is int:
                    lines.append(line)
    return lines


def rewind(run: Path, done: int) -> list[dict[str, Any]]:
    """Leave in metrics.jsonl what was written up to update `done`, and return it; of a new run, an empty file.

    The rest, a torn line and a divergence included, happens again.
    """
    lines = [line for line in read_metrics(run) if line["update"] <= done and "event" not in line and _is_json(line)]
    with write_atomically(run / "metrics.jsonl") as file:
        file.write("".join(json.dumps(line) + "\n" for line in lines).encode())
    return lines


def seconds_of(lines: list[dict[str, Any]]) -> float:
    """The seconds that had passed at the last of these lines; what makes no sense counts as none."""
    seconds = lines[-1].get("seconds", 0.0) if lines else 0.0
    return float(seconds) if isinstance(seconds, int | float) and 0 <= seconds < LONGEST else 0.0


def _is_json(line: dict[str, Any]) -> bool:
    """Whether there is no NaN or infinity in it, which Python reads and nobody else."""
    try:
        json.dumps(line, allow_nan=False)
    except ValueError:
        return False
    return True
