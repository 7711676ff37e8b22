"""Runs that were never trained: a folder with random weights, made in an instant."""

import tinygrad_gru as tg
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.training import Checkpoint, Config, new_run, save_checkpoint

FACTS = {"adding": {}, "chars": {"vocabulary": "abc \n"}}


def make_run(task, cell, hidden=4):
    """The model of a new run in the current folder."""
    with tg.seed(7):
        model = TASKS[task].build(cell, hidden, FACTS[task])
    run = new_run(task)
    save_checkpoint(run / "best.npz", Checkpoint(model, Config.of(task, cell, hidden=hidden), FACTS[task], 1))
    return model
