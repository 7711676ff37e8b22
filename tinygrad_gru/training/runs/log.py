"""metrics.jsonl: what happened in a run, a line of JSON every ten updates and at each measurement.

The lines up to a checkpoint are on the disk before it is. So a run that was killed at any moment has all that led to
its last.npz, and what it has beyond that is cut away when it goes on, because it happens again.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import FileError
from ...nn.files import write_atomically
from .small_files import is_number, open_regular

if TYPE_CHECKING:
    from ..trainer import Progress

__all__ = [
    "DIVERGED", "LONGEST_LINE", "MetricsFile", "diverged_line", "line_of", "measurement_line", "parse_line",
    "read_metrics", "rewind",
]  # fmt: skip

DIVERGED = "diverged"  # the event that ends a run whose numbers are none
NUMBERS = (
    "loss",
    "grad_norm",
    "update_ratio",
    "test",
    "best",
    "validation",
    "seconds",
    "sequences_per_second",
    "train",
    "lr",
)  # in a line, if they are there; the last two in those of other programs
WHOLE = 32_000_000  # bytes of a file that are read line by line
LONGEST_LINE = 100_000  # bytes
MOST_UPDATES = 10**15
LONGEST = 1e9  # seconds, thirty years: what is said to have taken longer was not written by us


def line_of(step: Progress) -> dict[str, Any]:
    """The line of an update."""
    measured = measured_in(step.test, step.best, step.validation) if step.measured else {}
    return {
        "update": step.update,
        "loss": step.loss,
        "grad_norm": step.norm,
        "update_ratio": step.ratio,
        **measured,
        "seconds": round(step.seconds, 3),
        "sequences_per_second": round(step.sequences_per_second, 1),
    }


def measurement_line(
    update: int, test: float, best: float, seconds: float, validation: float | None = None
) -> dict[str, Any]:
    """The line of a measurement alone."""
    return {"update": update, **measured_in(test, best, validation), "seconds": round(seconds, 3)}


def measured_in(test: float, best: float, validation: float | None) -> dict[str, float]:
    """What a measurement adds to a line: the metric, that of the weights that are kept, and what chooses these."""
    return {"test": test, "best": best} | ({} if validation is None else {"validation": validation})


def diverged_line(update: int) -> dict[str, Any]:
    """The line that ends a run whose numbers are none."""
    return {"update": update, "event": DIVERGED}


class MetricsFile:
    """The file, which is there already, and to which lines are appended."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise FileError(f"cannot write {path}: {error.strerror}. try: --out with a folder of yours") from None

    def close(self) -> None:
        """Nothing more is written."""
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
    """The lines of a run's metrics.jsonl; a torn one, which a kill may leave at the end, is left out.

    What is no number where one belongs is left out of its line. Of a file of more than 32 MB there are all
    measurements and events, and only as many of the other lines as a curve can show.
    """
    lines = []
    stride = 1 + _size_of(run) // WHOLE
    for line in _lines(run, stride):
        lines.append({name: value for name, value in line.items() if name not in NUMBERS or is_number(value)})
    return lines


def rewind(run: Path, done: int) -> tuple[float, bool]:
    """Leave in metrics.jsonl what was written up to update `done`; of a new run, an empty file.

    The rest, a torn line and a divergence included, happens again. Returns the seconds that had passed at the last
    line, and whether a measurement of update `done` is there. One line at a time is in memory.
    """
    seconds, measured = 0.0, False
    with write_atomically(run / "metrics.jsonl") as file:
        for line in _lines(run):
            if line["update"] <= done and "event" not in line and (text := _json_of(line)) is not None:
                file.write(text + b"\n")
                seconds = _seconds_of(line)
                measured = measured or (line["update"] == done and "test" in line)
    return seconds, measured


def _lines(run: Path, stride: int = 1) -> Iterator[dict[str, Any]]:
    """The lines one after the other; with a stride, only each so-manieth of those without a measurement or event."""
    with contextlib.suppress(OSError), open_regular(run / "metrics.jsonl") as file:
        for number, text in enumerate(iter(lambda: file.readline(LONGEST_LINE), b"")):
            if number % stride and b'"test"' not in text and b'"event"' not in text:
                continue
            if (line := parse_line(text)) is not None:
                yield line


def parse_line(text: bytes) -> dict[str, Any] | None:
    """A line as it was written, whose `update` is a count; None if it is torn, or no line of ours."""
    with contextlib.suppress(ValueError, RecursionError):
        line = json.loads(text.decode("utf-8", "replace"))
        if isinstance(line, dict) and type(line.get("update")) is int and 0 <= line["update"] < MOST_UPDATES:
            return line
    return None


def _size_of(run: Path) -> int:
    with contextlib.suppress(OSError):
        return (run / "metrics.jsonl").stat().st_size
    return 0


def _seconds_of(line: dict[str, Any]) -> float:
    """The seconds that had passed at this line; what makes no sense counts as none."""
    seconds = line.get("seconds", 0.0)
    return float(seconds) if isinstance(seconds, int | float) and 0 <= seconds < LONGEST else 0.0


def _json_of(line: dict[str, Any]) -> bytes | None:
    """The line as it is written; None if there is NaN or infinity in it, which Python reads and nobody else."""
    try:
        return json.dumps(line, allow_nan=False).encode()
    except ValueError:
        return None
