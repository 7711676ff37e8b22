"""What an optimiser is made of, checked."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, ShapeError
from tinygrad_gru.optim.checks import checked_betas, checked_gradient, checked_parameters

p = tg.nn.Parameter(np.ones(2, np.float32), name="p")


def test_parameters_are_leaves_each_once():
    assert checked_parameters("Adam", iter([p])) == [p]


@pytest.mark.parametrize(
    "params, message",
    [
        (p, "wants a list of parameters"),
        (3, "wants a list of parameters"),
        ([], "the list of parameters is empty"),
        ([1.0], "wants parameters, got"),
        ([tg.Tensor([1.0])], "is not a leaf that requires a gradient"),
        ([p * 2], "is not a leaf that requires a gradient"),
        ([p, p], r"p \(2,\) is in the list twice"),
    ],
)
def test_what_cannot_be_learned_is_refused(params, message):
    with pytest.raises(ArgumentError, match=f"Adam: .*{message}"):
        checked_parameters("Adam", params)


def test_a_gradient_has_the_shape_of_its_parameter():
    q = tg.nn.Parameter(np.ones(2, np.float32), name="q")
    q.grad = np.ones(2)
    assert checked_gradient(object(), q).dtype == np.float32
    with pytest.raises(ShapeError):
        q.grad = np.ones(3)
        checked_gradient(object(), q)


@pytest.mark.parametrize("betas", [(0.9,), 0.9, (0.9, 1.0), (-0.1, 0.9), ("a", 0.9)])
def test_betas_are_two_shares_below_one(betas):
    assert checked_betas([0.9, 0.99]) == (0.9, 0.99)
    with pytest.raises(ArgumentError, match="betas"):
        checked_betas(betas)
