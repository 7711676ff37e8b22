"""An equation is a method named by its letter; a bias is one vector, two, or nothing."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.nn.equations import Bias, equation


class Doubling:
    @equation("double", role="gate")
    def d(self, x):
        return 2 * x

    @equation("sum", name="Σ")
    def total(self, x, y):
        return x + y


x = tg.Tensor([1.0], requires_grad=True)


def test_the_result_has_the_letter_for_a_name_and_a_scope_of_its_own():
    y = Doubling().d(x)
    assert (y.name, y.op.name, repr(y.scope), y.scope.role) == ("d", "multiply", "double", "gate")


def test_a_letter_that_no_method_can_have_is_given_by_name():
    assert Doubling().total(x, x).name == "Σ"


@pytest.mark.parametrize("arguments", [(3,), (None,), ("gate", 3), ("gate", None, 3)])
def test_scopes_roles_and_names_are_words(arguments):
    with pytest.raises(ArgumentError, match="equation: "):
        equation(*arguments)


def test_the_bias_of_a_cell_is_a_vector_the_sum_of_two_or_nothing():
    single, double, none = (tg.nn.GRUCell(2, 3, bias=bias) for bias in ("single", "double", False))
    assert single.b_r is vars(single)["b_r"]
    assert np.allclose(double.b_r.data, double.b_xr.data + double.b_hr.data) and "b_r" not in vars(double)
    assert none.b_r == 0.0 and "b_r" not in vars(none)


def test_what_is_no_bias_is_refused_with_what_to_write():
    cell = tg.nn.GRUCell(2, 3)
    with pytest.raises(ArgumentError, match=r"GRUCell.b_r: got .*wanted a Parameter.*try: module.b_r.assign\(array\)"):
        cell.b_r = np.zeros(3)
    assert isinstance(type(cell).b_r, Bias)
