"""Initial weights by Keras's names: ranges and deviations; tests/parity compares them with Keras's own."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.keras.layers.initial import initial, truncated_normal

CUT = 2 / 0.8796  # the largest of a truncated normal, in its own deviations
SPREADS = {  # deviation, and largest, for a matrix (300, 100)
    "glorot_uniform": ((2 / 400) ** 0.5, (6 / 400) ** 0.5), "glorot_normal": ((2 / 400) ** 0.5, (2 / 400) ** 0.5 * CUT),
    "he_uniform": ((2 / 300) ** 0.5, (6 / 300) ** 0.5), "he_normal": ((2 / 300) ** 0.5, (2 / 300) ** 0.5 * CUT),
    "lecun_uniform": ((1 / 300) ** 0.5, (3 / 300) ** 0.5), "lecun_normal": ((1 / 300) ** 0.5, (1 / 300) ** 0.5 * CUT),
    "uniform": (0.1 / np.sqrt(12), 0.05), "random_uniform": (0.1 / np.sqrt(12), 0.05), "normal": (0.05, np.inf),
    "random_normal": (0.05, np.inf), "truncated_normal": (0.05 * 0.8796, 0.1), "orthogonal": (1 / np.sqrt(300), 1.0),
    "zeros": (0.0, 0.0), "ones": (0.0, 1.0),
}  # fmt: skip


@pytest.mark.parametrize("name", SPREADS)
def test_each_has_the_spread_of_its_name_and_follows_the_seed(name):
    with tg.seed(1):
        weights = initial(name, (300, 100))
    deviation, largest = SPREADS[name]
    assert weights.std() == pytest.approx(deviation, rel=0.02) and np.abs(weights).max() <= largest * (1 + 1e-4)
    assert weights.dtype == np.float32
    with tg.seed(1):
        assert np.array_equal(weights, initial(name, (300, 100)))


def test_a_truncated_normal_draws_again_what_lies_beyond_two_deviations():
    drawn = truncated_normal((5000,), np.random.default_rng(0), np.float64, 3.0)
    assert 5.9 < np.abs(drawn).max() <= 6 and np.abs(drawn.mean()) < 0.1
    assert drawn.std() == pytest.approx(3 * 0.8796, rel=0.02)


def test_a_name_that_does_not_exist_is_named_with_the_nearest_one():
    with pytest.raises(ArgumentError, match="unknown initializer 'glorot_unifrom'. did you mean glorot_uniform?"):
        initial("glorot_unifrom", (2, 2))
