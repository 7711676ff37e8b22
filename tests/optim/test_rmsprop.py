"""RMSprop, by hand."""

import math

import pytest

from tests.optim.stepping import after
from tinygrad_gru import optim


def test_rmsprop_by_hand():
    v = 0.1 * 2.0**2

    got = after(lambda ps: optim.RMSprop(ps, lr=0.1, alpha=0.9, eps=0.5), [2.0])

    assert got == pytest.approx(1 - 0.1 * 2.0 / (math.sqrt(v) + 0.5))
