"""Parity: the answers against their definition, the baseline, and what is read and shown."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import DataError
from tinygrad_gru.tasks import Parity
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.synthetic.parity import parity_batch


class Oracle:
    """Counts the ones."""

    def __call__(self, x):
        return np.eye(2)[np.cumsum(x.data[..., 0], axis=0).astype(int) % 2]


class Even:
    """Always answers even."""

    def __call__(self, x):
        return np.eye(2)[np.zeros(x.shape[:2], int)]


def test_the_answer_at_each_step_is_the_number_of_ones_so_far_modulo_2():
    x, y = parity_batch(np.random.default_rng(0), length=9, batch=50)
    assert x.shape == (9, 50, 1) and x.dtype == np.float32 and set(np.unique(x)) == {0, 1}
    for b in range(50):
        ones = 0
        for t in range(9):
            ones += int(x[t, b, 0])
            assert y[t, b] == ones % 2


def test_always_answering_even_is_wrong_half_of_the_time_and_counting_never():
    task = Parity(length=24)
    assert task.evaluate(Even()) == pytest.approx(task.baselines["always answering even"], abs=0.02)
    assert task.evaluate(Oracle()) == 0
    assert [row["length"] for row in task.tables(Oracle())["longer sequences"]] == [24, 48, 96]


def test_batches_repeat_with_their_generator_and_the_test_set_is_always_the_same():
    first, again = (next(Parity(5).batches(np.random.default_rng(3), 4)) for _ in range(2))
    np.testing.assert_array_equal(first.x, again.x)
    np.testing.assert_array_equal(Parity(5)._test.x, Parity(5)._test.x)


def test_lines_of_bits_are_answered_and_other_lines_named():
    answers = list(Parity.predict(Oracle(), {}, Source("in", "0110\n\n1\n")))
    assert answers == [
        {"input": "0110", "predicted": "even", "at each step": "0100"},
        {"input": "1", "predicted": "odd", "at each step": "1"},
    ]
    with pytest.raises(DataError, match="in, line 3: got '2', wanted symbols of 0 1"):
        list(Parity.predict(Oracle(), {}, Source("in", "0\n\n12")))


def test_examples_show_bits_and_answers():
    (row,) = Parity(4).examples(Oracle(), np.random.default_rng(0), 1)
    assert set(row) == {"input", "true", "predicted"} and row["true"] == row["predicted"]


def test_a_small_gru_learns_it():
    task = Parity(length=8)
    with tg.seed(0):
        model = task.model("gru", 16)
    optimizer = tg.optim.Adam(list(model.parameters()), 0.03)
    batches = task.batches(np.random.default_rng(0), 32)
    for _ in range(150):
        optimizer.zero_grad()
        task.loss(model, next(batches))[0].backward()
        optimizer.step()
    assert task.evaluate(model) < task.goal
