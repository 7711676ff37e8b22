"""A run that shall be finished, whatever there is of it so far: nothing, a part, or all."""

from __future__ import annotations

from pathlib import Path

from ..errors import CheckpointError, ConfigError
from .config import Config
from .facts import read_facts
from .loop import Result
from .session import Watch, resume_run, train_run

__all__ = ["finish_run"]


def finish_run(config: Config, run: Path, watch: Watch = lambda progress, stop: None) -> Result | None:
    """Train with these settings in the directory `run`, or go on there, or return None if it is at its end.

    Raises ConfigError if there is a run with other settings, or anything else but a run; nothing is removed.
    """
    facts = read_facts(run)
    last = run / "last.npz"
    if facts.last is None and (last.exists() or (run / "best.npz").exists()):
        raise CheckpointError(
            f"{last} cannot be gone on from: it is missing or damaged. try: --out with another folder"
        )
    there = facts.config if facts.last is None else facts.last.config
    if there is None:
        return train_run(config, run, quiet=True, watch=watch)
    if there != config:
        raise ConfigError(f"{run} holds a run with other settings. try: --out with another folder")
    return resume_run(run, quiet=True, watch=watch) if facts.lacking else None
