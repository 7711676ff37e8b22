"""The loop of `fit`: epochs of batches, each an update that `updates.step` takes, with callbacks around."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ...core.support.arguments import flag
from ...core.support.arrays import Array
from ...core.support.modes import no_grad
from ...core.support.operands import value_of
from ...core.support.random import generator
from ...errors import ArgumentError, DivergedError
from ...nn.support.modes import in_mode
from ...notebook import is_notebook
from ...updates.bar import bar, notebook_bar
from ...updates.divergence import first_non_finite
from ...updates.native import suited
from ...updates.signals import StopOnSignal
from ...updates.step import take_step
from ..callbacks import Callback, TerminateOnNaN
from ..layers.arguments import whole
from ..layers.layer import Layer
from .data import Data
from .losses_metrics import Loss, Mean, Metric, OwnLoss

__all__ = ["Model", "Plan", "fit", "measure", "new_means", "print_figures", "update"]

SECONDS = 10.0  # between two lines within an epoch, where there is no terminal to draw a bar on


class Model(Protocol):
    """What the loop needs of a model, a compiled Sequential say."""

    loss: Loss | OwnLoss | None
    metrics: dict[str, Metric]
    stop_training: bool

    @property
    def optimizer(self) -> Any: ...
    def prepare(self, x: Array) -> None: ...
    def outputs(self, x: Any) -> tuple[Any, Any, Array | None]: ...
    def parameters(self) -> Iterable[Any]: ...
    def modules(self) -> Iterable[Any]: ...
    def train(self) -> Any: ...
    def eval(self) -> Any: ...


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


def fit(model: Model, plan: Plan, callbacks: Sequence[Callback], verbose: str | int) -> None:
    """Train the model."""
    patient = any(isinstance(callback, TerminateOnNaN) and not callback.raise_error for callback in callbacks)
    model.stop_training = False
    model.prepare(plan.data[: plan.batch_size].x)
    for callback in callbacks:
        callback.set_model(model)
        callback.on_train_begin({})
    figures: dict[str, float] = {}
    with StopOnSignal() as stop, _native_if_it_pays(model, plan):
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


def _native_if_it_pays(model: Any, plan: Plan) -> Any:
    """Native loops, compiled before the first epoch, if so many epochs of so many updates are worth it."""
    x = plan.data.x
    steps = x.shape[1] if x.ndim > 1 else 1
    updates = plan.updates * max(0, plan.epochs - plan.initial_epoch)
    return suited(model, updates, steps, plan.batch_size)


def _epoch(
    model: Model,
    plan: Plan,
    epoch: int,
    callbacks: Sequence[Callback],
    stop: StopOnSignal,
    patient: bool,
    show: Any,
) -> dict[str, float]:
    means = new_means(model)
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
                with in_mode(model, True), frozen(model):  # type: ignore[arg-type]
                    first = first_non_finite(batch_loss, model, batch)
                hint = "try: a lower learning rate, or callbacks.TerminateOnNaN() to stop quietly"
                raise DivergedError(f"fit: the loss or its gradient is not finite in {where}. {first}{hint}")
        for callback in callbacks:
            callback.on_train_batch_end(number, figures)
        show(number + 1, figures)
        if stop.signal is not None or (model.stop_training and not math.isfinite(loss)):
            break
    if plan.held_out is not None and stop.signal is None:
        held_out = measure(model, plan.held_out, plan.measured_size)
        figures |= {f"val_{name}": value for name, value in held_out.items()}
    if stop.signal is None:
        for callback in callbacks:
            callback.on_epoch_end(epoch, figures)
        show(plan.updates, figures)
    return figures


def update(model: Model, batch: Data, means: dict[str, Mean]) -> float:
    """Learn from one batch and add its figures to the means; the loss, or NaN if its gradient is not finite."""
    model.prepare(batch.x)
    model.train()
    try:
        with np.errstate(over="ignore", invalid="ignore"), frozen(model):  # what is not finite is looked for below
            loss, prediction, mask = batch_loss(model, batch)
            if not loss.requires_grad:
                raise ArgumentError("fit: the loss depends on no weights. try: layer.trainable = True")
            step = take_step(loss, [p for p in model.parameters() if p.requires_grad], model.optimizer)
    finally:
        model.eval()
    add_to(means, model, batch, step.loss, prediction, mask)
    return step.loss if math.isfinite(step.norm) or not math.isfinite(step.loss) else math.nan


def measure(model: Model, data: Data, batch_size: int) -> dict[str, float]:
    """Loss and metrics over all batches, without learning."""
    means = new_means(model)
    with in_mode(model, False), no_grad():  # type: ignore[arg-type]
        for batch in data.batches(batch_size):
            loss, prediction, mask = batch_loss(model, batch)
            add_to(means, model, batch, float(loss.item()), prediction, mask)
    return {name: mean.value for name, mean in means.items()}


def batch_loss(model: Model, batch: Data) -> tuple[Any, Array, Array | None]:
    """The loss as a tensor, the outputs, and the mask of their steps."""
    assert model.loss is not None and batch.y is not None
    prediction, logits, mask = model.outputs(batch.x)
    return model.loss(batch.y, prediction, logits, batch.weights, mask), value_of(prediction), mask


def new_means(model: Model) -> dict[str, Mean]:
    """A mean for the loss and each metric."""
    return {name: Mean() for name in ("loss", *model.metrics)}


def add_to(
    means: dict[str, Mean], model: Model, batch: Data, loss: float, prediction: Array, mask: Array | None
) -> None:
    """Add a batch to the means: the loss counts by samples, metrics by predictions."""
    means["loss"].add(loss, len(batch))
    for name, metric in model.metrics.items():
        values = metric(batch.y, prediction)  # type: ignore[arg-type]
        counted = values if mask is None or values.ndim < mask.ndim else values[mask]
        means[name].add(float(counted.mean(dtype=np.float64)) if counted.size else 0.0, counted.size)


@contextmanager
def frozen(model: Model) -> Iterator[None]:
    """Inside, the weights of layers that are not trainable get no gradient, so that no optimiser moves them."""
    kept = [
        p
        for layer in model.modules()
        if isinstance(layer, Layer) and not layer.trainable
        for p in own_parameters(layer)
    ]
    for p in kept:
        p.requires_grad = False
    try:
        yield
    finally:
        for p in kept:
            p.requires_grad = True


def own_parameters(layer: Layer) -> list[Any]:
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
    if verbose != 2 and is_notebook():
        with notebook_bar(plan.updates, title) as move:
            yield lambda number, figures: move(number, lambda: f"{number}/{plan.updates} · {_text(figures)}")
        return
    if verbose != 2:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TimeElapsedColumn

        console = Console()
        if console.is_terminal:
            columns = (title, BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn())
            with bar(console, plan.updates, *columns) as move:
                yield lambda number, figures: move(number, lambda: _text(figures))
            return
    began = time.monotonic()

    def show(number: int, figures: dict[str, float]) -> None:
        nonlocal began
        last.update(figures)
        if verbose != 2 and number < plan.updates and time.monotonic() - began >= SECONDS:  # a log shows that it lives
            began = time.monotonic()
            print(f"{title} · {number}/{plan.updates} · {_text(figures)}", flush=True)

    yield show
    if last:
        print(f"{title} · {_text(last)}", flush=True)


def print_figures(who: str, figures: dict[str, float]) -> None:
    """A line for a call that is not part of `fit`."""
    print(" · ".join(part for part in (who, _text(figures)) if part), flush=True)


def _text(figures: dict[str, float]) -> str:
    return " · ".join(f"{name} {value:.4g}" for name, value in figures.items())
