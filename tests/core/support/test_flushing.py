"""Gradients that are about to vanish become zeros before a product, in float32 alone."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.flushing import flushes, vanishing
from tinygrad_gru.errors import ArgumentError

TINY = np.full(3, 1e-31, np.float32)


@pytest.mark.parametrize(
    "g, expected",
    [
        (TINY, True),
        (-TINY, True),
        (np.zeros(3, np.float32), True),
        (np.array([1e-31, 1e-20], np.float32), False),
        (np.array([np.nan, 1e-31], np.float32), False),
        (np.full(3, 1e-31), False),  # float64 has digits to spare
        (np.empty(0, np.float32), False),
    ],
)
def test_only_a_float32_gradient_that_is_tiny_all_over_vanishes(g, expected):
    assert vanishing(g) is expected


def product(self, g, out):
    return g


def test_a_product_is_handed_zeros_unless_one_asks_it_not_to():
    vjp = flushes(product)
    assert vjp(None, TINY, None).tolist() == [0.0, 0.0, 0.0]
    with tg.flush_subnormals(False):
        assert vjp(None, TINY, None) is TINY
        with tg.flush_subnormals():
            assert vjp(None, TINY, None).tolist() == [0.0, 0.0, 0.0]
        assert vjp(None, TINY, None) is TINY
    assert vjp(None, TINY, None) is not TINY


def test_the_switch_is_true_or_false():
    with pytest.raises(ArgumentError, match="flush_subnormals: on"):
        tg.flush_subnormals("off")
