"""Before a run: what it will take, refused where there is not enough of it, and its programs compiled."""

from __future__ import annotations

import dataclasses
import time
import tracemalloc
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.support.arrays import Array
from ..core.support.random import seed
from ..errors import ConfigError
from ..nn import GRUCell, LSTMCell, Module, RNNCell
from ..nn.standard_cell import StandardCell
from ..nn.support.limits import machine_memory
from ..tasks import Task
from ..updates.native import suited
from .config import Config
from .trainer import Trainer, new_model

__all__ = ["Rehearsal", "least_memory", "refuse_what_is_too_large", "rehearse", "warm_up"]

NEVER = 10**9  # updates between two measurements
TIMED = 3  # updates after the second; the first compiles the cell, of the second the memory is measured
KINDS: dict[str, type[StandardCell]] = {"rnn": RNNCell, "gru": GRUCell, "gru-after": GRUCell, "lstm": LSTMCell}
FLOAT = 4  # bytes
COPIES = 4  # of the weights: themselves, their gradient and Adam's two moments


@dataclass(frozen=True)
class Rehearsal:
    """What one would want to know before a long run."""

    parameters: int
    shapes: dict[str, tuple[int, ...]]  # of a batch
    weights: int  # bytes of the weights, their gradients and Adam's two moments
    peak: int  # bytes taken by an update beyond these
    loss: float
    norm: float
    seconds: float  # of the whole run, from the time that an update takes now
    data: str = ""  # what of the user's data is used, and what is left out
    report: tuple[str, ...] = ()  # and how they are read

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        shapes = {name: list(shape) for name, shape in self.shapes.items()}
        return vars(self) | {"shapes": shapes, "seconds": round(self.seconds, 1)}


def rehearse(config: Config) -> Rehearsal:
    """Make the data and the model, and a few updates that nobody keeps.

    The memory is measured, not guessed: what NumPy takes at most during one update. The time is that of the updates,
    without the measurements in between.
    """
    refuse_what_is_too_large(config)
    task = config.create()
    model = new_model(config, task)
    unmeasured = dataclasses.replace(config, updates=max(config.updates, 3 + TIMED), every=NEVER)
    batch = next(task.batches(np.random.default_rng(config.seed), config.batch))
    trainer = Trainer(task, model, unmeasured)
    with suited(model, config.updates, config.length, config.batch):
        return _rehearsed(config, task, model, trainer, batch)


def _rehearsed(config: Config, task: Task, model: Module, trainer: Trainer, batch: Any) -> Rehearsal:
    updates = trainer.updates()
    first = next(updates)
    buffers = task.loss(model, batch, trainer.state)  # those of the first update: so the next one takes its own
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    next(updates)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    del buffers
    start = time.perf_counter()
    for _ in range(TIMED):
        next(updates)
    seconds = (time.perf_counter() - start) / TIMED * config.updates
    size = sum(p.data.nbytes for p in trainer.parameters)
    return Rehearsal(
        model.num_parameters, _shapes(batch), COPIES * size, peak, first.loss, first.norm, seconds,
        task.data, tuple(task.report),
    )  # fmt: skip


def _shapes(batch: Any) -> dict[str, tuple[int, ...]]:
    """Of the arrays of a batch, by name."""
    fields = batch._asdict() if hasattr(batch, "_asdict") else dict(enumerate(batch))
    return {str(name): value.shape for name, value in fields.items() if isinstance(value, np.ndarray | Array)}


def warm_up(config: Config) -> None:
    """Take one loss, its gradient and one measurement with these settings, and forget them.

    What is compiled stays in the process, so that the seconds of the run are those of training. No random number of the
    run is drawn, and no weight of it is touched.
    """
    refuse_what_is_too_large(config)
    task = config.create()
    model = new_model(config, task)
    native = suited(model, config.updates, config.length, config.batch)
    with (
        native,
        seed(config.seed),
        np.errstate(over="ignore", invalid="ignore"),
    ):  # the run itself tells what is not finite
        loss, _ = task.loss(model, next(task.batches(np.random.default_rng(config.seed), config.batch)), None)
        loss.backward()
        task.evaluate(model)


def refuse_what_is_too_large(config: Config) -> None:
    """Raise ConfigError for settings that cannot fit into this machine, however little the rest of it takes.

    Otherwise the system would grant the memory, and kill the process when it uses it.
    """
    there = machine_memory()
    needed = least_memory(config)
    if there is not None and needed > there:
        raise ConfigError(
            f"hidden {config.hidden}, batch {config.batch} and length {config.length} need more than "
            f"{needed / 1e9:,.0f} GB of memory, and there are {there / 1e9:,.0f}. "
            "try: a smaller --hidden, --batch or --length"
        )


def least_memory(config: Config) -> int:
    """The bytes that training takes at least: the weights of the state, and the states that backward looks at."""
    weights = COPIES * (len(KINDS[config.cell].letters) if config.cell in KINDS else 1) * config.hidden**2
    states = config.length * config.batch * config.hidden
    return FLOAT * (weights + states)
