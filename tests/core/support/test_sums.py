"""Sums against exact ones: every axis, every layout in memory, many equal numbers."""

import math

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.sums import accurate_mean, accurate_sum, in_float64

N = 1_000_000


def test_small_sums_by_hand():
    x = np.float32([[1, 2, 3], [4, 5, 6]])

    assert accurate_sum(x) == 21 and accurate_sum(x).dtype == np.float32
    assert accurate_sum(x, axis=0).tolist() == [5, 7, 9]
    assert accurate_sum(x, axis=-1, keepdims=True).tolist() == [[6], [15]]
    assert accurate_sum(np.zeros((0, 3))).item() == 0 and accurate_sum(np.zeros((0, 3)), axis=0).tolist() == [0, 0, 0]
    assert accurate_sum(np.array([True, True])) == 2
    assert accurate_sum(np.float32(3)) == 3


def test_a_million_equal_numbers_along_the_first_axis():
    x = np.full((1_000_000, 3), 0.1, np.float32)
    exact = 1_000_000 * float(np.float32(0.1))

    assert np.abs(np.add.reduce(x, axis=0) / exact - 1).max() > 5e-3  # what NumPy makes of it
    assert np.abs(accurate_sum(x, axis=0) / exact - 1).max() < 1e-6
    assert np.abs(accurate_sum(x.T, axis=1) / exact - 1).max() < 1e-6


LAYOUTS = {
    "C order": lambda x: x,
    "Fortran order": np.asfortranarray,
    "axes exchanged": lambda x: np.ascontiguousarray(np.swapaxes(x, 0, 2)).swapaxes(0, 2),
    "reversed": lambda x: np.ascontiguousarray(x[::-1, :, ::-1])[::-1, :, ::-1],
    "every second": lambda x: np.repeat(np.repeat(x, 2, axis=0), 2, axis=2)[::2, :, ::2],
    "repeated along the first axis": lambda x: np.broadcast_to(x[:1], x.shape),
    "repeated along the last axis": lambda x: np.broadcast_to(x[..., :1], x.shape),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(4000, 2, 3), (3, 2, 4000), (65, 64, 7), (130, 1, 130), (2, 5000, 1)])
@pytest.mark.parametrize("axis", [None, 0, 1, 2, (0, 1), (1, 2), (0, 2), (0, -2, -1), ()])
def test_every_axis_of_every_layout_is_right_to_a_few_roundings(layout, shape, axis):
    x = LAYOUTS[layout](np.random.default_rng(0).random(shape, np.float32) + 0.1)
    exact = np.sum(x, axis=axis, dtype=np.float64)

    for keepdims in (False, True):
        y = accurate_sum(x, axis, keepdims)
        assert y.dtype == np.float32 and y.shape == np.add.reduce(x, axis=axis, keepdims=keepdims).shape
        np.testing.assert_allclose(y.reshape(exact.shape), exact, rtol=1e-6)


@pytest.mark.parametrize("n", [63, 64, 65, 127, 4096, 4097, 300_000])
def test_the_ends_of_blocks_are_counted_once(n):
    for k in (1, 2, 700 if n < 5000 else 3):
        x = np.ones((n, k), np.float32)
        assert accurate_sum(x, axis=0).tolist() == [n] * k
        assert accurate_sum(np.asfortranarray(x), axis=0).tolist() == [n] * k
        assert accurate_sum(x[::-1], axis=0).tolist() == [n] * k


def test_float64_is_as_exact_as_the_exact_sum():
    x = np.random.default_rng(1).random((100_000, 2))
    exact = [math.fsum(x[:, 0]), math.fsum(x[:, 1])]

    np.testing.assert_allclose(accurate_sum(x, axis=0), exact, rtol=1e-15)


def test_infinities_and_nan_come_through():
    x = np.ones((200, 4), np.float32)
    x[150, 0], x[3, 1], x[199, 2], x[7, 2] = np.inf, np.nan, np.inf, -np.inf

    with np.errstate(invalid="ignore"):
        assert str(accurate_sum(x, axis=0).tolist()) == "[inf, nan, nan, 200.0]"


def test_an_axis_that_is_not_there_is_refused_as_numpy_refuses_it():
    for axis in (2, (0, 0)):
        with pytest.raises(ValueError, match="axis"):
            accurate_sum(np.ones((200, 2)), axis=axis)


@pytest.mark.parametrize(
    "pick",
    [
        lambda w: w[np.zeros(N, int)],  # (N, 3)
        lambda w: w[:, 0][np.zeros(N, int)],
        lambda w: tg.take(w, np.zeros((2, N // 2), int), axis=1),  # (1, 2, N/2)
        lambda w: tg.take_along_axis(w, np.zeros((1, N), int), axis=1),
        lambda w: w[np.zeros(N, int), np.zeros(N, int)],
    ],
)
def test_the_gradient_of_what_was_picked_a_million_times_is_exact(pick):
    w = tg.Tensor(np.ones((1, 3), np.float32), requires_grad=True)
    y = pick(w)

    g = tg.grad(y, w, np.full(y.shape, 0.1, np.float32))
    assert g[0, 0] == pytest.approx(N * float(np.float32(0.1)), rel=1e-6)


def test_a_mean_is_finite_where_the_sum_is_not():
    x = np.float32([[3e38, 3e38], [1, 3]])
    assert accurate_mean(x, 1, False, 2).tolist() == [np.float32(3e38), 2]
    assert accurate_mean(np.array([1, 2]), None, False, 2) == 1.5


def test_running_sums_of_a_million_float32_numbers_do_not_drift():
    x = np.full(N, 0.1, np.float32)
    running = in_float64(np.cumsum, x, axis=0)
    exact = N * float(np.float32(0.1))

    assert running.dtype == np.float32
    assert abs(np.cumsum(x)[-1] / exact - 1) > 1e-3  # what NumPy makes of it
    assert abs(running[-1] / exact - 1) < 1e-6
    assert in_float64(np.cumsum, np.array([1, 2]), axis=0).tolist() == [1, 3]
