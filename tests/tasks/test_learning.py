"""Every task is learned: a small GRU comes below the goal, or at least far below the baseline, in a short run."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.training.step import take_step

# task: (length, hidden, updates, batch, lr, metric to come below)
RUNS = {
    "adding": (8, 16, 250, 32, 0.03, 0.01),  # always answering 1 has 1/6
    "order": (20, 16, 300, 32, 0.03, 0.01),
    "copy": (2, 48, 500, 32, 0.02, 0.4),  # the whole of it takes six times as long
    "parity": (8, 16, 150, 32, 0.03, 0.01),
    "reber": (25, 32, 400, 32, 0.015, 0.01),
    "sine": (40, 16, 300, 32, 0.02, 0.02),
    "addition": (2, 32, 800, 64, 0.03, 0.3),  # and this twice as long
    "sentiment": (20, 16, 250, 32, 0.02, 0.01),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_small_gru_learns_it(name):
    length, hidden, updates, batch, lr, wanted = RUNS[name]
    task = TASKS[name].create(length)
    with tg.seed(1):
        model = task.model("gru", hidden)
    parameters = list(model.parameters())
    optimizer = tg.optim.Adam(parameters, lr)
    schedule = tg.optim.CosineLR(optimizer, updates, final=0.1)
    batches = task.batches(np.random.default_rng(1), batch)
    for _ in range(updates):
        loss, _ = task.loss(model, next(batches))
        take_step(loss, parameters, optimizer, 1.0, schedule)
    assert task.evaluate(model) < wanted < min(task.baselines.values())


def test_the_text_and_the_users_own_data_have_pages_of_their_own():
    assert set(TASKS) - set(RUNS) == {"chars", "labelled", "table"}  # learned in tests/docs and tests/cli
