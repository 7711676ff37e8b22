"""Norms of matrices."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, ShapeError

X = np.array([[3.0, -1.0, 0.5], [0.25, 2.5, -4.0]])
ORDERS = ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]


@pytest.mark.parametrize("order", ORDERS)
def test_a_norm_of_each_order_is_numpys_also_of_stacks(order):
    assert np.allclose(tg.linalg.matrix_norm(X, order), np.linalg.norm(X, order), rtol=1e-14)
    stack = np.stack([X, X + 1])
    assert np.allclose(tg.linalg.matrix_norm(stack, order), [np.linalg.norm(x, order) for x in stack], rtol=1e-14)
    assert tg.linalg.matrix_norm(tg.Tensor(stack), order, keepdims=True).shape == (2, 1, 1)


@pytest.mark.parametrize("order", ORDERS)
def test_its_gradient_is_right(order):
    assert tg.gradcheck(lambda x: tg.linalg.matrix_norm(x, order), X, full=True)


def test_the_gradients_by_hand():
    x = tg.Tensor(np.diag([3.0, -4.0]), requires_grad=True)

    assert np.allclose(tg.grad(tg.linalg.matrix_norm(x), x), np.diag([0.6, -0.8]))
    assert tg.grad(tg.linalg.matrix_norm(x, "nuc"), x).tolist() == [[1, 0], [0, -1]]
    assert tg.grad(tg.linalg.matrix_norm(x, 2), x).tolist() == [[0, 0], [0, -1]]


def test_what_is_no_order_or_no_matrix_is_refused():
    for order in (3, "two", None, True, [2]):
        with pytest.raises(ArgumentError, match="matrix_norm: ord: got .*, wanted 'fro'"):
            tg.linalg.matrix_norm(X, order)
    with pytest.raises(ShapeError, match="matrix_norm: wants at least two axes"):
        tg.linalg.matrix_norm(np.ones(3))
