"""The adding problem: what is marked, what is to be answered, and what answering 1 costs."""

import numpy as np
import pytest

from tinygrad_gru.errors import ConfigError
from tinygrad_gru.tasks import Adding
from tinygrad_gru.tasks.synthetic.adding import adding_batch


class Always:
    """A model that gives the same answer whatever it sees."""

    def __init__(self, answer):
        self.answer = answer

    def __call__(self, x):
        return np.full((x.shape[1], 1), self.answer, np.float32)


class Cheat:
    """A model that adds up what is marked."""

    def __call__(self, x):
        return (x.data[..., 0] * x.data[..., 1]).sum(axis=0)[:, None]


def test_two_different_steps_are_marked_and_their_values_added():
    x, y = adding_batch(np.random.default_rng(0), length=7, batch=500)
    values, marks = x[..., 0], x[..., 1]
    assert x.shape == (7, 500, 2) and y.shape == (500, 1)
    assert set(np.unique(marks)) == {0, 1}
    assert (marks.sum(axis=0) == 2).all()
    for b in range(5):
        first, second = np.flatnonzero(marks[:, b])
        assert y[b, 0] == pytest.approx(values[first, b] + values[second, b])


def test_marks_stand_anywhere_with_equal_probability():
    x, _ = adding_batch(np.random.default_rng(1), length=5, batch=20_000)
    shares = x[..., 1].mean(axis=1)
    np.testing.assert_allclose(shares, 2 / 5, atol=0.015)  # 4 standard deviations


def test_values_are_uniform_between_0_and_1():
    x, _ = adding_batch(np.random.default_rng(2), length=50, batch=1000)
    values = x[..., 0]
    assert values.min() >= 0 and values.max() < 1
    assert values.mean() == pytest.approx(1 / 2, abs=0.01)
    assert values.var() == pytest.approx(1 / 12, abs=0.002)


def test_with_two_steps_both_are_marked():
    x, y = adding_batch(np.random.default_rng(0), length=2, batch=3)
    assert (x[..., 1] == 1).all()
    np.testing.assert_allclose(y[:, 0], x[..., 0].sum(axis=0))


def test_always_answering_the_mean_costs_a_sixth():
    task = Adding(length=20)
    assert task.evaluate(Always(1.0)) == pytest.approx(task.baselines["always answering 1"], rel=0.1)
    assert task.evaluate(Always(1.0)) < min(task.evaluate(Always(0.9)), task.evaluate(Always(1.1)))


def test_the_metric_of_the_right_answers_is_zero():
    assert Adding(length=9).evaluate(Cheat()) == pytest.approx(0, abs=1e-12)


def test_batches_are_fresh_and_repeat_with_the_generator():
    batches = Adding(length=4).batches(np.random.default_rng(3), batch=2)
    first, second = next(batches), next(batches)
    assert not np.array_equal(first.x, second.x)
    again = next(Adding(length=4).batches(np.random.default_rng(3), batch=2))
    assert np.array_equal(first.x, again.x)


def test_one_step_cannot_hold_two_marks():
    with pytest.raises(ConfigError, match="adding needs 2 or more"):
        Adding(length=1)
