"""What `Tensor(...)` may be given."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.leaves import array_of_leaf
from tinygrad_gru.errors import ArgumentError, DtypeError, GraphError


def test_an_array_is_copied_unless_it_is_adopted():
    array = np.ones(3)
    assert array_of_leaf(array, False, None, True) is not array
    assert array_of_leaf(array, False, None, False) is array


def test_a_view_cannot_be_adopted():
    with pytest.raises(ArgumentError, match="got a view. try: copy=True"):
        array_of_leaf(np.ones(4)[:2], False, None, False)


def test_whole_numbers_cannot_require_a_gradient():
    with pytest.raises(DtypeError, match="got int64. try: array.astype"):
        array_of_leaf(np.array([1, 2]), True, None, True)


@pytest.mark.parametrize("requires_grad, copy", [(1, True), (None, True), (True, "no")])
def test_switches_are_true_or_false(requires_grad, copy):
    with pytest.raises(ArgumentError, match="requires_grad and copy are True or False"):
        array_of_leaf([1.0], requires_grad, None, copy)


def test_a_tensor_would_lose_its_gradient():
    t = tg.Tensor([1.0], requires_grad=True, name="t")
    with pytest.raises(GraphError, match=r"of t \(1,\) would drop its gradient. try: t.detach\(\)"):
        array_of_leaf(t, False, None, True)
    with tg.no_grad():
        assert array_of_leaf(t, False, None, True).tolist() == [1.0]
