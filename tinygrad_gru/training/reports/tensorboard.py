"""The metrics of a run as event files for TensorBoard, while it trains or afterwards, written by tensorboardX.

Of the packages that can write one it brings the least along: protobuf, and no server.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import FileError, MissingExtraError
from ...nn.files import write_atomically
from ..runs.directory import make_folder
from ..runs.facts import read_facts
from ..runs.log import line_of

if TYPE_CHECKING:
    from ..trainer import Progress

__all__ = ["TensorBoard", "write_events"]

TAGS = {"loss": "loss", "test": "metric/test", "best": "metric/best", "grad_norm": "update/gradient norm",
        "update_ratio": "update/ratio", "sequences_per_second": "speed/sequences per second"}  # fmt: skip
SECONDS = 2  # until events are in the file


class TensorBoard:
    """A subscriber: inside `with TensorBoard(folder) as board:` steps that are logged become events within seconds."""

    def __init__(self, folder: Path) -> None:
        self._writer = _summary_writer()(str(folder), flush_secs=SECONDS)

    def __enter__(self) -> TensorBoard:
        return self

    def __exit__(self, *exc: object) -> None:
        self._writer.close()

    def __call__(self, step: Progress) -> None:
        """The events of a step."""
        if step.logged:
            _add(self._writer, line_of(step))


def write_events(run: Path, out: Path) -> Path:
    """Write the metrics of a run into a new event file in the folder `out/NAME OF THE RUN`; returns that folder.

    The time of an event is the seconds since the run began. Raises FileError for a run without metrics, or if events
    of it are there already, MissingExtraError without tensorboardX.
    """
    writer_in = _summary_writer()
    facts = read_facts(run)
    if not facts.metrics:
        raise FileError(f"{run} has no metrics yet. try: a run that was trained for longer")
    folder = out / run.resolve().name
    if folder.exists() and any(folder.iterdir()):
        raise FileError(f"{folder} holds events already. try: another folder, or remove it")
    make_folder(folder)
    with tempfile.TemporaryDirectory() as unfinished:  # a kill leaves no half of a file in `folder`
        with writer_in(unfinished) as writer:
            for line in facts.metrics:
                _add(writer, line)
            if facts.config is not None:
                writer.add_text("settings", f"```\n{facts.config.as_toml()}```", 0, walltime=0.0)
        for path in Path(unfinished).iterdir():
            with write_atomically(folder / path.name) as file:
                file.write(path.read_bytes())
    return folder


def _summary_writer() -> Any:
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        raise MissingExtraError("tensorboardX", "tensorboard", "an event file for TensorBoard") from None
    return SummaryWriter


def _add(writer: Any, line: dict[str, Any]) -> None:
    """The figures of a line of metrics.jsonl; their time is the seconds since the run began."""
    for name, tag in TAGS.items():
        if name in line and math.isfinite(line[name]):
            writer.add_scalar(tag, line[name], line["update"], walltime=float(line.get("seconds", 0.0)))
