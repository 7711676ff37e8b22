"""What `tinygrad-gru train` adds to an update, piece by piece: the loop, the log, the bar and the checkpoints.

Beside the work of an update: its batch, loss, backward pass, clipping and step. Measuring the metric is work that one
asks for, too. Each piece counts with its median, so that what else the machine does counts for nothing.
"""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rich.console import Console

from tinygrad_gru.training import Config, Progress, Trainer, new_model, trainer
from tinygrad_gru.training.console.progress import _figures
from tinygrad_gru.training.subscribers import Checkpoints, MetricsLog
from tinygrad_gru.updates.bar import bar

HIDDEN = (32, 64)
UPDATES = 1500
WARM = 100  # updates that do not count: the first compiles
LIMIT = "2%"

clock = time.perf_counter  # that of the CPU takes a microsecond to read, which would be counted


class Timed:
    """The seconds of a piece, by the kind of update: plain, with a line in the log, or measured."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[bool, bool], list[float]] = defaultdict(list)

    def __call__(self, step: Progress, seconds: float) -> None:
        if step.update > WARM:
            self.seconds[step.logged, step.measured].append(seconds)

    @property
    def per_update(self) -> float:
        """The median of each kind, by its share: a slow moment of the machine counts for nothing."""
        total = sum(len(times) for times in self.seconds.values())
        return sum(statistics.median(times) * len(times) for times in self.seconds.values()) / total


class Work:
    """The clock of what an update is for: the batch, the loss, backward, clipping and the step; and of the metric."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.graph: Any = None  # of the last loss, whose end is work, too: on the clock, before the next batch

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, on this clock."""

        def on_the_clock(*arguments: Any) -> Any:
            start = clock()
            result = function(*arguments)
            self.seconds += clock() - start
            return result

        return on_the_clock

    def timed_task(self, task: Any) -> Any:
        """The task, whose batches, losses and measurements are on this clock."""
        batches, loss = task.batches, task.loss

        def next_batch(endless: Iterator[Any]) -> Any:
            self.graph = None
            return next(endless)

        def loss_of_batch(*arguments: Any) -> Any:
            self.graph = result = loss(*arguments)
            return result

        task.batches = lambda *arguments: iter(partial(self.timed(next_batch), batches(*arguments)), None)
        task.loss, task.evaluate = self.timed(loss_of_batch), self.timed(task.evaluate)
        return task


def pieces(config: Config, run: Path) -> dict[str, float]:
    """Seconds per update of its work, and of all that a run adds."""
    work = Work()
    task = work.timed_task(config.create())
    timed = {name: Timed() for name in ("work", "loop", "log", "bar", "checkpoints")}
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    model = new_model(config, task)
    with patch.object(trainer, "take_step", work.timed(trainer.take_step)), bar(console, config.updates) as move:
        learner = Trainer(task, model, config)
        with MetricsLog(run, learner) as log:
            subscribers: dict[str, Callable[[Progress], object]] = {
                "log": log,
                "checkpoints": Checkpoints(run, learner, log),
                "bar": lambda step: move(step.update, lambda: _figures(step, config.updates, True)),
            }
            process, thread, updates = time.process_time(), time.thread_time(), learner.updates()
            while True:
                start, work.seconds = clock(), 0.0
                step = next(updates, None)
                if step is None:
                    break
                timed["loop"](step, clock() - start - work.seconds)
                if not step.measured:
                    timed["work"](step, work.seconds)
                for name, subscriber in subscribers.items():
                    start = clock()
                    subscriber(step)
                    timed[name](step, clock() - start)
            drawing = time.process_time() - process - (time.thread_time() - thread)  # CPU of the thread of the bar
    seconds = {name: times.per_update for name, times in timed.items()}
    seconds["bar"] += drawing / config.updates
    return seconds


def main() -> list[dict[str, Any]]:
    """Adding with batch 32 and 50 steps, compiled as `train` does it."""
    rows = []
    for hidden in HIDDEN:
        config = Config.of("adding", "gru", length=50, hidden=hidden, batch=32, updates=UPDATES)
        with tempfile.TemporaryDirectory() as run:
            seconds = pieces(config, Path(run))
        whole = seconds.pop("work")
        share = {name: f"{value / whole:.1%}" for name, value in seconds.items()}
        together = sum(value for name, value in seconds.items() if name != "checkpoints") / whole
        rows.append(
            {
                "batch 32, 50 steps": f"hidden {hidden}",
                "an update, ms": whole * 1e3,
                "the loop": share["loop"],
                "the log": share["log"],
                "the bar": share["bar"],
                "together": f"{together:.1%}",
                "at most": LIMIT,
                f"a checkpoint every {config.measure_every}": share["checkpoints"],
            }
        )
    return rows
