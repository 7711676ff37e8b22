"""NAdam, by hand."""

import math

import pytest

from tests.optim.stepping import after
from tinygrad_gru import nn, optim


def test_nadam_by_hand():
    mu = [0.0] + [0.9 * (1 - 0.5 * 0.96 ** (t * 0.1)) for t in (1, 2, 3)]
    m = v = 0.0
    theta, product = 1.0, 1.0
    for t, g in ((1, 2.0), (2, -1.0)):
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        product *= mu[t]
        ahead = mu[t + 1] * m / (1 - product * mu[t + 1]) + (1 - mu[t]) * g / (1 - product)
        theta -= 0.05 * ahead / (math.sqrt(v / (1 - 0.99**t)) + 1e-3)

    def make(ps):
        return optim.NAdam(ps, lr=0.05, betas=(0.9, 0.99), eps=1e-3, momentum_decay=0.1)

    assert after(make, [2.0, -1.0]) == pytest.approx(theta)


def test_the_products_of_its_momenta_depend_on_the_number_of_updates_alone():
    first, second = (optim.NAdam([nn.Parameter([1.0])]) for _ in range(2))
    assert first.product(5) == math.prod(second.mu(t) for t in range(1, 6))
