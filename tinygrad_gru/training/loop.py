"""The training loop: forward, backward, clip, step; measure now and then, keep the best, write down what happened."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TextIO

import numpy as np

from .. import nn, optim
from ..core.arrays import Array
from ..core.random import seed
from ..core.tensor import Tensor
from ..errors import DivergedError, FileError
from ..nn.files import write_atomically
from ..tasks import TASKS, Task
from .checkpoint import Checkpoint, Training, save_checkpoint
from .config import Config
from .divergence import first_non_finite
from .keeping import keep_at_first
from .signals import StopOnSignal
from .step import take_step

__all__ = ["Progress", "Result", "gentler", "new_model", "out_of_patience", "train"]

LOG_EVERY = 10  # updates between two lines of metrics.jsonl
LONGEST = 1e9  # seconds, thirty years: what is said to have taken longer was not written by us


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
    return model


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

    So does a run that was stopped and goes on from `resumed`, its last.npz, whose model is then the one to train.

    Calls `watch` after each update. Writes metrics.jsonl, last.npz each time the metric is measured, and best.npz when
    it is the lowest so far. Ends early when `config.patience` measurements in a row brought nothing better. Raises
    DivergedError if the loss is not finite, with the operation that made the first such number; the checkpoints stay.
    """
    parameters = list(model.parameters())
    optimizer = optim.Adam(parameters, config.lr)
    schedule = optim.CosineLR(optimizer, config.updates, final=config.final_lr)
    batches = task.batches(np.random.default_rng(config.seed), config.batch)
    progress, state = Progress(), None
    if resumed is not None and (training := resumed.training) is not None:
        progress = Progress(resumed.update, best=training.best, best_update=training.best_update)
        progress.seconds = _rewind(run / "metrics.jsonl", resumed.update)
        state = _state(training.carried)
        optimizer.load_state_dict(training.optimizer)
        schedule.step()
        for _ in range(resumed.update):
            next(batches)

    def checkpoint(name: str) -> None:
        last = Training(optimizer.state_dict(), _arrays(state), progress.best, progress.best_update)
        kept = last if name == "last.npz" else None
        save_checkpoint(run / name, Checkpoint(model, config, task.facts, progress.update, kept))

    def result(stopped: int | None = None, early: bool = False) -> Result:
        return Result(config, task, run, progress.update, progress.best, progress.seconds, stopped, early)

    done = progress.update
    start = time.perf_counter() - progress.seconds
    with _open(run / "metrics.jsonl", "a" if done else "w") as metrics, np.errstate(over="ignore", invalid="ignore"):
        for update in range(done + 1, config.updates + 1):
            progress.measured = update % config.measure_every == 0 or update == config.updates
            logged = progress.measured or update % LOG_EVERY == 0
            batch, before = next(batches), [p.data for p in parameters] if logged else []
            loss, carried = task.loss(model, batch, state)
            step = take_step(loss, parameters, optimizer, config.clip, schedule)
            progress.update, progress.loss, progress.norm = update, step.loss * task.scale, step.norm
            if not step.finite:
                _write(metrics, {"update": update, "event": "diverged"})
                raise _diverged(config, run, progress, first_non_finite(task.loss, model, batch, state))
            state = carried
            if logged:
                progress.ratio = _change(before, parameters)
            if progress.measured:
                progress.test = task.evaluate(model)
                if not math.isfinite(progress.test):
                    _write(metrics, {"update": update, "event": "diverged"})
                    raise _diverged(config, run, progress, first_non_finite(task.evaluate, model))
                progress.curve.append(progress.test)
                better = progress.test < progress.best
                if better:
                    progress.best, progress.best_update = progress.test, update
                    checkpoint("best.npz")
                checkpoint("last.npz")
            progress.seconds = time.perf_counter() - start
            progress.sequences_per_second = update * config.batch / progress.seconds
            if logged:
                _write(metrics, _line(progress))
            watch(progress)
            if stop is not None and stop.signal is not None:
                checkpoint("last.npz")
                return result(stopped=stop.signal)
            if progress.measured and out_of_patience(config, update, progress.best_update):
                return result(early=True)
    return result()


def out_of_patience(config: Config, update: int, best_update: int) -> bool:
    """Whether so many measurements in a row brought nothing better that there is no hope left."""
    return config.patience is not None and update - best_update >= config.patience * config.measure_every


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


def _open(path: Path, mode: Literal["a", "w"]) -> TextIO:
    try:
        return path.open(mode, encoding="utf-8")
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}. try: --out with a folder of yours") from None


def _rewind(path: Path, done: int) -> float:
    """Leave in the metrics what was written up to update `done`; the rest, a torn line included, happens again.

    Returns the seconds that had passed.
    """
    kept: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []:
        with contextlib.suppress(ValueError):
            told = json.loads(line, parse_constant=int)  # of NaN no int can be made: ValueError, as it is no JSON
            if isinstance(told, dict) and type(told.get("update")) is int and told["update"] <= done:
                kept += [] if "event" in told else [told]
    with write_atomically(path) as file:
        file.write("".join(json.dumps(told) + "\n" for told in kept).encode())
    seconds = kept[-1].get("seconds", 0.0) if kept else 0.0
    return float(seconds) if isinstance(seconds, int | float) and 0 <= seconds < LONGEST else 0.0


def _write(metrics: TextIO, line: dict[str, Any]) -> None:
    """A line of JSON, in the file before the next update begins."""
    try:
        print(json.dumps(line, allow_nan=False), file=metrics, flush=True)
    except OSError as error:
        with contextlib.suppress(OSError):
            metrics.close()  # or what could not be written would be tried again, and fail again
        kept = "the checkpoints so far are kept. try: tinygrad-gru resume, when there is room"
        raise FileError(f"cannot write {metrics.name}: {error.strerror}. {kept}") from None


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
