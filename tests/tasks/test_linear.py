"""The linear forecast that a network starts from: what it learns, shorter windows, and weights of a checkpoint."""

import numpy as np
import pytest

from tinygrad_gru.errors import CheckpointError
from tinygrad_gru.tasks.linear import LinearForecast


def test_it_finds_the_map_that_made_the_changes():
    x = np.random.default_rng(0).normal(size=(3, 400, 2)).astype(np.float32)  # (T, B, C)
    change = 0.5 * (x[1, :, :1] - x[2, :, :1]) - 0.25 * x[2, :, 1:] + 2
    linear = LinearForecast.of(x, change)
    np.testing.assert_allclose(linear.weights[:, 0], [0, 0, 0.5, 0, 0, -0.25, 2], atol=0.01)
    np.testing.assert_allclose(linear(x).data, change, atol=0.02)


def test_rows_that_a_shorter_window_lacks_count_as_equal_to_its_last():
    linear = LinearForecast(np.array([[1.0], [10.0], [100.0], [1000.0]]))  # two rows before, the last, and a constant
    assert linear(np.array([[[2]], [[3]], [[5]]], np.float32)).data.tolist() == [[2 - 5 + 10 * (3 - 5) + 500 + 1000]]
    assert linear(np.array([[[3]], [[5]]], np.float32)).data.tolist() == [[10 * (3 - 5) + 500 + 1000]]
    assert linear(np.array([[[5]]], np.float32)).data.tolist() == [[500 + 1000]]


def test_few_windows_have_few_weights():
    x = np.random.default_rng(0).normal(size=(6, 45, 12)).astype(np.float32)
    assert LinearForecast.of(x, x[0]).weights.shape == (13, 12)


def test_a_checkpoint_keeps_its_weights_and_others_are_refused():
    linear = LinearForecast(np.arange(6.0).reshape(3, 2) / 3)
    again = LinearForecast.from_facts({"linear": linear.as_facts()}, columns=2, outputs=2)
    np.testing.assert_array_equal(again.weights, linear.weights)
    assert LinearForecast.from_facts({}, 2, 2) is None
    for wrong in ([], "1 2", 7, ["1 2 3"], ["1 2 3", "1 2"], ["1 2", "1 2"], ["1 2 nan"] * 2, ["1 2 x"] * 2):
        with pytest.raises(CheckpointError, match="the checkpoint's linear forecast cannot be used"):
            LinearForecast.from_facts({"linear": wrong}, 2, 2)
