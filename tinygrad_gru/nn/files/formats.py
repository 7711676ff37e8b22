"""The formats of our files: each has a version of its own, which is raised when its content changes.

A newer version still reads the older ones; its new keys are listed in tests/compatibility/test_formats.py. Version
0.1.0 of the package wrote a number only into checkpoints and models; a file without one has version 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...errors import CheckpointError, TinygradError

__all__ = ["FORMATS", "MARK", "check_format", "check_mark", "check_title", "title_of"]

FORMATS = {
    "npz": 1,  # any file of arrays, told in its comment if it is not 1, as are those of modules
    "module": 1,  # tg.save, save_weights and import: the names of parameters
    "model": 1,  # save of the Keras face: `format` in meta.json, in words
    "checkpoint": 2,  # best.npz and last.npz of a run: `format` in meta.json; 2 tells how tables are read and split
    "settings": 2,  # config.toml, and what init writes: `format`; 2 has the settings of reading
    "run": 1,  # run.json: `format`
    "metrics": 1,  # metrics.jsonl: `metrics_format` in the run.json beside it
    "sweep": 1,  # what a sweep's study is for: `format` in its attribute `sweep`
    "safetensors": 1,  # the names in exported .safetensors: `tinygrad_gru` in the metadata
    "onnx": 1,  # the names in exported ONNX: `tinygrad_gru` in the metadata
}

MARK = "tinygrad_gru"  # in the metadata of files in the formats of others
TITLE = re.compile(r"tinygrad_gru (\w+) (\d{1,9})")


def check_format(kind: str, version: Any, where: Any, error: type[TinygradError] = CheckpointError) -> None:
    """Raise `error` unless files of this kind and version can be read; a version that is missing, None, is 1."""
    newest = FORMATS[kind]
    if version is None:
        return
    if type(version) is not int or version < 1:
        raise error(f"{where} has format {str(version)[:40]!r}, wanted a number up to {newest}. try: another file")
    if version > newest:
        raise error(
            f"{where} was made by a newer tinygrad_gru (format {version}, wanted up to {newest}). "
            "try: pip install --upgrade tinygrad_gru"
        )


def title_of(kind: str) -> str:
    """A format and its version in words: `tinygrad_gru model 1`."""
    return f"tinygrad_gru {kind} {FORMATS[kind]}"


def check_title(title: Any, where: Any) -> str | None:
    """The kind of format in a title, or None for another text; CheckpointError if its version is a newer one."""
    match = TITLE.fullmatch(title) if isinstance(title, str) else None
    if match is None or match[1] not in FORMATS:
        return None
    check_format(match[1], int(match[2]), where)
    return match[1]


def check_mark(kind: str, metadata: Mapping[Any, Any], where: Any) -> None:
    """The same for safetensors and ONNX files, whose metadata hold our mark if we wrote them."""
    mark = metadata.get(MARK)
    is_number = isinstance(mark, str) and re.fullmatch("[0-9]{1,9}", mark)
    check_format(kind, int(mark) if is_number else mark, where)  # type: ignore[arg-type]
