"""A run: a trainer, what it writes into the run's directory, and when it stops."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from .. import nn
from ..errors import DivergedError
from ..tasks import Task
from ..updates.learning_curve import curves_of_figures
from ..updates.native import suited
from ..updates.signals import StopOnSignal
from .config import Config
from .runs.checkpoint import Checkpoint
from .runs.facts import read_facts
from .subscribers import Checkpoints, MetricsLog, Subscriber
from .trainer import Trainer

__all__ = ["Result", "train"]


@dataclass(frozen=True)
class Result:
    """What came of a run."""

    config: Config
    task: Task
    run: Path
    updates: int  # how many were made
    best: float  # the lowest metric measured; infinite if none was
    seconds: float
    stopped: int | None = None  # the signal that stopped it before the end
    early: bool = False  # whether it ended because nothing got better
    signal: int | None = None  # the signal that came, be it too late to stop anything

    @property
    def reached(self) -> bool:
        """Whether the metric came below the task's goal."""
        return self.best < self.task.goal

    def __repr__(self) -> str:
        state = (
            f"stopped by signal {self.stopped}" if self.stopped else "goal reached" if self.reached else "goal missed"
        )
        return f"Result({self.run}: {self.task.metric} {self.best:.4g} after {self.updates} updates, {state})"

    def _repr_html_(self) -> str:
        """For notebooks: how good it became, and the curve beside its baselines and its goal."""
        levels = dict(self.task.baselines) | {"goal": self.task.goal}
        curve = curves_of_figures({self.task.metric: read_facts(self.run).curve}, "updates", levels)
        return f'<div style="max-width: 720px"><p>{escape(repr(self))}</p>{curve}</div>'

    def as_dict(self) -> dict[str, Any]:
        """What programs want to know, as JSON."""
        return {
            "run": str(self.run),
            "config": self.config.as_dict(),
            "metric": self.task.metric,
            "best": self.best if math.isfinite(self.best) else None,
            "baselines": self.task.baselines,
            "goal": self.task.goal,
            "reached": self.reached,
            "updates": self.updates,
            "seconds": round(self.seconds, 3),
            "stopped": self.stopped,
            "early": self.early,
        }


def train(
    config: Config,
    task: Task,
    model: nn.Module,
    run: Path,
    stop: StopOnSignal | None = None,
    watch: Subscriber = lambda progress: None,
    resumed: Checkpoint | None = None,
    say: Callable[[str], object] | None = None,
) -> Result:
    """Train the model in the directory `run`, and call `watch` after each update, when all of it is written down.

    It stops after the update in which `stop` got a signal, and saves. A run that goes on from `resumed` may have made
    its last update: then what it may lack is made, the line of the last measurement and best.npz. Raises DivergedError
    as `Trainer.updates` does; the checkpoints stay. `say` is told while loops are compiled to machine code.
    """
    trainer = Trainer(task, model, config, resumed)
    sizes = (config.updates, config.length, config.batch)
    with suited(model, *sizes, say), MetricsLog(run, trainer) as log:  # what is compiled is compiled before the clock
        checkpoints = Checkpoints(run, trainer, log)
        if resumed is not None:
            log.complete()
            checkpoints.complete()
        stopped = None
        try:
            for step in trainer.updates():
                for subscriber in (log, checkpoints, watch):
                    subscriber(step)
                if stop is not None and stop.signal is not None and not trainer.position.ended_by:
                    checkpoints.save()
                    stopped = stop.signal
                    break
        except DivergedError as error:
            if trainer.diverged:
                log.diverged()
                raise _with_what_is_kept(error, run) from None
            raise
    progress, early = trainer.progress, trainer.position.ended_by == "patience"
    return Result(config, task, run, progress.update, progress.best, progress.seconds, stopped, early)


def _with_what_is_kept(error: DivergedError, run: Path) -> DivergedError:
    what, _, hint = str(error).rpartition("try: ")
    kept = sorted(path.name for path in run.glob("*.npz"))
    return DivergedError(f"{what}{run} keeps {' and '.join(kept) or 'no checkpoint yet'}. try: {hint}")
