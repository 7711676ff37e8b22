"""Files of a run that anybody may have edited, opened so that none of them can hang, or take more than it should.

config.toml and run.json name the versions of the formats beside them; checkpoints hold their own.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from ...errors import FileError
from ...nn.files.formats import FORMATS, check_format
from ...nn.files.regular import open_regular

__all__ = ["is_number", "json_in", "open_regular", "refuse_newer", "text_of", "versions"]

LARGEST = 1_000_000  # bytes: neither settings nor run.json are that long
FLOAT_MAX = sys.float_info.max


def text_of(path: Path, largest: int = LARGEST) -> str:
    """The text of a regular file; OSError if it is none or is longer, ValueError if it is not UTF-8."""
    with open_regular(path) as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise OSError(0, f"longer than {largest} bytes", str(path))
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8").read()


def json_in(path: Path) -> dict[str, Any]:
    """The dictionary that a small file of JSON holds; empty if it holds anything else, or cannot be read."""
    try:
        content = json.loads(text_of(path))
    except (OSError, ValueError, RecursionError):  # not JSON, a number too long, or nested too deeply
        return {}
    return content if isinstance(content, dict) else {}


def is_number(value: Any) -> bool:
    """Whether this is a number that a float can hold: JSON has numbers of any length."""
    return type(value) in (int, float) and -FLOAT_MAX <= value <= FLOAT_MAX


def versions() -> dict[str, int]:
    """What run.json says of itself, and of the metrics, whose lines have no place for it."""
    return {"format": FORMATS["run"], "metrics_format": FORMATS["metrics"]}


def refuse_newer(run: Path) -> None:
    """Raise FileError if run.json, metrics.jsonl or config.toml were made by a newer version of ours.

    What is missing or cannot be read is no matter here.
    """
    facts, settings = json_in(run / "run.json"), None
    with contextlib.suppress(OSError, ValueError, RecursionError):
        settings = tomllib.loads(text_of(run / "config.toml"))
    check_format("run", facts.get("format"), run / "run.json", FileError)
    check_format("metrics", facts.get("metrics_format"), run / "metrics.jsonl", FileError)
    if settings is not None:
        check_format("settings", settings.get("format"), run / "config.toml", FileError)
