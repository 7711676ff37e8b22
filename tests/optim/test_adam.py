"""Adam and AdamW, by hand."""

import math

import pytest

from tests.optim.stepping import after
from tinygrad_gru import optim


def test_adam_by_hand():
    def move(m, v, n):
        return 0.1 * (m / (1 - 0.9**n)) / (math.sqrt(v / (1 - 0.99**n)) + 1e-8)

    m1, v1 = 0.1 * 2.0, 0.01 * 4.0
    m2, v2 = 0.9 * m1 + 0.1 * -1.0, 0.99 * v1 + 0.01 * 1.0

    got = after(lambda ps: optim.Adam(ps, lr=0.1, betas=(0.9, 0.99)), [2.0, -1.0])

    assert got == pytest.approx(1 - move(m1, v1, 1) - move(m2, v2, 2))


def test_weight_decay_goes_into_the_gradient_of_adam_and_past_that_of_adamw():
    plain = after(lambda ps: optim.Adam(ps, lr=0.1), [2.0 + 0.5 * 1.0])

    assert after(lambda ps: optim.Adam(ps, lr=0.1, weight_decay=0.5), [2.0]) == pytest.approx(plain)
    assert after(lambda ps: optim.AdamW(ps, lr=0.1, weight_decay=0.5), [0.0]) == pytest.approx(1 - 0.1 * 0.5)
    assert after(lambda ps: optim.AdamW(ps, lr=0.1), [0.0]) == pytest.approx(1 - 0.1 * 0.01)
