"""A run that shall be finished, whatever there is of it so far: nothing, a part, or all."""

from __future__ import annotations

from pathlib import Path

from ..errors import ConfigError, FileError
from .checkpoint import load_checkpoint
from .config import Config
from .loop import Result, out_of_patience
from .session import Watch, resume_run, train_run

__all__ = ["finish_run"]


def finish_run(config: Config, run: Path, watch: Watch = lambda progress, stop: None) -> Result | None:
    """Train with these settings in the directory `run`, or go on there, or return None if it is at its end.

    Files that are not of this run stay as they are. Raises ConfigError if the run that is there has other settings, or
    if there are other files and no run; FileError if another process trains it at this moment.
    """
    if not (run / "last.npz").exists():
        try:
            run.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"cannot make {run}: {error.strerror}. try: --out with a folder of yours") from None
        return train_run(config, run, quiet=True, watch=watch, again=True)
    kept = load_checkpoint(run / "last.npz")
    if kept.config != config:
        raise ConfigError(f"{run} holds a run with other settings. try: --out with another folder")
    if kept.update >= config.updates:
        return None
    if kept.training is not None and out_of_patience(config, kept.update, kept.training.best_update):
        return None
    return resume_run(run, quiet=True, watch=watch)
