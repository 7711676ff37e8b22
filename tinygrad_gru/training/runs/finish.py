"""A run that shall be finished, whatever there is of it so far: nothing, a part, or all."""

from __future__ import annotations

from pathlib import Path

from ...errors import ConfigError
from ..config import Config
from ..loop import Result
from .checkpoint import load_checkpoint
from .data import refuse_changed_data
from .directory import make_folder
from .facts import read_facts
from .session import Watch, resume_run, train_run
from .versions import refuse_newer

__all__ = ["finish_run"]


def finish_run(config: Config, run: Path, watch: Watch = lambda progress, stop: None) -> Result | None:
    """Train with these settings in the directory `run`, or go on there, or return None if it is at its end.

    Files that are not of this run stay as they are. Raises ConfigError if the run that is there has other settings, or
    if there are other files and no run; DataError if it is at its end and its data have changed since: it cannot stand
    beside runs of the new ones. Raises FileError if another process trains it at this moment.
    """
    refuse_newer(run)
    last = run / "last.npz"
    if not last.exists():
        make_folder(run)
        return train_run(config, run, quiet=True, watch=watch, again=True)
    facts = read_facts(run)
    there = load_checkpoint(last).config if facts.last is None else facts.last.config  # a damaged one is told
    if there != config:
        raise ConfigError(f"{run} holds a run with other settings. try: --out with another folder")
    if facts.lacking:
        return resume_run(run, quiet=True, watch=watch)  # which looks at the data itself
    if facts.last is not None:
        refuse_changed_data(config, facts.last.facts)
    return None
