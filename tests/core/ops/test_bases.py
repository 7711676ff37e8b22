"""What the bases of operations promise for all of them: one misfit, one message."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.ops.bases import AlongAxis, Elementwise, OnMatrices
from tinygrad_gru.errors import ShapeError

X = tg.Tensor(np.ones((2, 3)), name="x")
V = tg.Tensor(np.ones(3), name="v")

ALONG_AXIS_5 = {
    "flip": lambda: tg.flip(X, 5),
    "roll": lambda: tg.roll(X, 1, axis=5),
    "sort": lambda: tg.sort(X, 5),
    "take": lambda: tg.take(X, [0], axis=5),
    "cumulative_sum": lambda: tg.cumulative_sum(X, 5),
    "cumulative_prod": lambda: tg.cumulative_prod(X, 5),
    "concat": lambda: tg.concat([X], axis=5),
    "sum": lambda: tg.sum(X, 5),
    "std": lambda: tg.std(X, 5),
    "softmax": lambda: tg.softmax(X, 5),
}


@pytest.mark.parametrize("name", ALONG_AXIS_5)
def test_an_operation_along_an_axis_names_the_one_that_is_missing(name):
    with pytest.raises(ShapeError) as caught:
        ALONG_AXIS_5[name]()
    assert str(caught.value).startswith(f"{name}: axis 5 is not an axis of: x (2, 3)")


@pytest.mark.parametrize("name", ["diagonal", "matrix_transpose", "tril", "triu"])
def test_an_operation_on_matrices_refuses_a_vector(name):
    with pytest.raises(ShapeError) as caught:
        getattr(tg, name)(V)
    assert str(caught.value).startswith(f"{name}: wants at least two axes, got: v (3,) at test_bases.py:")


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "pow", "maximum", "minimum"])
def test_an_elementwise_operation_wants_shapes_that_broadcast(name):
    with pytest.raises(ShapeError, match=f"{name}: shapes do not broadcast: x "):
        getattr(tg, name)(X, tg.Tensor([1.0, 2.0]))


def test_an_elementwise_operation_on_one_input_has_nothing_to_broadcast():
    assert Elementwise().explain(X.data) == ""
    assert Elementwise().explain(X.data, V.data) == "shapes do not broadcast"


def test_every_base_leaves_forward_and_vjp_to_its_operations():
    for base in (Elementwise, AlongAxis, OnMatrices):
        assert not {"forward", "vjp"} & set(vars(base))
