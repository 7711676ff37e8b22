"""The versions of the formats in a run's folder; its checkpoints hold their own."""

from __future__ import annotations

import contextlib
import tomllib
from pathlib import Path

from ...errors import FileError
from ...nn.files.formats import FORMATS, check_format
from .small_files import json_in, text_of

__all__ = ["refuse_newer", "versions"]


def versions() -> dict[str, int]:
    """What run.json says of itself, and of the metrics, whose lines have no place for it."""
    return {"format": FORMATS["run"], "metrics_format": FORMATS["metrics"]}


def refuse_newer(run: Path) -> None:
    """Raise FileError if run.json, metrics.jsonl or config.toml were made by a newer version of ours.

    What is missing or cannot be read is no matter here.
    """
    told, settings = json_in(run / "run.json"), None
    with contextlib.suppress(OSError, ValueError, RecursionError):
        settings = tomllib.loads(text_of(run / "config.toml"))
    check_format("run", told.get("format"), run / "run.json", FileError)
    check_format("metrics", told.get("metrics_format"), run / "metrics.jsonl", FileError)
    if settings is not None:
        check_format("settings", settings.get("format"), run / "config.toml", FileError)
