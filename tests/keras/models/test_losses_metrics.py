"""Losses and metrics by name, on arrays written out."""

import numpy as np
import pytest

from tinygrad_gru.core.tensor import Tensor
from tinygrad_gru.errors import TinygradError
from tinygrad_gru.keras.models.losses_metrics import Mean, loss_of, metric_of


def value(name, y, prediction, **options) -> float:
    return loss_of(name)(np.asarray(y), Tensor(np.array(prediction)), **options).item()


def test_losses_of_probabilities():
    assert value("binary_crossentropy", [[1.0], [0.0]], [[0.5], [0.75]]) == pytest.approx((np.log(2) + np.log(4)) / 2)
    assert value("sparse_categorical_crossentropy", [1], [[0.75, 0.25]]) == pytest.approx(np.log(4))
    assert value("sparse_categorical_crossentropy", [[1]], [[0.75, 0.25]]) == pytest.approx(np.log(4))
    assert value("categorical_crossentropy", [[0.0, 1.0]], [[0.75, 0.25]]) == pytest.approx(np.log(4))
    assert value("mse", [[1.0, 2.0]], [[2.0, 4.0]]) == 2.5
    assert value("mae", [[1.0, 2.0]], [[2.0, 4.0]]) == 1.5


def test_outputs_that_are_no_softmax_are_divided_by_their_sum_before_they_are_held_away_from_0_and_1():
    assert value("sparse_categorical_crossentropy", [1], [[3.0, 1.0]]) == pytest.approx(np.log(4))
    assert value("categorical_crossentropy", [[0.0, 2.0]], [[3.0, 1.0]]) == pytest.approx(2 * np.log(4))
    assert value("categorical_crossentropy", [[0.0, 1.0]], [[4.0, -2.0]]) == pytest.approx(-np.log(1e-7))
    both = value("sparse_categorical_crossentropy", [1, 0], [[3.0, 1.0], [1.0, 1.0]], weights=np.array([1.0, 0.0]))
    assert both == pytest.approx(np.log(4) / 2)


def test_probabilities_of_zero_and_one_are_held_away_from_the_logarithm():
    assert value("binary_crossentropy", [[1.0]], [[0.0]]) == pytest.approx(-np.log(1e-7))


def test_weights_and_masks():
    y, p = np.zeros((2, 2, 1)), np.array([[[1.0], [2.0]], [[3.0], [100.0]]])
    mask = np.array([[True, True], [True, False]])
    assert value("mae", y, p, mask=mask) == 2.0
    assert value("mae", y, p, mask=mask, weights=np.array([2.0, 1.0])) == pytest.approx((2 + 4 + 3) / 3)
    assert value("mae", y, p, weights=np.array([[1.0, 1.0], [0.0, 0.0]])) == pytest.approx(3 / 4)
    assert value("mae", y, p, mask=np.zeros((2, 2), bool)) == 0.0
    assert value("mae", y, p * np.nan, mask=np.zeros((2, 2), bool)) == 0.0


def test_metrics():
    assert metric_of("accuracy")(np.array([1, 0]), np.array([[0.7], [0.6]])).tolist() == [1.0, 0.0]
    assert metric_of("accuracy")(np.array([1, 0]), np.array([[0.1, 0.9], [0.2, 0.8]])).tolist() == [1.0, 0.0]
    assert metric_of("accuracy")(np.eye(2)[[1, 1]], np.array([[0.1, 0.9], [0.9, 0.1]])).tolist() == [1.0, 0.0]
    assert metric_of("mae")(np.array([1.0]), np.array([[3.0]])).tolist() == [2.0]
    assert metric_of("mse")(np.array([1.0]), np.array([[3.0]])).tolist() == [4.0]


def test_a_target_that_is_neither_0_nor_1_is_never_met():
    y, p = np.array([-1, 1, 0.9, 0]), np.array([[0.1], [0.9], [0.9], [0.1]])
    for name in ("accuracy", "binary_accuracy"):
        assert metric_of(name)(y, p).tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("name", "y", "p", "message"),
    [
        ("categorical_accuracy", [[1], [0]], [[0.7], [0.6]], "of the one column of the output .* try: accuracy"),
        ("sparse_categorical_accuracy", [1, 0], [[0.7], [0.6]], "of the one column of the output .* try: accuracy"),
        (
            "categorical_accuracy",
            [1, 0],
            [[0.7, 0.3], [0.6, 0.4]],
            r"y has shape \(2,\), .* try: sparse_categ",
        ),
        ("sparse_categorical_accuracy", [[1, 0]], [[0.7, 0.3]], r"y has shape \(1, 2\), .* try: categorical_accuracy"),
    ],
)
def test_a_metric_by_class_of_what_has_no_classes_is_refused(name, y, p, message):
    with pytest.raises(TinygradError, match=f"^{name}: {message}"):
        metric_of(name)(np.array(y), np.array(p))


def test_a_mean_of_means_counts_what_they_are_of():
    mean = Mean()
    assert mean.value == 0
    mean.add(1.0, 3)
    mean.add(5.0, 1)
    assert mean.value == 2.0
