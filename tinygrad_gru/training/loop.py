"""The training loop: forward, backward, clip, step; measure now and then, keep the best, write down what happened."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import nn, optim
from ..core.support.arrays import Array
from ..core.support.random import seed
from ..core.tensor import Tensor
from ..errors import DivergedError
from ..nn.recurrent import compiling
from ..tasks import TASKS, Task
from .config import Config
from .divergence import first_non_finite
from .ending import ended, is_measured
from .keeping import keep_at_first
from .runs.checkpoint import Checkpoint, Training, save_checkpoint, update_of
from .runs.log import DIVERGED, MetricsFile, rewind
from .signals import StopOnSignal
from .step import take_step

__all__ = ["Progress", "Result", "gentler", "new_model", "train"]

LOG_EVERY = 10  # updates between two lines of metrics.jsonl


@dataclass
class Progress:
    """Where a run stands. Loss and test are in the metric's unit."""

    update: int = 0
    loss: float = math.nan
    norm: float = math.nan  # of the gradient, before clipping
    test: float = math.nan  # the last one measured
    best: float = math.inf
    seconds: float = 0.0
    sequences_per_second: float = 0.0
    measured: bool = False  # whether `test` is of this very update
    ratio: float = math.nan  # of the norm of the weights' change to that of the weights, at the last line written
    best_update: int = 0  # when the best was measured
    curve: list[float] = field(default_factory=list)  # all that was measured in this process


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


def new_model(config: Config, task: Task) -> nn.Module:
    """The untrained model of these settings; its weights depend on the seed alone."""
    with seed(config.seed):
        model = task.model(config.cell, config.hidden)
    if config.keep_bias is not None:
        keep_at_first(model, config.keep_bias)
    return compiling.compile(model)


def train(
    config: Config,
    task: Task,
    model: nn.Module,
    run: Path,
    stop: StopOnSignal | None = None,
    watch: Callable[[Progress], object] = lambda progress: None,
    resumed: Checkpoint | None = None,
) -> Result:
    """Train the model in the directory `run`; from `new_model` the same settings give the same weights, bit for bit.

    So does a run that was stopped or killed and goes on from `resumed`, its last.npz, whose model is then the one to
    train. If that was its last update, what it may lack is made: the line of the last measurement, and best.npz.

    Calls `watch` after each update. Each time the metric is measured it writes a line of metrics.jsonl, then last.npz,
    then best.npz if the metric is the lowest so far, each of which follows from the one before. Ends early when
    `config.patience` measurements in a row brought nothing better. Raises DivergedError if the loss is not finite, with
    the operation that made the first such number; the checkpoints stay.
    """
    parameters = list(model.parameters())
    optimizer = optim.Adam(parameters, config.lr)
    schedule = optim.CosineLR(optimizer, config.updates, final=config.final_lr)
    batches = task.batches(np.random.default_rng(config.seed), config.batch)
    progress, state = Progress(), None
    if resumed is not None and (training := resumed.training) is not None:
        progress = Progress(resumed.update, best=training.best, best_update=training.best_update)
        state = _state(training.carried)
        optimizer.load_state_dict(training.optimizer)
        schedule.step()
        for _ in range(resumed.update):
            next(batches)
    progress.seconds, is_told = rewind(run, progress.update)

    def save() -> None:
        """What led to the checkpoint is on the disk before it; the best can be made of the last at any time."""
        metrics.sync()
        training = Training(optimizer.state_dict(), _arrays(state), progress.best, progress.best_update)
        save_checkpoint(run / "last.npz", Checkpoint(model, config, task.facts, progress.update, training))
        keep_the_best()

    def keep_the_best() -> None:
        if progress.update == progress.best_update:
            save_checkpoint(run / "best.npz", Checkpoint(model, config, task.facts, progress.update))

    def diverged(where: str) -> DivergedError:
        metrics.write({"update": progress.update, "event": DIVERGED})
        metrics.sync()
        return _diverged(config, run, progress, where)

    start = time.perf_counter() - progress.seconds
    with MetricsFile(run / "metrics.jsonl") as metrics, np.errstate(over="ignore", invalid="ignore"):
        if resumed is not None:
            if is_measured(config, progress.update) and not is_told:
                test = task.evaluate(model)
                metrics.write(_measurement(progress.update, test, progress.best, progress.seconds))
                metrics.sync()
            if update_of(run / "best.npz") != progress.best_update:
                keep_the_best()
        while not ended(config, progress.update, progress.best_update):
            update = progress.update + 1
            progress.measured = is_measured(config, update)
            logged = progress.measured or update % LOG_EVERY == 0
            batch, before = next(batches), [p.data for p in parameters] if logged else []
            loss, carried = task.loss(model, batch, state)
            step = take_step(loss, parameters, optimizer, config.clip, schedule)
            progress.update, progress.loss, progress.norm = update, step.loss * task.scale, step.norm
            if not step.finite:
                raise diverged(first_non_finite(task.loss, model, batch, state))
            state = carried
            if logged:
                progress.ratio = _change(before, parameters)
            if progress.measured:
                progress.test = task.evaluate(model)
                if not math.isfinite(progress.test):
                    raise diverged(first_non_finite(task.evaluate, model))
                progress.curve.append(progress.test)
                if progress.test < progress.best:
                    progress.best, progress.best_update = progress.test, update
            progress.seconds = time.perf_counter() - start
            progress.sequences_per_second = update * config.batch / progress.seconds
            if logged:
                metrics.write(_line(progress))
            if progress.measured:
                save()
            watch(progress)
            if stop is not None and stop.signal is not None and not ended(config, update, progress.best_update):
                if not progress.measured:
                    save()
                return Result(config, task, run, update, progress.best, progress.seconds, stop.signal)
    early = progress.update < config.updates
    return Result(config, task, run, progress.update, progress.best, progress.seconds, early=early)


