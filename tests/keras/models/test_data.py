"""Data for a model: checked once, split, and handed out in batches."""

import numpy as np
import pytest

from tinygrad_gru.errors import ArgumentError, ShapeError
from tinygrad_gru.keras.models.data import Data, data_of

X, Y = np.arange(10.0)[:, None], np.arange(10)


def test_floats_become_float32_and_whole_numbers_stay_whole():
    data = data_of("fit", X, Y)
    assert data.x.dtype == np.float32 and data.y.dtype == np.int64 and len(data) == 10


def test_batches_hold_every_sample_once_the_last_may_be_smaller():
    data = data_of("fit", X, Y)
    assert [len(batch) for batch in data.batches(4)] == [4, 4, 2]
    shuffled = list(data.batches(4, np.random.default_rng(0)))
    assert sorted(int(y) for batch in shuffled for y in batch.y) == list(range(10))
    assert [int(y) for y in shuffled[0].y] != [0, 1, 2, 3]


def test_the_last_share_is_held_out():
    train, held_out = data_of("fit", X, Y).split(0.2)
    assert train.y.tolist() == list(range(8)) and held_out.y.tolist() == [8, 9]
    for wrong in (0, 1, -0.1, "a", 0.99):
        with pytest.raises(ArgumentError, match="validation_split"):
            data_of("fit", X, Y).split(wrong)


def test_a_sample_weighs_what_its_class_and_itself_weigh():
    data = data_of("fit", X[:3], [0, 1, 1], sample_weight=[1.0, 1.0, 2.0], class_weight={1: 3.0})
    assert data.weights.tolist() == [1.0, 3.0, 6.0]
    steps = data_of("fit", X[:3], [0, 1, 1], sample_weight=[[1.0, 2.0]] * 3, class_weight={1: 3.0})
    assert steps.weights.tolist() == [[1.0, 2.0], [3.0, 6.0], [3.0, 6.0]]
    rounded = data_of("fit", X[:3], [0.2, 0.7, 1.0], class_weight={1: 3.0})
    assert rounded.weights.tolist() == [1.0, 3.0, 3.0]


@pytest.mark.parametrize("y", [[[0, 2], [1, 1], [2, 0]], [[0, 1], [1, 1], [1, 0]], [[2, -1], [0, 1], [0, 1]]], ids=str)
def test_a_row_of_several_classes_has_no_class_to_weigh(y):
    """Classes of two steps, or two labels: the place of the largest would be taken for a class, in silence."""
    with pytest.raises(ArgumentError, match=r"class_weight: a row of y \(3, 2\) is not one class. try: sample_weight"):
        data_of("fit", X[:3], y, class_weight={1: 3.0})


def test_a_row_is_one_class_if_it_is_one_hot_or_has_their_probabilities():
    data = data_of("fit", X[:3], [[0.0, 1.0], [0.9, 0.1], [0.3, 0.7]], class_weight={1: 3.0})
    assert data.weights.tolist() == [3.0, 1.0, 3.0]


def test_weights_in_a_column_are_those_of_the_samples_or_of_their_steps():
    assert data_of("fit", X[:3], Y[:3], sample_weight=[[1.0], [2.0], [3.0]]).weights.tolist() == [1.0, 2.0, 3.0]
    assert data_of("fit", X[:1], Y[:1], sample_weight=[[[1.0], [2.0]]]).weights.tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ((X,), ArgumentError, "fit: y is missing"),
        ((X, Y[:3]), ShapeError, "x has 10 samples, but y 3"),
        ((np.empty((0, 1)), []), ShapeError, "x has no samples"),
        ((3.0, Y), ShapeError, "x is a single number"),
        (([[1.0], [1.0, 2.0]], [1, 2]), ShapeError, "rows of unequal length"),
        ((np.array([[np.nan]]), [1]), ArgumentError, "x holds NaN or infinity"),
        ((np.array([["a"]]), [1]), ArgumentError, "wanted numbers"),
        ((X, Y, np.ones(3)), ShapeError, "sample_weight has shape"),
        ((X, Y, -np.ones(10)), ArgumentError, "sample_weight holds negative numbers"),
        ((X, Y, None, [1.0]), ArgumentError, "class_weight: got .* wanted a dictionary"),
    ],
)
def test_what_is_no_data_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        data_of("fit", *arguments)


def test_rows_are_picked_of_all_arrays_alike():
    picked = Data(X, Y)[[3, 1]]
    assert picked.x.ravel().tolist() == [3.0, 1.0] and picked.y.tolist() == [3, 1] and picked.weights is None
