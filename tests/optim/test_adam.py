"""Adam and AdamW, by hand."""

import math

import pytest

from tests.optim.stepping import after
from tinygrad_gru import nn, optim


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


def test_amsgrad_divides_by_the_largest_v_so_far():
    v1, v2 = 0.01 * 4.0, 0.99 * (0.01 * 4.0) + 0.01 * 0.01
    m1, m2 = 0.1 * 2.0, 0.9 * (0.1 * 2.0) + 0.1 * 0.1
    assert v2 < v1
    wanted = 1 - 0.1 * (m1 / 0.1) / (math.sqrt(v1 / 0.01) + 1e-8)
    wanted -= 0.1 * (m2 / (1 - 0.9**2)) / (math.sqrt(v1 / (1 - 0.99**2)) + 1e-8)
    assert after(lambda ps: optim.Adam(ps, 0.1, (0.9, 0.99), amsgrad=True), [2.0, 0.1]) == pytest.approx(wanted)
    assert after(lambda ps: optim.Adam(ps, 0.1, (0.9, 0.99)), [2.0, 0.1]) < wanted


def test_what_amsgrad_keeps_is_saved_with_the_rest():
    optimizer = optim.AdamW([nn.Parameter([1.0, 2.0])], amsgrad=True)
    assert list(optimizer.state_dict()) == ["steps", "counts", "0.m", "0.v", "0.v_max"]
