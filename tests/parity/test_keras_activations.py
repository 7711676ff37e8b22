"""Every activation by its name against Keras's own, in float64: values and gradients."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")  # before the first import of keras in this process

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.nn.activations import ACTIVATIONS, activation

pytestmark = pytest.mark.parity

X = np.array([[-40.0, -7.3, -3.1, -2.0, -0.9, -0.51, -0.3, -1e-3, 0.2, 0.49, 0.7, 1.1, 2.9, 3.2, 5.9, 6.1, 30.0]])
W = np.cos(np.arange(17.0))  # what the values are summed with: softmax alone sums to 1
NOT_HERE = {"glu", "sparsemax", "squareplus", "threshold"}


@pytest.fixture(scope="module")
def names():
    from keras.src.activations import ALL_OBJECTS_DICT

    return ALL_OBJECTS_DICT


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_kerass_of_the_same_name(names, name):
    import torch

    function = (lambda x: names["gelu"](x, approximate=True)) if name == "gelu_tanh" else names[name]
    x, t = tg.Tensor(X, requires_grad=True), torch.tensor(X, requires_grad=True)
    ours, theirs = ACTIVATIONS[name](x), function(t)
    slope = tg.grad((ours * W).sum(), x)
    (theirs * torch.tensor(W)).sum().backward()

    assert np.allclose(ours.data, theirs.detach(), rtol=1e-13, atol=1e-14)
    constant = 1e-7 if name.startswith("hard_s") else 1e-13  # PyTorch has 1/6 in float32 there
    assert np.allclose(slope, t.grad, rtol=constant, atol=1e-14)


def test_those_of_kerass_that_are_not_here_are_refused_by_name(names):
    assert names.keys() - ACTIVATIONS.keys() == NOT_HERE
    assert ACTIVATIONS.keys() - names.keys() == {"gelu_tanh"}
    for name in NOT_HERE:
        with pytest.raises(ArgumentError, match=f"unknown activation '{name}'"):
            activation(name)


def test_the_comparison_tells_the_two_forms_of_gelu_apart():
    assert np.abs(ACTIVATIONS["gelu"](X) - ACTIVATIONS["gelu_tanh"](X)).max() > 1e-4
