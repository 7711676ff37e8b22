"""Weights that would take more memory than there is, or than a file may ask for."""

import numpy as np
import pytest

from tinygrad_gru import errors, nn
from tinygrad_gru.nn import initialisers
from tinygrad_gru.nn.support import limits


def test_weights_within_a_limit_are_drawn_and_one_byte_more_is_refused():
    with initialisers.at_most(4 * (2 * 3 + 3)):
        nn.Linear(2, 3)
    with pytest.raises(errors.CheckpointError, match="more weights than it can hold"), initialisers.at_most(35):
        nn.Linear(2, 3)
    nn.Linear(2, 3)  # the limit ends with its block


def test_more_numbers_than_memory_are_refused_before_any_is_drawn(monkeypatch):
    monkeypatch.setattr(limits, "machine_memory", lambda: 8 * 10**9)

    limits.refuse_what_is_too_large(10**9)
    with pytest.raises(errors.ArgumentError, match="weights of 1000000001 numbers take 8 GB, and there are 8. try"):
        limits.refuse_what_is_too_large(10**9 + 1)
    monkeypatch.setattr(limits, "machine_memory", lambda: None)  # a system that does not tell
    limits.refuse_what_is_too_large(10**18)


@pytest.mark.parametrize("shape", [3, (3,), (3, 0), (3, 2, 1), (3.0, 2), "ab"])
def test_a_matrix_has_two_sizes_above_zero(shape):
    with pytest.raises(errors.ShapeError, match="orthogonal: wants the shape of a matrix, got"):
        limits.checked_matrix("orthogonal", shape)


def test_shape_and_generator_are_checked_before_the_memory():
    with pytest.raises(errors.ShapeError, match=r"normal: shape: got \(-1,\), wanted a tuple of sizes"):
        limits.checked_weights("normal", (-1,), np.float32, np.random.default_rng(0))
    with pytest.raises(errors.ArgumentError, match="normal: generator: got 0"):
        limits.checked_weights("normal", (1,), np.float32, 0)
