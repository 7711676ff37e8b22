"""Every task is learned: a small GRU comes below the goal, or at least far below the baseline, in a short run."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.updates.step import take_step

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


def trained(name, cell, length, hidden, updates, batch, lr, seed=1):
    """A task, and its metric after a run as the command line makes it."""
    task = TASKS[name].create(length)
    with tg.seed(seed):
        model = tg.compile(task.model(cell, hidden))
    parameters = list(model.parameters())
    optimizer = tg.optim.Adam(parameters, lr)
    schedule = tg.optim.CosineLR(optimizer, updates, final=0.1)
    batches, state = task.batches(np.random.default_rng(seed), batch), None
    for _ in range(updates):
        loss, state = task.loss(model, next(batches), state)
        take_step(loss, parameters, optimizer, 1.0, schedule)
    return task, task.evaluate(model)


@pytest.mark.parametrize("name", RUNS)
def test_a_small_gru_learns_it(name):
    *settings, wanted = RUNS[name]
    task, value = trained(name, "gru", *settings)
    assert value < wanted < min(task.baselines.values())


# What `tinygrad-gru tasks` says to expect of the defaults: task, cell, the most that comes out, and the least.
EXPECTED = [
    ("adding", "gru", 0.001, 0),
    ("adding", "lstm", 0.01, 0),
    ("adding", "rnn", 0.2, 0.1),
    ("order", "gru", 0.01, 0),
    ("order", "lstm", 1, 0.6),
    ("order", "rnn", 1, 0.6),
    ("copy", "gru", 0.01, 0),
    ("copy", "lstm", 0.7, 0.1),
    ("copy", "rnn", 1, 0.8),
    ("parity", "gru", 0.001, 0),
    ("parity", "lstm", 0.001, 0),
    ("reber", "gru", 0, 0),
    ("reber", "lstm", 0, 0),
    ("reber", "rnn", 0, 0),
    ("sine", "gru", 0.0135, 0.01),
    ("addition", "gru", 0.02, 0),
    ("sentiment", "gru", 0.001, 0),
    ("sentiment", "lstm", 0.001, 0),
    ("sentiment", "rnn", 0.1, 0),
    ("chars", "gru", 1.7, 1.5),
]


@pytest.mark.soak
@pytest.mark.parametrize(("name", "cell", "most", "least"), EXPECTED)
def test_the_defaults_give_what_the_list_of_tasks_says(name, cell, most, least):
    settings = [TASKS[name].defaults[key] for key in ("length", "hidden", "updates", "batch", "lr")]
    task, value = trained(name, cell, *settings, seed=0)
    print(f"\n{name} {cell}: {value:.4g}, baselines {task.baselines}")
    assert least <= value <= most


def test_the_text_and_the_users_own_data_have_pages_of_their_own():
    assert set(TASKS) - set(RUNS) == {"chars", "labelled", "table"}  # learned in tests/docs and tests/cli
