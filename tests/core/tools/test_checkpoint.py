"""A checkpoint keeps inputs and outputs, runs again in backward, and changes no number."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError

x = tg.Tensor(np.array([0.5, -1.0]), requires_grad=True, name="x")
W = tg.Tensor(np.array([2.0, 3.0]), requires_grad=True, name="W")


def f(x):
    return tg.tanh(x * W) * x


def test_value_and_gradients_are_those_of_the_function():
    y = tg.checkpoint(f, x)
    assert y.data.tolist() == f(x).data.tolist()
    assert all(np.allclose(a, b) for a, b in zip(tg.grad(y.sum(), [x, W]), tg.grad(f(x).sum(), [x, W]), strict=True))


def test_nothing_inside_is_kept_and_it_runs_once_more():
    runs = []

    def counted(x):
        runs.append(1)
        return f(x)

    y = tg.checkpoint(counted, x)
    assert len(runs) == 1 and y.op.name == "reshape" and y.inputs[0].inputs[0].op.name == "checkpoint"
    tg.grad(y.sum(), x)
    assert len(runs) == 2


def test_random_numbers_are_drawn_alike_the_second_time():
    drop = tg.nn.Dropout(0.5)
    tg.seed(1)
    y = tg.checkpoint(lambda x: drop(x) * x, x)
    kept = y.data != 0
    assert np.array_equal(tg.grad(y.sum(), x) != 0, kept)


def test_a_second_derivative_goes_through_it():
    assert tg.gradcheck(lambda x: tg.checkpoint(f, x), x.data)


def test_several_results_come_back_as_they_were():
    y, n = tg.checkpoint(lambda x: (x * 2, tg.Tensor(np.array([1, 2]))), x)
    assert y.requires_grad and n.dtype.kind == "i"


def test_a_function_that_returns_no_tensor_is_refused():
    with pytest.raises(ArgumentError, match="checkpoint: the function must return tensors, got float"):
        tg.checkpoint(lambda x: 1.0, x)
