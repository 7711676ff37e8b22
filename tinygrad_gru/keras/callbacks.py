"""Callbacks: what is called while a model is fitted, under Keras's names."""

from __future__ import annotations

import csv
import math
import os
import stat
import string
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, TextIO

from ..core.support.arguments import at_least_zero, brief, finite, flag, path_of, positive
from ..errors import ArgumentError, CheckpointError, FileError
from ..updates.best import Best
from ..updates.learning_curve import curves_of_figures
from .layers.arguments import as_in_keras, check_verbose, whole

__all__ = [
    "CSVLogger", "Callback", "EarlyStopping", "History", "LearningRateScheduler", "ModelCheckpoint",
    "ReduceLROnPlateau", "TerminateOnNaN",
]  # fmt: skip

Logs = MutableMapping[str, float]
PathLike = str | os.PathLike[str]


def refuse_no_path(who: str, path: Any) -> None:
    """Raise ArgumentError for what names no file."""
    path_of(who, path)


KERASS_OWN = (".keras", ".h5", ".hdf5")


def refuse_kerass_own(who: str, path: PathLike) -> None:
    """Raise ArgumentError for a name that says Keras's own formats: what is written here is an npz."""
    refuse_no_path(who, path)
    name = os.fspath(path)
    if (suffix := Path(name).suffix.lower()) in KERASS_OWN:
        stem = Path(name).name[: -len(suffix)].removesuffix(".weights")
        hint = f"try: {Path(name).with_name(stem + '.npz')}, or for Keras to_json() and numpy.savez of get_weights()"
        raise ArgumentError(f"{who}: {name} has the name of a file of Keras's, and would be an npz. {hint}")


@contextmanager
def kerass_own_explained(who: str, path: PathLike) -> Iterator[None]:
    """Inside, a file of Keras's that cannot be read is answered with what Keras may write instead."""
    refuse_no_path(who, path)
    try:
        yield
    except CheckpointError:
        if Path(path).suffix.lower() not in KERASS_OWN or not Path(path).exists():
            raise
        got = f"{os.fspath(path)} is a file of Keras's, with HDF5 inside, which is not read here"
        there = "model.to_json() and numpy.savez('w.npz', *model.get_weights())"
        hint = f"try: where Keras is, {there}, for model_from_json and set_weights"
        raise CheckpointError(f"{who}: {got}. {hint}") from None


