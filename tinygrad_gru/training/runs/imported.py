"""A run whose weights were trained elsewhere: used as any other, but it has no metrics and cannot be resumed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...nn.files import write_atomically
from ...terminal import say
from ..settings import numbered
from .checkpoint import Checkpoint, save_checkpoint
from .directory import new_run
from .lock import only_one_on
from .small_files import versions

__all__ = ["write_imported_run"]


def write_imported_run(checkpoint: Checkpoint, facts: Mapping[str, Any], out: Path | None) -> Path:
    """Write a new run with this model, and with the facts in its run.json; returns its folder."""
    run = new_run(checkpoint.config.task, out)
    with only_one_on(run, say):
        save_checkpoint(run / "best.npz", replace(checkpoint, update=0))  # no update of ours
        with write_atomically(run / "run.json") as file:
            file.write((json.dumps(versions() | dict(facts), indent=2) + "\n").encode())
        with write_atomically(run / "config.toml") as file:  # the last: it makes the folder a run
            file.write(numbered(checkpoint.config.as_toml(run)).encode())
    return run
