"""Sequences of different lengths side by side, and long ones in pieces."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, DtypeError, ShapeError
from tinygrad_gru.nn.recurrent.sequences import detached, mask_of, truncated, valid_steps


def test_a_length_says_how_many_steps_count():
    assert mask_of([3, 1], 3).T.tolist() == [[True, True, True], [True, False, False]]


def test_lengths_and_masks_mean_the_same():
    by_length = valid_steps("GRU", [2, 1], None, 2, 2, False)
    by_mask = valid_steps("GRU", None, np.array([[True, True], [True, False]]), 2, 2, False)
    assert np.array_equal(by_length, by_mask)
    assert valid_steps("GRU", [2, 2], None, 2, 2, False) is None and valid_steps("GRU", None, None, 2, 2, False) is None


@pytest.mark.parametrize(
    "lengths, mask, error, message",
    [
        ([1, 1], np.ones((2, 2), bool), ArgumentError, "got lengths and mask"),
        ([1], None, ShapeError, r"lengths has shape \(1,\), wanted \(2,\)"),
        ([1, 3], None, ArgumentError, "lengths must be from 0 to 2, the number of steps, got 3"),
        ([1.5, 1], None, DtypeError, "lengths must be whole numbers"),
        (None, np.ones((2, 2)), DtypeError, "mask must be of bools"),
        (None, np.ones((3, 2), bool), ShapeError, r"mask has shape \(3, 2\), wanted \(2, 2\)"),
    ],
)
def test_what_fits_no_batch_is_refused(lengths, mask, error, message):
    with pytest.raises(error, match=message):
        valid_steps("GRU", lengths, mask, 2, 2, False)


def test_pieces_have_the_outputs_of_the_whole_and_gradients_stop_between_them():
    tg.seed(0)
    gru = tg.nn.GRU(2, 3)
    x = tg.Tensor(np.random.default_rng(0).normal(size=(5, 2, 2)).astype(np.float32), requires_grad=True)
    whole, _ = gru(x)
    pieces = list(truncated(gru, x, 2))
    assert [piece.stop for piece, _, _ in pieces] == [2, 4, 6]
    assert np.allclose(np.concatenate([out.data for _, out, _ in pieces]), whole.data, atol=1e-6)
    assert np.all(tg.grad(pieces[1][1].sum(), x)[:2] == 0) and np.any(tg.grad(whole[2:4].sum(), x)[:2] != 0)


def test_a_layer_that_reads_backwards_cannot_be_cut():
    with pytest.raises(ArgumentError, match="the layer reads backwards"):
        next(truncated(tg.nn.GRU(2, 3, bidirectional=True), np.zeros((4, 1, 2), np.float32), 2))


def test_a_detached_state_has_no_way_back():
    h = tg.Tensor([1.0], requires_grad=True) * 2
    assert detached(h).op is None and [s.op for s in detached((h, h))] == [None, None]
