"""What the loop around a model costs: progress, logging and checks, beside the same updates without any of them.

The measurements of the metric are not part of it: they are work that one asks for, every so many updates.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru import optim
from tinygrad_gru.training import Config, new_model, train
from tinygrad_gru.training.console.progress import plain_lines
from tinygrad_gru.training.step import take_step

UPDATES = 100
REPEATS = 9


def bare(config: Config, task: Any) -> float:
    """Seconds of the updates alone."""
    model = new_model(config, task)
    parameters = list(model.parameters())
    optimizer = optim.Adam(parameters, config.lr)
    schedule = optim.CosineLR(optimizer, config.updates, final=config.final_lr)
    batches = task.batches(np.random.default_rng(config.seed), config.batch)
    state = None
    start = time.perf_counter()
    for _ in range(config.updates):
        loss, state = task.loss(model, next(batches), state)
        take_step(loss, parameters, optimizer, config.clip, schedule)
    return time.perf_counter() - start


def looped(config: Config, task: Any) -> float:
    """Seconds of `train`, less those of its one measurement at the end."""
    model = new_model(config, task)
    with tempfile.TemporaryDirectory() as run:
        start = time.perf_counter()
        train(config, task, model, Path(run), watch=plain_lines(config.updates))
        return time.perf_counter() - start - task.spent


class Unmeasured:
    """A task whose measurements take no time that counts."""

    def __init__(self, task: Any) -> None:
        self._task, self.spent = task, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._task, name)

    def evaluate(self, model: Any) -> float:
        """The metric; how long it took is kept."""
        start = time.perf_counter()
        found: float = self._task.evaluate(model)
        self.spent = time.perf_counter() - start
        return found


def main() -> list[dict[str, Any]]:
    """Adding with batch 32, 50 steps, 64 hidden units, with and without Numba."""
    rows = []
    for jit in (False, True):
        config = Config.of("adding", "gru", length=50, hidden=64, batch=32, updates=UPDATES, every=UPDATES)
        task = Unmeasured(config.create())
        with tg.compiler.jit(jit):
            bare(config, task)  # compiled before it counts
            pairs = [(bare(config, task), looped(config, task)) for _ in range(REPEATS)]
        rows.append(
            {
                "batch 32, 50 steps, hidden 64": "jit" if jit else "NumPy",
                "an update, ms": statistics.median(a for a, _ in pairs) / UPDATES * 1e3,
                "in the loop, ms": statistics.median(b for _, b in pairs) / UPDATES * 1e3,
                "overhead": f"{statistics.median(b / a for a, b in pairs) - 1:.1%}",
                "at most": "3%",
            }
        )
    return rows
