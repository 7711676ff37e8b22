"""Files of a run that anybody may have edited, opened so that none of them can hang, or take more than it should."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["is_number", "json_in", "open_regular", "text_of"]

LARGEST = 1_000_000  # bytes: neither settings nor run.json are that long
FLOAT_MAX = sys.float_info.max
DEVICE = getattr(os, "O_NONBLOCK", 0)  # to open a pipe that nobody writes into would be to wait


def open_regular(path: Path) -> BinaryIO:
    """The file, if it is one and no pipe, device or folder; OSError otherwise."""
    descriptor = os.open(path, os.O_RDONLY | DEVICE | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "not a file", str(path))
    return os.fdopen(descriptor, "rb")


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
        found = json.loads(text_of(path))
    except (OSError, ValueError, RecursionError):  # not JSON, a number too long, or nested too deeply
        return {}
    return found if isinstance(found, dict) else {}


def is_number(value: Any) -> bool:
    """Whether this is a number that a float can hold: JSON has numbers of any length."""
    return type(value) in (int, float) and -FLOAT_MAX <= value <= FLOAT_MAX
