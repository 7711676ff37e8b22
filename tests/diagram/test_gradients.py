"""Gradients of a picture: those of the engine, and the norm of each contribution to a leaf."""

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru.diagram.gradients import gradients, norm


def test_they_are_the_engines_and_touch_no_grad():
    x = tg.Tensor([3.0, 4.0], requires_grad=True, name="x")
    y = x * x
    loss = y.sum()
    result = gradients([loss], [x, y, loss])
    assert result.of[x].tolist() == [6.0, 8.0] and result.of[loss] == 1.0 and x.grad is None
    assert result.shares == {(y, 0): 5.0, (y, 1): 5.0}  # ‖x‖ at each of the two uses


def test_without_a_single_number_there_are_none():
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    assert gradients([x * 2], [x]) is None and gradients([tg.Tensor(1.0)], []) is None


def test_a_norm_is_that_of_one_long_vector():
    assert norm(np.array([[3.0], [4.0]])) == 5.0 and np.isnan(norm(np.array([np.nan])))
