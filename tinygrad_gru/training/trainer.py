"""The trainer: forward, backward, clip, step, and now and then a measurement. It writes and prints nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import nn
from ..core.support.arrays import Array
from ..core.support.random import seed
from ..core.tensor import Tensor
from ..errors import DivergedError
from ..nn.recurrent import compiling
from ..nn.support.modes import in_mode
from ..tasks import TASKS, Task
from ..tasks.models import set_dropout
from ..updates.best import Best
from ..updates.divergence import first_non_finite
from ..updates.step import take_step
from .config import Config
from .position import Position
from .runs.checkpoint import Checkpoint, Training

__all__ = ["Progress", "Trainer", "gentler", "new_model"]

LOG_EVERY = 10  # updates between two lines of metrics.jsonl


@dataclass(slots=True)
class Progress:
    """Where a run stands after an update. Loss and test are in the metric's unit."""

    update: int = 0
    loss: float = math.nan
    norm: float = math.nan  # of the gradient, before clipping
    test: float = math.nan  # the last one measured
    best: float = math.inf  # of the weights that are kept: of all the lowest, or where validation chooses, its choice
    validation: float | None = None  # the last one, where there is one
    seconds: float = 0.0
    sequences_per_second: float = 0.0
    measured: bool = False  # whether `test` is of this very update
    ratio: float = math.nan  # of the norm of the weights' change to that of the weights, when last `logged`
    best_update: int = 0  # when the best was measured
    curve: list[float] = field(default_factory=list)  # all that was measured in this process
    logged: bool = False  # whether this update has a line in metrics.jsonl: every tenth, and each that is measured

    def next(self, measured: bool, logged: bool) -> Progress:
        """That of the next update, with what was measured and logged last."""
        return Progress(
            self.update + 1, test=self.test, best=self.best, seconds=self.seconds, measured=measured, ratio=self.ratio,
            validation=self.validation,
            best_update=self.best_update, curve=self.curve, logged=logged,
        )  # fmt: skip


def new_model(config: Config, task: Task) -> nn.Module:
    """The untrained model of these settings; its weights depend on the seed alone."""
    with seed(config.seed):
        return compiling.compile(task.model(config.cell, config.hidden, config.keep_bias))


