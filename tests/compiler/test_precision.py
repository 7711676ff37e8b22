"""Sums over time and batch lose no digits, however many rows there are."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.compiler.code.memory import Memory


@pytest.mark.parametrize("rows", [1, 2, 63, 64, 127, 128, 129, 1000, 100_003, 1_000_000])
def test_a_table_of_equal_rows_adds_up(rows):
    for value in (0.1, -3e7, 1e-20):
        table = np.full((rows, 3), value, np.float32)
        assert error(Memory.total(table), table[0].astype(float) * rows) < 2e-6, value


def test_of_columns_of_a_table_nothing_and_what_is_not_finite():
    table = np.random.default_rng(0).normal(size=(999, 5)).astype(np.float32)
    lost = np.abs(Memory.total(table[:, 1:3]) - table[:, 1:3].sum(axis=0, dtype=float))
    assert (lost < 1e-7 * np.abs(table).sum(axis=0)[1:3]).all()
    assert Memory.total(table[:0]).tolist() == [0] * 5
    table[3, 0], table[700, 1], table[800, 2], table[3, 2] = np.nan, np.inf, np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        total = Memory.total(table)
    assert np.isnan(total[[0, 2]]).all() and total[1] == np.inf and np.isfinite(total[3:]).all()


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
