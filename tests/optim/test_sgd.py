"""SGD and its momentum, by hand."""

import pytest

from tests.optim.stepping import after
from tinygrad_gru import optim


def test_sgd_by_hand():
    assert after(lambda ps: optim.SGD(ps, lr=0.1), [2.0, -1.0]) == pytest.approx(1 - 0.2 + 0.1)


def test_momentum_by_hand():
    v1, v2 = 2.0, 0.9 * 2.0 - 1.0

    got = after(lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9), [2.0, -1.0])
    ahead = after(lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, nesterov=True), [2.0, -1.0])

    assert got == pytest.approx(1 - 0.1 * v1 - 0.1 * v2)
    assert ahead == pytest.approx(1 - 0.1 * (2.0 + 0.9 * v1) - 0.1 * (-1.0 + 0.9 * v2))
