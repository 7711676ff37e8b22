"""Sums over time and batch lose no digits, however many rows there are; of tables alone see code/test_memory.py."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn.reference import error
from tinygrad_gru import nn


# not the GRU over many steps: where h has come to rest, the gradient of z is nothing but rounding
@pytest.mark.parametrize(
    ("make", "shape"), [(nn.RNN, (2, 50_000)), (nn.GRU, (2, 50_000)), (nn.LSTM, (2, 50_000)), (nn.RNN, (20_000, 1))]
)
def test_the_gradients_of_biases_are_right_to_a_few_units_in_the_last_place(make, shape):
    found = []
    for dtype in (np.float32, np.float64):
        with tg.seed(0):
            layer = make(1, 2, engine="compiled").astype(dtype)
        for name, p in layer.named_parameters():
            if ".W" in name:
                p.assign(p.data * 0)  # every step and sequence alike: the sum alone is in question
        out, _ = layer(np.ones((*shape, 1), dtype))
        weights = np.zeros(out.shape, dtype)
        weights[0 if shape[1] > 1 else slice(None)] = 0.1
        biases = {name: p for name, p in layer.named_parameters() if ".b" in name}
        found.append(tg.grad(tg.sum(out * weights), list(biases.values())))

    for name, a, b in zip(biases, *found, strict=True):
        assert error(a, b) < 3e-6 if b.any() else not a.any(), name


def test_naive_addition_is_caught():
    table = np.full((100_000, 3), 0.1, np.float32)
    assert error(np.add.reduce(table), table[0].astype(float) * len(table)) > 1e-4
