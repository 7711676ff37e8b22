"""Optimisers of the Keras face, by hand; tests/parity trains with them beside Keras's."""

import math

import numpy as np
import pytest

from tinygrad_gru import nn, optim
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.keras import optimizers


def stepped(recipe, gradients=(0.5,)) -> float:
    p = nn.Parameter(np.array([1.0]))
    optimizer = recipe([p])
    for g in gradients:
        p.grad = np.array([g])
        optimizer.step()
    return p.data.item()


def test_adam_adds_epsilon_to_the_uncorrected_root():
    m, v = 0.1 * 0.5, 0.001 * 0.25
    wanted = 1 - 0.001 * math.sqrt(1 - 0.999) / (1 - 0.9) * m / (math.sqrt(v) + 0.1)
    assert stepped(optimizers.Adam(epsilon=0.1)) == pytest.approx(wanted, rel=1e-12)
    decayed = wanted - 1 * 0.001 * 0.004
    assert stepped(optimizers.AdamW(epsilon=0.1)) == pytest.approx(decayed, rel=1e-12)


def test_rmsprop_adds_epsilon_under_the_root():
    assert stepped(optimizers.RMSprop(epsilon=0.1)) == pytest.approx(1 - 0.001 * 0.5 / math.sqrt(0.1 * 0.25 + 0.1))


def test_sgd():
    assert stepped(optimizers.SGD(0.1)) == pytest.approx(0.95)
    assert stepped(optimizers.SGD(0.1, momentum=0.5), (1.0, 1.0)) == pytest.approx(1 - 0.1 - 0.15)
    assert stepped(optimizers.SGD(0.1, momentum=0.5, nesterov=True), (1.0, 1.0)) == pytest.approx(1 - 0.15 - 0.175)
    assert stepped(optimizers.SGD(0.1, nesterov=True)) == pytest.approx(0.95)


def test_the_momentum_of_sgd_keeps_steps_so_that_a_lower_rate_does_not_shrink_those_behind_it():
    p, recipe = nn.Parameter(np.array([1.0])), optimizers.SGD(0.1, momentum=0.5)
    optimizer = recipe([p])
    for rate in (0.1, 0.01):
        recipe.learning_rate = rate
        p.grad = np.array([1.0])
        optimizer.step()
    assert p.data.item() == pytest.approx(1 - 0.1 - (0.5 * 0.1 + 0.01))


def test_recipes_by_name_by_class_and_by_function():
    assert optimizers.maker_of("Adam") == optimizers.Adam()
    assert optimizers.maker_of(optimizers.SGD(0.1)).learning_rate == 0.1
    assert isinstance(optimizers.maker_of(optim.Adam)([nn.Parameter([1.0])]), optim.Adam)
    assert optimizers.described(optimizers.SGD(0.5)) == {
        "name": "sgd", "learning_rate": 0.5, "momentum": 0.0, "nesterov": False,
    }  # fmt: skip
    assert optimizers.described(optim.Adam) is None
    with pytest.raises(ArgumentError, match="got Adam. try: 'adam'"):
        optimizers.maker_of(optim.Adam([nn.Parameter([1.0])]))
