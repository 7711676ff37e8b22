"""Rounding, floor division and remainders."""

import numpy as np
import pytest

import tinygrad_gru as tg

X = np.array([-2.5, -1.2, -0.0, 0.5, 1.5, 2.7])


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round"])
def test_rounding_is_numpys_and_flat(name):
    x = tg.Tensor(X, requires_grad=True)
    y = getattr(tg, name)(x)

    assert np.array_equal(y.data, getattr(np, name)(X)) and np.array_equal(getattr(tg, name)(X), y.data)
    assert tg.grad(y.sum(), x) is None
    assert tg.grad((y * x).sum(), x).tolist() == y.data.tolist()  # beside a path that is not flat


def test_halves_are_rounded_to_the_even_neighbour_and_decimals_may_be_given():
    assert tg.round([0.5, 1.5, 2.5]).tolist() == [0, 2, 2]
    assert tg.round(np.array([1.25, -3.149]), decimals=1).tolist() == [1.2, -3.1]
    assert tg.round(np.array([1234.0]), -2).tolist() == [1200]


def test_whole_numbers_stay_what_they_are():
    for name in ("floor", "ceil", "trunc", "round"):
        assert getattr(tg, name)(np.array([1, 2])).tolist() == [1, 2]
    assert tg.remainder(np.array([7, -7]), 3).tolist() == [1, 2]
    assert tg.floor_divide(np.array([7, -7]), 3).tolist() == [2, -3]


def test_a_remainder_has_the_sign_of_the_divisor_and_x_is_put_together_again():
    x, y = np.array([7.0, -7.0, 7.5, -0.5]), np.array([3.0, 3.0, -2.0, -2.0])

    assert tg.remainder(x, y).tolist() == [1, 2, -0.5, -0.5]
    assert (tg.floor_divide(x, y) * y + tg.remainder(x, y)).tolist() == x.tolist()


def test_the_gradient_of_a_remainder():
    x, y = tg.Tensor([7.0, -7.0], requires_grad=True), tg.Tensor([3.0, 3.0], requires_grad=True)

    assert [g.tolist() for g in tg.grad(tg.remainder(x, y).sum(), [x, y])] == [[1, 1], [-2, 3]]
    assert tg.grad(tg.floor_divide(x, y).sum(), [x, y]) == [None, None]


def test_the_operators_are_the_functions_also_with_an_array_on_the_left():
    t = tg.Tensor([7.0, -7.0], requires_grad=True)

    assert (t % 3).data.tolist() == [1, 2] and (t // 3).data.tolist() == [2, -3]
    assert (10 % t).data.tolist() == [3, -4] and (10 // t).data.tolist() == [1, -2]
    left = np.array([10.0, 10.0], np.float32)
    assert (left % t).data.tolist() == [3, -4] and (left // t).data.tolist() == [1, -2]
    assert (np.float32(10) % t).requires_grad


def test_a_division_by_0_is_numpys():
    with np.errstate(all="ignore"):
        assert np.isnan(tg.remainder([1.0], 0.0)).all() and tg.floor_divide([1.0, -1.0], 0.0).tolist() == [
            np.inf,
            -np.inf,
        ]