class Trainer:
    """Trains a model on a task: `for step in Trainer(task, model, config).updates():` has the figures of each update.

    The same settings give the same weights, bit for bit, if the model is that of `new_model`. So does a run that goes
    on from `resumed`, its last.npz, whose model is then the one to train. What is to happen after an update stands in
    the body of the loop, or in functions of a step, the subscribers: see `training.subscribers`.
    """

    def __init__(self, task: Task, model: nn.Module, config: Config, resumed: Checkpoint | None = None) -> None:
        self.task, self.model, self.config = task, model, config
        self.parameters = list(model.parameters())
        if config.dropout:
            set_dropout(model, config.dropout)
        self.optimizer = config.optimizer(self.parameters)
        self.schedule = config.schedule(self.optimizer)
        self.batches = task.batches(np.random.default_rng(config.seed), config.batch)
        self.state: Any = None  # carried from batch to batch
        self.best = Best()  # the metric, or what validation measures
        self.kept = math.inf  # the metric then
        self.progress = Progress()
        self.diverged = False
        if resumed is not None and resumed.training is not None:
            self._go_on(resumed.update, resumed.training)

    def _go_on(self, update: int, training: Training) -> None:
        chosen_by = training.best if training.validation is None else training.validation
        self.best, self.kept = Best(chosen_by, training.best_update), training.best
        self.progress = Progress(update, best=training.best, best_update=training.best_update)
        self.state = _state(training.carried)
        self.optimizer.load_state_dict(training.optimizer)
        self.schedule.step()
        for _ in range(update):
            next(self.batches)

    @property
    def position(self) -> Position:
        """How far the run has come."""
        return Position(self.config, self.progress.update, self.kept, self.best.at)

    def updates(self) -> Iterator[Progress]:
        """Train to the end, and yield after each update; who leaves the loop may enter it again.

        Every `config.measure_every` updates, and after the last, the metric is measured. The end comes early when
        `config.patience` measurements in a row brought nothing better. Raises DivergedError if loss, gradient or metric
        are not finite, with the operation that made the first such number.
        """
        start = time.perf_counter() - self.progress.seconds
        ended_by = self.position.ended_by
        while not ended_by:
            with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is looked for
                self._update()
            self.progress.seconds = time.perf_counter() - start
            self.progress.sequences_per_second = self.progress.update * self.config.batch / self.progress.seconds
            yield self.progress
            if self.progress.measured:  # nothing else brings the end
                ended_by = self.position.ended_by

    def _update(self) -> None:
        """One update, what there is to write down about it, and its measurement if it is time for one."""
        update = self.progress.update + 1
        measured = Position(self.config, update).is_measured
        logged = measured or update % LOG_EVERY == 0
        before = [p.data for p in self.parameters] if logged else []
        self.progress = self.progress.next(measured, logged)
        self._learn()
        if logged:
            self.progress.ratio = _change(before, self.parameters)
        if measured:
            self._measure()
            self.progress.best, self.progress.best_update = self.kept, self.best.at

    def _learn(self) -> None:
        """Move the weights against the gradient of the next batch's loss."""
        batch = next(self.batches)
        with self._masks():
            loss, state = self.task.loss(self.model, batch, self.state)
        step = take_step(loss, self.parameters, self.optimizer, self.config.clip, self.schedule)
        self.progress.loss, self.progress.norm = step.loss * self.task.scale, step.norm
        if not step.finite:
            raise self._diverged(first_non_finite(self.task.loss, self.model, batch, self.state))
        self.state = state

    def _masks(self) -> AbstractContextManager[object]:
        """What draws the masks of dropout: a seed of each update's own, so that a run that goes on draws them alike."""
        if not self.config.dropout:
            return nullcontext()
        return seed((1_000_003 * self.config.seed + self.progress.update) % 2**63)

    def _measure(self) -> None:
        """The metric now, and what the weights are chosen by, if that is another; the lowest is remembered."""
        with in_mode(self.model, False):
            test = self.progress.test = self.task.evaluate(self.model)
            validation = self.progress.validation = self.task.validate(self.model)
        if not math.isfinite(test):
            raise self._diverged(first_non_finite(self.task.evaluate, self.model))
        self.progress.curve.append(test)
        if self.best.improves(test if validation is None else validation, self.progress.update):
            self.kept = test

    def checkpoint(self) -> Checkpoint:
        """The model, and all that it takes to train on from here."""
        chosen_by = None if self.best.value == self.kept else self.best.value
        training = Training(self.optimizer.state_dict(), _arrays(self.state), self.kept, self.best.at, chosen_by)
        return Checkpoint(self.model, self.config, self.task.facts | self.task.measured, self.progress.update, training)

    def _diverged(self, where: str) -> DivergedError:
        self.diverged = True
        progress = self.progress
        return DivergedError(
            f"the run diverged at update {progress.update}: loss {progress.loss}, |g| {progress.norm}. {where}"
            f"try: --lr {gentler(self.config):g}, or --clip {self.config.clip / 10:g}"
        )


def gentler(config: Config) -> float:
    """A learning rate for a run that diverged."""
    return float(min(config.lr / 10, TASKS[config.task].defaults["lr"]))


def _change(before: list[Array], parameters: list[Any]) -> float:
    """‖θ' − θ‖ / ‖θ‖: about 1e-3 in a run that does well; far above it forgets, far below it stands still."""
    changes = [p.data - old for p, old in zip(parameters, before, strict=True)]
    moved, size = (sum([float(np.vdot(a, a)) for a in arrays]) for arrays in (changes, before))
    return math.sqrt(moved / size) if size else 0.0


def _arrays(state: Any) -> list[Array]:
    """The tensors of a carried state as arrays."""
    return [] if state is None else [t.data for t in (state if isinstance(state, tuple) else (state,))]


def _state(arrays: list[Array]) -> Any:
    """And back."""
    tensors = tuple(Tensor(array) for array in arrays)
    return None if not tensors else tensors if len(tensors) > 1 else tensors[0]
