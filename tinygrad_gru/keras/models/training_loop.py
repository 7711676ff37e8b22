"""The loop of `fit`: epochs of batches, each an update that `training.step` takes, with callbacks around."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.support.arguments import flag
from ...core.support.random import generator
from ...errors import ArgumentError, DivergedError
from ...training.signals import StopOnSignal
from ...training.step import take_step
from ..callbacks import Callback, TerminateOnNaN
from ..layers.arguments import whole
from ..layers.layer import Layer
from .data import Data
from .losses_metrics import Mean

if TYPE_CHECKING:
    from .sequential import Sequential

__all__ = ["Plan", "fit", "told", "update"]


@dataclass(frozen=True)
class Plan:
    """What to train on, and for how long."""

    data: Data
    held_out: Data | None
    batch_size: int
    initial_epoch: int
    epochs: int
    shuffle: bool
    measured_size: int  # of a batch that is only measured

    def __post_init__(self) -> None:
        whole("fit", "batch_size", self.batch_size)
        whole("fit", "epochs", self.epochs)
        whole("fit", "initial_epoch", self.initial_epoch, least=0)
        flag("fit: shuffle", self.shuffle)

    @property
    def updates(self) -> int:
        """In one epoch."""
        return math.ceil(len(self.data) / self.batch_size)


def fit(model: Sequential, plan: Plan, callbacks: Sequence[Callback], verbose: str | int) -> None:
    """Train the model."""
    patient = any(isinstance(callback, TerminateOnNaN) and not callback.raise_error for callback in callbacks)
    model.stop_training = False
    model.ready_to_learn(plan.data)
    for callback in callbacks:
        callback.set_model(model)
        callback.on_train_begin({})
    figures: dict[str, float] = {}
    with StopOnSignal() as stop:
        try:
            for epoch in range(plan.initial_epoch, plan.epochs):
                with shown(plan, epoch, verbose) as show:
                    figures = _epoch(model, plan, epoch, callbacks, stop, patient, show)
                if model.stop_training or stop.signal is not None:
                    break
        finally:
            for callback in callbacks:
                callback.on_train_end(figures)
    if stop.signal is not None:
        raise KeyboardInterrupt


def _epoch(
    model: Sequential,
    plan: Plan,
    epoch: int,
    callbacks: Sequence[Callback],
    stop: StopOnSignal,
    patient: bool,
    show: Any,
) -> dict[str, float]:
    means = model.means()
    figures: dict[str, float] = {}
    for callback in callbacks:
        callback.on_epoch_begin(epoch, {})
    batches = plan.data.batches(plan.batch_size, generator() if plan.shuffle else None)
    for number, batch in enumerate(batches):
        for callback in callbacks:
            callback.on_train_batch_begin(number, figures)
        loss = update(model, batch, means)
        figures = {name: mean.value for name, mean in means.items()}
        if not math.isfinite(loss):
            figures["loss"] = loss
            if not patient:
                where = f"batch {number + 1} of epoch {epoch + 1}"
                hint = "try: a lower learning rate, or callbacks.TerminateOnNaN() to stop quietly"
                raise DivergedError(f"fit: the loss or its gradient is not finite in {where}. {hint}")
        for callback in callbacks:
            callback.on_train_batch_end(number, figures)
        show(number + 1, figures)
        if stop.signal is not None or (model.stop_training and not math.isfinite(loss)):
            break
    if plan.held_out is not None and stop.signal is None:
        figures |= {f"val_{name}": value for name, value in model.measure(plan.held_out, plan.measured_size).items()}
    if stop.signal is None:
        for callback in callbacks:
            callback.on_epoch_end(epoch, figures)
        show(plan.updates, figures)
    return figures


def update(model: Sequential, batch: Data, means: dict[str, Mean]) -> float:
    """Learn from one batch and add its figures to the means; the loss, or NaN if its gradient is not finite."""
    model.ready_to_learn(batch)
    model.train()
    try:
        with np.errstate(over="ignore", invalid="ignore"), frozen(model):  # what is not finite is looked for below
            loss, prediction, mask = model.loss_of(batch)
            if not loss.requires_grad:
                raise ArgumentError("fit: the loss depends on no weights. try: layer.trainable = True")
            step = take_step(loss, [p for p in model.parameters() if p.requires_grad], model.optimizer)
    finally:
        model.eval()
    model.add_to(means, batch, step.loss, prediction, mask)
    return step.loss if math.isfinite(step.norm) or not math.isfinite(step.loss) else math.nan


@contextmanager
def frozen(model: Sequential) -> Iterator[None]:
    """Inside, the weights of layers that are not trainable get no gradient, so that no optimiser moves them."""
    kept = [p for layer in model.modules() if isinstance(layer, Layer) and not layer.trainable for p in own(layer)]
    for p in kept:
        p.requires_grad = False
    try:
        yield
    finally:
        for p in kept:
            p.requires_grad = True


def own(layer: Layer) -> list[Any]:
    """The weights of a layer, without those of layers inside it, which say themselves whether they are trainable."""
    inside = {
        p for other in layer.modules() if other is not layer and isinstance(other, Layer) for p in other.parameters()
    }
    return [p for p in layer.parameters() if p not in inside]


@contextmanager
def shown(plan: Plan, epoch: int, verbose: str | int) -> Iterator[Any]:
    """A function to call after each update with its number and the figures so far."""
    title = f"Epoch {epoch + 1}/{plan.epochs}"
    if not verbose:
        yield lambda number, figures: None
        return
    last: dict[str, float] = {}
    if verbose != 2:
        from rich.console import Console

        console = Console()
        if console.is_terminal:
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            columns = [
                TextColumn(title), BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn(),
                TextColumn("{task.fields[figures]}", markup=False),
            ]  # fmt: skip
            with Bar(*columns, console=console) as bar:
                task = bar.add_task("", total=plan.updates, figures="")
                yield lambda number, figures: bar.update(task, completed=number, figures=_text(figures))
            return
    yield lambda number, figures: last.update(figures)
    if last:
        print(f"{title} · {_text(last)}", flush=True)


def told(who: str, figures: dict[str, float]) -> None:
    """A line for a call that is not part of `fit`."""
    print(" · ".join(part for part in (who, _text(figures)) if part), flush=True)


def _text(figures: dict[str, float]) -> str:
    return " · ".join(f"{name} {value:.4g}" for name, value in figures.items())
