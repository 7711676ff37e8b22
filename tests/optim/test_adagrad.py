"""Adagrad, by hand."""

import math

import numpy as np
import pytest

from tests.optim.stepping import after
from tinygrad_gru import nn, optim


def test_adagrad_by_hand():
    first = 1 - 0.1 * 2.0 / (math.sqrt(0.5 + 2.0**2) + 0.25)
    wanted = first - 0.1 / 1.5 * 3.0 / (math.sqrt(0.5 + 2.0**2 + 3.0**2) + 0.25)

    def make(ps):
        return optim.Adagrad(ps, lr=0.1, lr_decay=0.5, initial_accumulator_value=0.5, eps=0.25)

    assert after(make, [2.0, 3.0]) == pytest.approx(wanted)


def test_what_it_starts_from_is_saved_with_the_rest():
    optimizer = optim.Adagrad([nn.Parameter(np.ones(2)) for _ in range(6)], initial_accumulator_value=0.5)
    assert all((array == 0.5).all() for key, array in optimizer.state_dict().items() if key.endswith(".v"))
