"""Gradients as equations: the vjp of each operation, run on names."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.symbolic.derive import derive, gradient_name
from tinygrad_gru.symbolic.printer import written


def derived(make):
    """The equations of the gradients of make(x, y), both of shape (2,)."""
    x, y = (tg.Tensor(v, requires_grad=True, name=name) for name, v in (("x", [1.0, 2.0]), ("y", [3.0, 4.0])))
    with tg.record():
        loss = tg.sum(make(x, y))
    one = tg.Tensor(np.ones(()))
    lines = derive([loss], {loss: ("1", one)}, {x: "x", y: "y"}, {}, {})
    return {line.name: (written(line.expression), line.value.tolist()) for line in lines}


@pytest.mark.parametrize(
    ("make", "of_x", "numbers"),
    [
        (lambda x, y: x * y, "y", [3.0, 4.0]),
        (lambda x, y: x * x, "2 x", [2.0, 4.0]),
        (lambda x, y: x / y, "1 / y", [1 / 3, 0.25]),
        (lambda x, y: tg.tanh(x), "1 − tanh(x)²", (1 - np.tanh([1.0, 2.0]) ** 2).tolist()),
        (lambda x, y: tg.relu(x), "relu′(x)", [1.0, 1.0]),
    ],
)
def test_a_gradient_is_written_and_computed(make, of_x, numbers):
    text, values = derived(make)["∂L/∂x"]
    assert text == of_x
    np.testing.assert_allclose(values, numbers, rtol=1e-6)


def test_what_a_tensor_does_not_reach_has_no_line():
    assert "∂L/∂y" not in derived(lambda x, y: tg.sin(x))
    assert gradient_name("W_r") == "∂L/∂W_r"
