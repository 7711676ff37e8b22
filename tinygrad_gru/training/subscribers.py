"""What a run writes down: a subscriber is called with the Progress after each update of a Trainer.

Any function of a step is one, as is the console's bar. Their order matters: each file of a run follows from the one
before, so that a run that is killed at any moment goes on from its last.npz as if it had never been.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from .runs.checkpoint import save_checkpoint, update_of
from .runs.log import MetricsFile, diverged_line, line_of, measurement_line, rewind
from .trainer import Progress, Trainer

__all__ = ["Checkpoints", "MetricsLog", "Subscriber"]

Subscriber = Callable[[Progress], object]


class MetricsLog:
    """Inside `with MetricsLog(run, trainer) as log:` metrics.jsonl gets a line of each step that is `logged`.

    Of a run that goes on it is first cut back to the checkpoint, and the clock of the trainer goes on from there.
    """

    def __init__(self, run: Path, trainer: Trainer) -> None:
        self._trainer = trainer
        trainer.progress.seconds, self._is_whole = rewind(run, trainer.progress.update)
        self._file = MetricsFile(run / "metrics.jsonl")

    def __enter__(self) -> MetricsLog:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def __call__(self, step: Progress) -> None:
        """Write the line of a step."""
        if step.logged:
            self._file.write(line_of(step))

    def complete(self) -> None:
        """Write the line of a measurement whose update was made by a process that did not come to write it."""
        position = self._trainer.position
        if position.is_measured and not self._is_whole:
            task, model = self._trainer.task, self._trainer.model
            test, validation, seconds = task.evaluate(model), task.validate(model), self._trainer.progress.seconds
            self._file.write(measurement_line(position.update, test, position.best, seconds, validation))
            self._file.sync()

    def diverged(self) -> None:
        """Write that the run ends here."""
        self._file.write(diverged_line(self._trainer.progress.update))
        self._file.sync()

    def sync(self) -> None:
        """Bring the lines so far onto the disk."""
        self._file.sync()


class Checkpoints:
    """After each measurement last.npz, and then, if the metric is the lowest so far, best.npz.

    What led to a checkpoint, the lines of `log`, is on the disk before it; the best can be made of the last at any
    time.
    """

    def __init__(self, run: Path, trainer: Trainer, log: MetricsLog) -> None:
        self._run, self._trainer, self._log = run, trainer, log
        self._saved = 0  # the update of last.npz

    def __call__(self, step: Progress) -> None:
        """Save after a measurement."""
        if step.measured:
            self.save()

    def save(self) -> None:
        """Save what there is now, unless it is saved."""
        update = self._trainer.progress.update
        if update != self._saved:
            self._log.sync()
            save_checkpoint(self._run / "last.npz", self._trainer.checkpoint())
            self._saved = update
            self._keep_best()

    def complete(self) -> None:
        """Make best.npz where it was not written after its last.npz."""
        if update_of(self._run / "best.npz") != self._trainer.best.at:
            self._keep_best()

    def _keep_best(self) -> None:
        if self._trainer.progress.update == self._trainer.best.at:
            save_checkpoint(self._run / "best.npz", dataclasses.replace(self._trainer.checkpoint(), training=None))