class Callback:
    """Base class: write the methods that you need. `self.model` is the model; `model.stop_training = True` stops it.

    `epoch` counts from 0. `logs` holds the figures so far: loss, the metrics, and at the end of an epoch the same with
    val_ before them.
    """

    model: Any = None

    def set_model(self, model: Any) -> None:
        """The model, before anything else."""
        self.model = model

    def on_train_begin(self, logs: Logs) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs) -> None:
        """After the last epoch, also when training was interrupted."""

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Before an epoch."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """After an epoch and its validation."""

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        """Before an update."""

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """After an update."""


class History(Callback):
    """What `fit` returns: `history.history["loss"]` holds the loss of each epoch, `history.epoch` their numbers."""

    def on_train_begin(self, logs: Logs) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def __repr__(self) -> str:
        """How many epochs, and the last value of each figure."""
        figures = getattr(self, "history", {})
        last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in figures.items())
        return f"History({len(getattr(self, 'epoch', []))} epochs{': ' if last else ''}{last})"

    def _repr_html_(self) -> str:
        """For notebooks: the curves of its figures over the epochs, losses apart from accuracies and the like."""
        figures = {name: list(enumerate(values, 1)) for name, values in getattr(self, "history", {}).items()}
        losses = {name: points for name, points in figures.items() if name.removeprefix("val_") == "loss"}
        others = {name: points for name, points in figures.items() if name not in losses}
        drawn = "".join(curves_of_figures(some, "epochs") for some in (losses, others))
        return f'<div style="max-width: 720px">{drawn}</div>' if drawn else escape(repr(self))


class Monitor:
    """Tells whether a figure got better; `mode` "auto" takes more for better in accuracies, less in losses and errors.

    Of a metric of the user's own it cannot know, and asks.
    """

    LESS = ("loss", "mae", "mse", "mean_absolute_error", "mean_squared_error")

    def __init__(self, who: str, monitor: str, mode: str, min_delta: float = 0.0, best: float | None = None) -> None:
        if not isinstance(mode, str) or mode not in ("auto", "min", "max"):
            raise ArgumentError(f"{who}: mode: got {brief(mode)}, wanted auto, min or max")
        if not isinstance(monitor, str):
            raise ArgumentError(f"{who}: monitor: got {brief(monitor)}, wanted a figure's name. try: 'val_loss'")
        finite(f"{who}: min_delta", min_delta)
        if best is not None:
            finite(f"{who}: the first best", best)
        self.who, self.monitor, self.min_delta = who, monitor, abs(min_delta)
        is_accuracy = monitor.endswith(("acc", "accuracy"))
        self.higher = mode == "max" or (mode == "auto" and is_accuracy)
        self.is_clear = mode != "auto" or is_accuracy or monitor.removeprefix("val_") in self.LESS
        self.first = best
        self.start()

    def start(self) -> None:
        """Forget the best."""
        self.best = Best(self.first, higher=self.higher, min_delta=self.min_delta)

    def better(self, logs: Logs, epoch: int) -> bool:
        """Whether the figure is the best so far after this epoch, which it then becomes."""
        if self.monitor not in logs:
            hint = ", ".join(logs)
            val = " val_ figures need validation_data or validation_split." if self.monitor.startswith("val_") else ""
            raise ArgumentError(
                f"{self.who}: there is no figure {brief(self.monitor)}.{val} try: monitor= one of {hint}"
            )
        if not self.is_clear:
            got = f"mode: of {brief(self.monitor)} 'auto' cannot tell whether more of it is better"
            raise ArgumentError(f"{self.who}: {got}. try: mode='max', or mode='min'")
        return self.best.improves(logs[self.monitor], epoch)

    def beats(self, bound: float, logs: Logs) -> bool:
        """Whether the figure is better than this, whatever the best is."""
        return Best(bound, higher=self.higher, min_delta=self.min_delta).improves(logs[self.monitor], 0)


class EarlyStopping(Callback):
    """Stop when the figure has not got better for `patience` epochs (at once, for 0).

    It must get better by more than `min_delta`; unless it is better than `baseline`, if there is one, the epochs go on
    being counted. `restore_best_weights` brings the weights of the best epoch back at the end. Epochs before
    `start_from_epoch` do not count.
    """

    @as_in_keras()
    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        self.figure = Monitor("EarlyStopping", monitor, mode, min_delta)
        self.baseline = None if baseline is None else finite("EarlyStopping: baseline", baseline)
        for name, value in (("patience", patience), ("start_from_epoch", start_from_epoch)):
            whole("EarlyStopping", name, value, least=0)
        check_verbose("EarlyStopping", verbose)
        flag("EarlyStopping: restore_best_weights", restore_best_weights)
        self.patience, self.verbose = patience, verbose
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch

    def on_train_begin(self, logs: Logs) -> None:
        self.figure.start()
        self.waited, self.stopped_epoch, self.best_epoch = 0, 0, 0
        self.best_weights: dict[str, Any] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        if epoch < self.start_from_epoch:
            return
        better = self.figure.better(logs, epoch)
        if self.restore_best_weights and (better or self.best_weights is None):
            self.best_weights, self.best_epoch = self.model.state_dict(), epoch
        self.waited += 1
        if better:
            if self.baseline is None or self.figure.beats(self.baseline, logs):
                self.waited = 0
        elif self.waited >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs) -> None:
        if self.verbose and self.stopped_epoch:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            self.model.load_state_dict(self.best_weights)


class ModelCheckpoint(Callback):
    """Save the model after each epoch, or with `save_best_only` when the figure got better.

    `filepath` may hold figures, as "model-{epoch:02d}-{val_loss:.2f}.npz". With `save_weights_only` the file holds the
    weights alone, for `load_weights`. A figure must be better than `initial_value_threshold`, if there is one.
    """

    @as_in_keras(save_freq=("epoch",))
    def __init__(
        self,
        filepath: PathLike,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        *,
        initial_value_threshold: float | None = None,
    ) -> None:
        refuse_kerass_own("ModelCheckpoint", filepath)
        check_verbose("ModelCheckpoint", verbose)
        flag("ModelCheckpoint: save_best_only", save_best_only)
        flag("ModelCheckpoint: save_weights_only", save_weights_only)
        self.filepath = os.fspath(filepath)
        self.figure = Monitor("ModelCheckpoint", monitor, mode, best=initial_value_threshold)
        self.verbose, self.save_best_only, self.save_weights_only = verbose, save_best_only, save_weights_only

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        if self.save_best_only and not self.figure.better(logs, epoch):
            return
        figures = {"epoch": epoch + 1, **logs}
        fields = [name for _, name, _, _ in string.Formatter().parse(self.filepath) if name is not None]
        if unknown := [name for name in fields if name not in figures]:
            wanted = ", ".join(figures)
            raise ArgumentError(f"ModelCheckpoint: filepath names {unknown[0]!r}, which is no figure. try: {wanted}")
        path = self.filepath.format(**figures)
        (self.model.save_weights if self.save_weights_only else self.model.save)(path)
        if self.verbose:
            print(f"Epoch {epoch + 1}: saved to {path}")


class TerminateOnNaN(Callback):
    """Stop when the loss is NaN or infinite; without it, or with `raise_error`, `fit` raises DivergedError."""

    @as_in_keras()
    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = flag("TerminateOnNaN: raise_error", raise_error)

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        if not math.isfinite(logs["loss"]):
            print(f"Batch {batch}: the loss is {logs['loss']}, training stops")
            self.model.stop_training = True


class CSVLogger(Callback):
    """Write the figures of each epoch as a line of a CSV file, at once."""

    @as_in_keras()
    def __init__(self, filename: PathLike, separator: str = ",", append: bool = False) -> None:
        refuse_no_path("CSVLogger", filename)
        if (
            not isinstance(separator, str)
            or len(separator) != 1
            or separator in '\r\n"'
            or (not separator.isprintable() and separator != "\t")
        ):
            raise ArgumentError(f"CSVLogger: separator: got {brief(separator)}, wanted one letter. try: ','")
        flag("CSVLogger: append", append)
        self.filename, self.separator, self.append = os.fspath(filename), separator, append
        self.file: TextIO | None = None

    def on_train_begin(self, logs: Logs) -> None:
        path = Path(self.filename)
        self.headed = self.append and path.exists() and path.stat().st_size > 0
        try:
            is_torn = self.headed and not path.read_bytes().endswith(b"\n")  # by a power cut say
            self.file = path.open("a" if self.append else "w", newline="", encoding="utf-8")
            if is_torn:  # the next row must not become a part of that one
                self.file.write("\r\n")
        except OSError as error:
            raise FileError(f"CSVLogger: cannot write {path}: {error.strerror}") from None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        assert self.file is not None  # opened before the first epoch
        writer = csv.writer(self.file, delimiter=self.separator)
        try:
            if not self.headed:
                writer.writerow(["epoch", *logs])
                self.headed = True
            writer.writerow([epoch, *logs.values()])
            self.file.flush()
            if stat.S_ISREG(os.fstat(self.file.fileno()).st_mode):  # nothing lasts in a pipe or a device
                os.fsync(self.file.fileno())
        except OSError as error:
            raise FileError(f"CSVLogger: cannot write {self.filename}: {error.strerror}") from None

    def on_train_end(self, logs: Logs) -> None:
        if self.file is not None:
            self.file.close()


def _rate_of(model: Any) -> str:
    """What the learning rate of the model's optimiser is called: `lr` in one that is not Keras's."""
    return "learning_rate" if hasattr(model.optimizer, "learning_rate") else "lr"


class LearningRateScheduler(Callback):
    """Set the learning rate before each epoch to `schedule(epoch, rate)`; the history then has "learning_rate"."""

    @as_in_keras()
    def __init__(self, schedule: Callable[[int, float], float], verbose: int = 0) -> None:
        if not callable(schedule) or isinstance(schedule, type):
            hint = "try: lambda epoch, rate: rate * 0.9"
            raise ArgumentError(f"LearningRateScheduler: schedule: got {brief(schedule)}, wanted a function. {hint}")
        check_verbose("LearningRateScheduler", verbose)
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        name = _rate_of(self.model)
        rate = self.schedule(epoch, float(getattr(self.model.optimizer, name)))
        positive("LearningRateScheduler: what the schedule returned", rate)
        setattr(self.model.optimizer, name, float(rate))
        if self.verbose:
            print(f"Epoch {epoch + 1}: the learning rate is {rate:.6g}")

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        logs["learning_rate"] = float(getattr(self.model.optimizer, _rate_of(self.model)))


class ReduceLROnPlateau(Callback):
    """Multiply the learning rate by `factor` when the figure has not got better for `patience` epochs.

    Better is by more than `min_delta`. After that `cooldown` epochs do not count, and the rate stays at `min_lr` or
    above. The history has "learning_rate".
    """

    @as_in_keras()
    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        if positive("ReduceLROnPlateau: factor", factor) >= 1:
            raise ArgumentError(f"ReduceLROnPlateau: factor: got {brief(factor)}, wanted a number below 1. try: 0.1")
        self.figure = Monitor("ReduceLROnPlateau", monitor, mode, min_delta)
        for name, value in (("patience", patience), ("cooldown", cooldown)):
            whole("ReduceLROnPlateau", name, value, least=0)
        check_verbose("ReduceLROnPlateau", verbose)
        self.factor, self.patience, self.verbose, self.cooldown = factor, patience, verbose, cooldown
        self.min_lr = at_least_zero("ReduceLROnPlateau: min_lr", min_lr)

    def on_train_begin(self, logs: Logs) -> None:
        self.figure.start()
        self.waited = self.cooling = 0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        name = _rate_of(self.model)
        rate = float(getattr(self.model.optimizer, name))
        logs["learning_rate"] = rate
        if self.cooling:
            self.cooling, self.waited = self.cooling - 1, 0
        if self.figure.better(logs, epoch):
            self.waited = 0
        elif not self.cooling:
            self.waited += 1
            if self.waited >= self.patience and rate > self.min_lr:
                setattr(self.model.optimizer, name, max(rate * self.factor, self.min_lr))
                self.waited, self.cooling = 0, self.cooldown
                if self.verbose:
                    print(f"Epoch {epoch + 1}: the learning rate becomes {getattr(self.model.optimizer, name):.6g}")
