"""A rehearsal: everything that a run does, once, and nothing written."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import optim
from ..core.support.arrays import Array
from .config import Config
from .loop import new_model
from .memory import refuse_what_is_too_large
from .step import take_step

__all__ = ["Rehearsal", "rehearse"]

TIMED = 3  # updates after the first, which compiles the cell


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

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        told = {name: list(shape) for name, shape in self.shapes.items()}
        return vars(self) | {"shapes": told, "seconds": round(self.seconds, 1)}


def rehearse(config: Config) -> Rehearsal:
    """Make the data and the model, and a few updates that nobody keeps.

    The memory is measured, not guessed: what NumPy takes at most during one update. The time is that of the updates,
    without the measurements in between.
    """
    refuse_what_is_too_large(config)
    task = config.create()
    model = new_model(config, task)
    parameters = list(model.parameters())
    optimizer = optim.Adam(parameters, config.lr)
    batches = task.batches(np.random.default_rng(config.seed), config.batch)
    batch, state = next(batches), None
    fields = batch._asdict() if hasattr(batch, "_asdict") else dict(enumerate(batch))
    shapes = {str(name): value.shape for name, value in fields.items() if isinstance(value, np.ndarray | Array)}

    loss, state = task.loss(model, batch, state)
    first = take_step(loss, parameters, optimizer, config.clip)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    loss, state = task.loss(model, next(batches), state)
    take_step(loss, parameters, optimizer, config.clip)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    start = time.perf_counter()
    for _ in range(TIMED):
        loss, state = task.loss(model, next(batches), state)
        take_step(loss, parameters, optimizer, config.clip)
    seconds = (time.perf_counter() - start) / TIMED * config.updates
    size = sum(p.data.nbytes for p in parameters)
    loss_shown = first.loss * task.scale
    return Rehearsal(model.num_parameters, shapes, 4 * size, peak, loss_shown, first.norm, seconds, task.data)
