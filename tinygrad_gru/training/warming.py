"""Before the clock of a run starts: programs are recorded, and compiled where Numba is there, once in a process."""

from __future__ import annotations

import numpy as np

from ..core.support.random import seed
from .config import Config
from .loop import new_model
from .memory import refuse_what_is_too_large

__all__ = ["warm_up"]


def warm_up(config: Config) -> None:
    """Take one loss, its gradient and one measurement with these settings, and forget them.

    What is compiled stays in the process, so that the seconds of the run are those of training. No random number of the
    run is drawn, and no weight of it is touched.
    """
    refuse_what_is_too_large(config)
    task = config.create()
    model = new_model(config, task)
    with seed(config.seed), np.errstate(over="ignore", invalid="ignore"):  # the run itself tells what is not finite
        loss, _ = task.loss(model, next(task.batches(np.random.default_rng(config.seed), config.batch)), None)
        loss.backward()
        task.evaluate(model)