def _change(before: list[Array], parameters: list[Any]) -> float:
    """‖θ' − θ‖ / ‖θ‖: about 1e-3 in a run that does well; far above it forgets, far below it stands still."""
    moved = sum(float(np.square(p.data - old).sum()) for p, old in zip(parameters, before, strict=True))
    size = sum(float(np.square(old).sum()) for old in before)
    return math.sqrt(moved / size) if size else 0.0


def _arrays(state: Any) -> list[Array]:
    """The tensors of a carried state as arrays."""
    return [] if state is None else [t.data for t in (state if isinstance(state, tuple) else (state,))]


def _state(arrays: list[Array]) -> Any:
    """And back."""
    tensors = tuple(Tensor(array) for array in arrays)
    return None if not tensors else tensors if len(tensors) > 1 else tensors[0]


def _measurement(update: int, test: float, best: float, seconds: float) -> dict[str, Any]:
    """The line of a measurement whose update was made by a process that did not come to write it."""
    return {"update": update, "test": test, "best": best, "seconds": round(seconds, 3)}


def _line(progress: Progress) -> dict[str, Any]:
    line = {
        "update": progress.update,
        "loss": progress.loss,
        "grad_norm": progress.norm,
        "update_ratio": progress.ratio,
    }
    if progress.measured:
        line |= {"test": progress.test, "best": progress.best}
    return line | {
        "seconds": round(progress.seconds, 3),
        "sequences_per_second": round(progress.sequences_per_second, 1),
    }


def gentler(config: Config) -> float:
    """A learning rate for a run that diverged."""
    return float(min(config.lr / 10, TASKS[config.task].defaults["lr"]))


def _diverged(config: Config, run: Path, progress: Progress, where: str) -> DivergedError:
    kept = sorted(path.name for path in run.glob("*.npz"))
    return DivergedError(
        f"the run diverged at update {progress.update}: loss {progress.loss}, |g| {progress.norm}. {where}"
        f"{run} keeps {' and '.join(kept) or 'no checkpoint yet'}. "
        f"try: --lr {gentler(config):g}, or --clip {config.clip / 10:g}"
    )
