"""What stands around the formula of a loss: operands of one shape, a mask, the mean of what counts."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, DtypeError, ShapeError
from tinygrad_gru.nn.support.weighted_mean import classes_or_probabilities, fitting, weighted_mean

losses = tg.Tensor([1.0, 2.0, 6.0], requires_grad=True)


def test_without_weights_it_is_the_mean_and_its_name_is_l():
    L = weighted_mean(losses, None)
    assert L.item() == 3.0 and L.name == "L"


def test_with_weights_only_what_counts_counts():
    assert weighted_mean(losses, np.array([1.0, 1.0, 0.0])).item() == 1.5
    assert weighted_mean(losses, np.array([0.0, 1.0, 3.0])).item() == 5.0


def test_a_target_takes_the_dtype_of_the_prediction():
    y, t, w = fitting("mse", losses, [1, 2, 3], None)
    assert y is losses and t.dtype == np.float32 and w is None


def test_shapes_that_differ_are_refused_with_what_to_write():
    with pytest.raises(ShapeError, match=r"mse: shapes differ: .* try: target.reshape\(prediction.shape\)"):
        fitting("mse", losses, [[1.0], [2.0], [3.0]], None)


def test_what_is_masked_may_hold_nan():
    y, _, w = fitting("mse", tg.Tensor([np.nan, 1.0]), [0.0, 0.0], [False, True])
    assert np.isfinite(y.data).all() and w.tolist() == [0, 1]


def test_targets_of_a_cross_entropy_are_classes_or_probabilities():
    logits = tg.Tensor(np.zeros((2, 3), np.float32))
    assert classes_or_probabilities(logits, [0, 2], None)[1].tolist() == [0, 2]
    assert classes_or_probabilities(logits, np.full((2, 3), 1 / 3), None)[1].shape == (2, 3)
    with pytest.raises(ArgumentError, match="targets must be from 0 to 2, got 3"):
        classes_or_probabilities(logits, [0, 3], None)
    with pytest.raises(DtypeError, match="targets are whole numbers"):
        classes_or_probabilities(logits, [0.0, 1.0], None)
    with pytest.raises(ShapeError, match="do not fit logits"):
        classes_or_probabilities(logits, [0], None)
    assert classes_or_probabilities(logits, [0, 99], [True, False])[1].tolist() == [0, 0]
