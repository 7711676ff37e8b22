"""`add_at` does what np.add.at does, by whichever way it goes."""

import numpy as np
import pytest

from tinygrad_gru.core.support.scattering import add_at


def test_small_indices_by_hand():
    y = np.zeros((3, 2), np.float32)
    add_at(y, (slice(None), 1), np.float32([1, 2, 3]))  # names each element once
    add_at(y, np.array([0, 2, 2]), np.float32([[10, 10], [20, 20], [30, 30]]))  # whole rows, one of them twice
    assert y.tolist() == [[10, 11], [0, 2], [50, 53]]

    add_at(y, (np.array([0, 0]), np.array([1, 1])), np.float32([100, 200]))  # one element twice
    assert y.tolist() == [[10, 311], [0, 2], [50, 53]]

    add_at(y, np.array([], int), np.zeros((0, 2), np.float32))
    assert y.tolist() == [[10, 311], [0, 2], [50, 53]]


KEYS = {
    "a slice": slice(1, 4),
    "a mask": np.array([True, False, True, True, False]),
    "rows": np.array([4, -1, 0, 0]),
    "rows of small integers": np.array([4, 4, 1], np.uint8),
    "rows in two axes": np.array([[0, 1], [1, 1]]),
    "along the second axis": (slice(None), np.array([0, 2, 2])),
    "along the last axis": (slice(None), slice(None), np.array([[1, 1], [0, 1]])),
    "pairs": (np.array([0, 0, 3]), np.array([1, 1, -1])),
    "pairs with an ellipsis": (..., np.array([0, 0]), np.array([1, 1])),
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_adds_as_numpy_does(key, dtype):
    rng = np.random.default_rng(0)
    y = rng.standard_normal((5, 3, 2)).astype(dtype)
    piece = rng.standard_normal(y[key].shape).astype(dtype)
    expected = y.astype(np.float64)
    np.add.at(expected, key, piece)

    add_at(y, key, piece)
    assert y.dtype == dtype
    assert np.abs(y - expected).max() <= np.finfo(dtype).eps * 8 * np.abs(expected).max()


def test_one_element_picked_a_million_times_keeps_its_digits():
    exact = 1_000_000 * float(np.float32(0.1))
    for shape, key in (((2,), (np.zeros(1_000_000, int),)), ((2, 1), np.zeros(1_000_000, int))):
        y = np.zeros(shape, np.float32)
        add_at(y, key, np.full((1_000_000, *shape[1:]), 0.1, np.float32))
        assert abs(y.ravel()[0] / exact - 1) < 1e-6
