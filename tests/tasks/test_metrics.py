"""Metrics against what one counts by hand."""

import numpy as np
import pytest

from tinygrad_gru.tasks.metrics import confusion, error_rate, mean_squared_error, root_mean_squared_error


def test_an_error_rate_is_the_share_that_differs():
    assert error_rate(np.array([1, 2, 3, 4]), np.array([1, 2, 0, 4])) == 0.25
    assert error_rate(np.array([[1, 2]]), np.array([[2, 1]])) == 1


def test_the_mean_squared_error_of_1_and_3_is_5_and_its_root_has_the_unit_of_the_target():
    predicted, target = np.array([1.0, 5.0], np.float32), np.array([2.0, 2.0], np.float32)
    assert mean_squared_error(predicted, target) == 5
    assert root_mean_squared_error(predicted, target) == pytest.approx(5**0.5)


def test_squares_are_added_up_in_float64():
    predicted = np.array([2.0**13, 1.0], np.float32)  # 2²⁶ swallows a 1 in float32
    assert mean_squared_error(predicted, np.zeros(2, np.float32)) == (2**26 + 1) / 2


def test_a_confusion_has_a_row_for_each_true_class_and_a_column_for_each_predicted_one():
    rows = confusion(np.array([0, 0, 0, 2]), np.array([0, 1, 1, 0]), ["a", "b", "c"])
    assert rows == [
        {"true": "a", "said a": 1, "said b": 2, "said c": 0},
        {"true": "b", "said a": 0, "said b": 0, "said c": 0},
        {"true": "c", "said a": 1, "said b": 0, "said c": 0},
    ]
