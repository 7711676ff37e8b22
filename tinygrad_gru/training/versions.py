"""The versions of the formats in a run's folder; its checkpoints hold their own."""

from __future__ import annotations

import contextlib
import json
import tomllib
from pathlib import Path

from ..errors import FileError
from ..nn.formats import FORMATS, check_format

__all__ = ["refuse_newer", "versions"]


def versions() -> dict[str, int]:
    """What run.json says of itself, and of the metrics, whose lines have no place for it."""
    return {"format": FORMATS["run"], "metrics_format": FORMATS["metrics"]}


def refuse_newer(run: Path) -> None:
    """Raise FileError if run.json, metrics.jsonl or config.toml were made by a newer version of ours.

    What is missing or cannot be read is no matter here.
    """
    told = settings = None
    with contextlib.suppress(OSError, ValueError):
        told = json.loads((run / "run.json").read_text(encoding="utf-8"))
    with contextlib.suppress(OSError, ValueError):
        settings = tomllib.loads((run / "config.toml").read_text(encoding="utf-8"))
    if isinstance(told, dict):
        check_format("run", told.get("format"), run / "run.json", FileError)
        check_format("metrics", told.get("metrics_format"), run / "metrics.jsonl", FileError)
    if settings is not None:
        check_format("settings", settings.get("format"), run / "config.toml", FileError)
