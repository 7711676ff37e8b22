"""The metrics of a run as an event file for TensorBoard, written by tensorboardX.

Of the packages that can write one it brings the least along: protobuf, and no server.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

from ...errors import FileError, MissingExtraError
from ...nn.files import write_atomically
from ..runs.directory import make_folder
from ..runs.facts import read_facts

__all__ = ["write_events"]

TAGS = {"loss": "loss", "test": "metric/test", "best": "metric/best", "grad_norm": "update/gradient norm",
        "update_ratio": "update/ratio", "sequences_per_second": "speed/sequences per second"}  # fmt: skip


def write_events(run: Path, out: Path) -> Path:
    """Write the metrics of a run into a new event file in the folder `out/NAME OF THE RUN`; returns that folder.

    The time of an event is the seconds since the run began. Raises FileError for a run without metrics, or if events
    of it are there already, MissingExtraError without tensorboardX.
    """
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        raise MissingExtraError("tensorboardX", "tensorboard", "an event file for TensorBoard") from None
    facts = read_facts(run)
    if not facts.metrics:
        raise FileError(f"{run} has no metrics yet. try: a run that was trained for longer")
    folder = out / run.resolve().name
    if folder.exists() and any(folder.iterdir()):
        raise FileError(f"{folder} holds events already. try: another folder, or remove it")
    make_folder(folder)
    with tempfile.TemporaryDirectory() as unfinished:  # a kill leaves no half of a file in `folder`
        with SummaryWriter(unfinished) as writer:
            for line in facts.metrics:
                for name, tag in TAGS.items():
                    value: Any = line.get(name)
                    if type(value) in (int, float) and math.isfinite(value):
                        writer.add_scalar(tag, value, line["update"], walltime=_seconds(line))
            if facts.config is not None:
                writer.add_text("settings", f"```\n{facts.config.as_toml()}```", 0, walltime=0.0)
        for path in Path(unfinished).iterdir():
            with write_atomically(folder / path.name) as file:
                file.write(path.read_bytes())
    return folder


def _seconds(line: dict[str, Any]) -> float:
    seconds: Any = line.get("seconds")
    return float(seconds) if type(seconds) in (int, float) else 0.0
