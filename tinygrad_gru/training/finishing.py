"""A run that shall be finished, whatever there is of it so far: nothing, a part, or all."""

from __future__ import annotations

from pathlib import Path

from ..errors import ConfigError
from .checkpoint import load_checkpoint
from .config import Config
from .loop import Result, out_of_patience
from .session import Watch, resume_run, train_run
from .versions import refuse_newer

__all__ = ["finish_run"]


def finish_run(config: Config, run: Path, watch: Watch = lambda progress, stop: None) -> Result | None:
    """Train with these settings in the directory `run`, or go on there, or return None if it is at its end.

    Raises ConfigError if the run that is there has other settings.
    """
    refuse_newer(run)
    if not (run / "last.npz").exists():
        if run.exists():  # stopped before its first checkpoint
            for path in run.iterdir():
                path.unlink()
        return train_run(config, run, quiet=True, watch=watch)
    kept = load_checkpoint(run / "last.npz")
    if kept.config != config:
        raise ConfigError(f"{run} holds a run with other settings. try: --out with another folder")
    if kept.update >= config.updates:
        return None
    if kept.training is not None and out_of_patience(config, kept.update, kept.training.best_update):
        return None
    return resume_run(run, quiet=True, watch=watch)
