"""The training loop: forward, backward, clip, step; measure now and then, keep the best, write down what happened."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
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
from .signals import StopOnSignal
from .step import take_step

__all__ = ["Progress", "Result", "new_model", "train"]

LOG_EVERY = 10  # updates between two lines of metrics.jsonl
CLIP = 1.0  # the most that the gradient's norm may be
FINAL_LR = 0.1  # of the first


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
        }


def new_model(config: Config, task: Task) -> nn.Module:
    """The untrained model of these settings; its weights depend on the seed alone."""
    with seed(config.seed):
        return task.model(config.cell, config.hidden)


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
    it is the lowest so far. Raises DivergedError if the loss is not finite; the checkpoints stay.
    """
    parameters = list(model.parameters())
    optimizer = optim.Adam(parameters, config.lr)
    schedule = optim.CosineLR(optimizer, config.updates, final=FINAL_LR)
    batches = task.batches(np.random.default_rng(config.seed), config.batch)
    measure_every = max(1, min(100, config.updates // 10))

    def checkpoint(name: str) -> None:
        last = Training(optimizer.state_dict(), _arrays(state), progress.best)
        kept = last if name == "last.npz" else None
        save_checkpoint(run / name, Checkpoint(model, config, task.facts, progress.update, kept))

    progress = Progress()
    state: Any = None
    if resumed is not None and resumed.training is not None:
        progress = Progress(
            resumed.update, best=resumed.training.best, seconds=_rewind(run / "metrics.jsonl", resumed.update)
        )
        state = _state(resumed.training.carried)
        optimizer.load_state_dict(resumed.training.optimizer)
        schedule.step()
        for _ in range(resumed.update):
            next(batches)
    done = progress.update
    start = time.perf_counter() - progress.seconds
    with _open(run / "metrics.jsonl", "a" if done else "w") as metrics, np.errstate(over="ignore", invalid="ignore"):
        for update in range(done + 1, config.updates + 1):
            loss, state = task.loss(model, next(batches), state)
            step = take_step(loss, parameters, optimizer, CLIP, schedule)
            progress.update, progress.loss, progress.norm = update, step.loss * task.scale, step.norm
            if not step.finite:
                _write(metrics, {"update": update, "event": "diverged"})
                raise _diverged(config, run, progress)

            progress.measured = update % measure_every == 0 or update == config.updates
            if progress.measured:
                progress.test = task.evaluate(model)
                if not math.isfinite(progress.test):
                    _write(metrics, {"update": update, "event": "diverged"})
                    raise _diverged(config, run, progress)
                checkpoint("last.npz")
                if progress.test < progress.best:
                    progress.best = progress.test
                    checkpoint("best.npz")
            progress.seconds = time.perf_counter() - start
            progress.sequences_per_second = update * config.batch / progress.seconds
            if progress.measured or update % LOG_EVERY == 0:
                _write(metrics, _line(progress))
            watch(progress)
            if stop is not None and stop.signal is not None:
                checkpoint("last.npz")
                return Result(config, task, run, update, progress.best, progress.seconds, stop.signal)
    return Result(config, task, run, config.updates, progress.best, progress.seconds)


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
            told = json.loads(line)
            if isinstance(told, dict) and type(told.get("update")) is int and told["update"] <= done:
                kept += [] if "event" in told else [told]
    with write_atomically(path) as file:
        file.write("".join(json.dumps(told) + "\n" for told in kept).encode())
    seconds = kept[-1].get("seconds", 0.0) if kept else 0.0
    return float(seconds) if isinstance(seconds, int | float) else 0.0


def _write(metrics: TextIO, line: dict[str, Any]) -> None:
    """A line of JSON, in the file before the next update begins."""
    try:
        print(json.dumps(line, allow_nan=False), file=metrics, flush=True)
    except OSError as error:
        raise FileError(f"cannot write {metrics.name}: {error.strerror}. the checkpoints so far are kept") from None


def _line(progress: Progress) -> dict[str, Any]:
    line = {"update": progress.update, "loss": progress.loss, "grad_norm": progress.norm}
    if progress.measured:
        line |= {"test": progress.test, "best": progress.best}
    return line | {
        "seconds": round(progress.seconds, 3),
        "sequences_per_second": round(progress.sequences_per_second, 1),
    }


def _diverged(config: Config, run: Path, progress: Progress) -> DivergedError:
    lower = min(config.lr / 10, TASKS[config.task].defaults["lr"])
    kept = sorted(path.name for path in run.glob("*.npz"))
    return DivergedError(
        f"the run diverged at update {progress.update}: loss {progress.loss}, |g| {progress.norm}. "
        f"{run} keeps {' and '.join(kept) or 'no checkpoint yet'}. try: --lr {lower:g}, or another --seed"
    )
