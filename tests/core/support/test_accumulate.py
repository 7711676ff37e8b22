"""The rare cases on a gradient's way to an input: broadcasting undone, shares added, contracts kept."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.accumulate import add_gradients, densified, one_per_input, owned, unbroadcast, unhooked
from tinygrad_gru.core.support.sparse import SparseGrad
from tinygrad_gru.errors import VjpError


def leaf(shape, dtype=np.float32):
    return tg.Tensor(np.zeros(shape, dtype), requires_grad=True, name="t")


def made_of(t):
    return tg.tanh(t)


def test_a_bare_gradient_is_that_of_the_only_input():
    node = made_of(leaf(2))
    assert one_per_input("g", node) == ("g",) and one_per_input(("g",), node) == ("g",)


@pytest.mark.parametrize("contributions", [None, "g", ("g",), ("g", "g", "g")])
def test_as_many_gradients_as_inputs_are_wanted(contributions):
    node = leaf(2) + leaf(2)
    with pytest.raises(VjpError, match=r"add: vjp returned .*(a tuple of 2|2 inputs)"):
        one_per_input(contributions, node)


@pytest.mark.parametrize(
    "shape, expected",
    [
        ((3,), [4.0, 4.0, 4.0]),
        ((4, 1), [[3.0]] * 4),
        ((), 12.0),
        ((1, 3), [[4.0, 4.0, 4.0]]),
        ((4, 3), np.ones((4, 3))),
    ],
)
def test_what_was_broadcast_is_summed(shape, expected):
    t = leaf(shape)
    c = unbroadcast(np.ones((4, 3), np.float32), t, made_of(t))
    assert c.shape == shape and np.array_equal(c, np.asarray(expected))


def test_a_function_is_called_and_none_stays_none():
    t = leaf(2)
    assert unbroadcast(lambda: np.ones(2, np.float32), t, made_of(t)).tolist() == [1.0, 1.0]
    assert unbroadcast(None, t, made_of(t)) is None


def test_a_float64_contribution_takes_the_dtype_of_its_tensor():
    t = leaf(2)
    assert unbroadcast(np.ones(2), t, made_of(t)).dtype == np.float32


@pytest.mark.parametrize("wrong", [np.ones((2, 2), np.float32), np.ones(2, np.int64), "text"])
def test_what_is_no_gradient_of_the_tensor_breaks_the_contract(wrong):
    t = leaf(3)
    with pytest.raises(VjpError, match="tanh: vjp returned"):
        unbroadcast(wrong, t, made_of(t))


def test_a_second_share_makes_a_new_array_and_a_third_is_added_in_place():
    t, own = leaf(2), set()
    first, second = np.ones(2, np.float32), np.ones(2, np.float32)
    total = add_gradients(first, second, t, own)
    assert total is not first and first.tolist() == [1.0, 1.0] and t in own
    assert add_gradients(total, first, t, own) is total and total.tolist() == [3.0, 3.0]


def test_sparse_shares_are_collected_and_made_dense_once():
    t = leaf(3)
    total = add_gradients(SparseGrad(np.float32(2.0), 0), SparseGrad(np.float32(5.0), 0), t, set())
    total = add_gradients(total, np.ones(3, np.float32), t, set())
    assert np.asarray(densified(total, t)).tolist() == [8.0, 1.0, 1.0]


def test_a_result_is_an_array_that_nobody_else_holds():
    g = np.ones(2)
    assert owned(g) is not g and owned(g).tolist() == [1.0, 1.0]


def test_without_its_hooks_a_tensor_gets_the_gradient_as_it_is():
    t = leaf(1)
    t.register_hook(lambda g: g * 10)
    with unhooked([t]):
        assert tg.grad(t.sum(), t).tolist() == [1.0]
    assert tg.grad(t.sum(), t).tolist() == [10.0]
