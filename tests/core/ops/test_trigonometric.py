"""Angles, the hyperbolic functions, and their inverses."""

import inspect
import math

import numpy as np
import pytest

import tinygrad_gru as tg

PLACES = {  # where to look, and the derivative there by school calculus
    "tan": ([0.0, 0.5, -1.2], lambda x: 1 / math.cos(x) ** 2),
    "arcsin": ([0.0, 0.6, -0.8], lambda x: 1 / math.sqrt(1 - x * x)),
    "arccos": ([0.0, 0.6, -0.8], lambda x: -1 / math.sqrt(1 - x * x)),
    "arctan": ([0.0, 0.5, -3.0], lambda x: 1 / (1 + x * x)),
    "sinh": ([0.0, 0.5, -3.0], math.cosh),
    "cosh": ([0.0, 0.5, -3.0], math.sinh),
    "arcsinh": ([0.0, 0.5, -3.0], lambda x: 1 / math.sqrt(1 + x * x)),
    "arccosh": ([1.5, 2.0, 10.0], lambda x: 1 / math.sqrt(x * x - 1)),
    "arctanh": ([0.0, 0.5, -0.9], lambda x: 1 / (1 - x * x)),
}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_are_numpys_and_derivatives_those_of_calculus(name, dtype):
    places, slope = PLACES[name]
    x = tg.Tensor(np.array(places, dtype), requires_grad=True)
    y = getattr(tg, name)(x)

    assert y.dtype == dtype and np.array_equal(y.data, getattr(np, name)(x.data))
    wanted = [slope(float(v)) for v in x.data]
    assert np.allclose(tg.grad(y, x, np.ones(3, dtype)), wanted, rtol=1e-14 if dtype == np.float64 else 1e-6)


def test_an_inverse_undoes_its_function():
    x = np.array([-0.7, 0.1, 0.6])
    for f, inverse in [("sin", "arcsin"), ("tan", "arctan"), ("sinh", "arcsinh"), ("tanh", "arctanh")]:
        assert np.allclose(getattr(tg, inverse)(getattr(tg, f)(x)), x, rtol=1e-14)
    assert np.allclose(tg.arccos(tg.cos(x)), abs(x)) and np.allclose(tg.arccosh(tg.cosh(x)), abs(x))


def test_close_to_their_ends_the_inverse_functions_keep_their_digits():
    near = 1 - 2.0**-40
    x = tg.Tensor(np.array([near, -near]), requires_grad=True)

    assert np.allclose(tg.grad(tg.arcsin(x).sum(), x), 1 / math.sqrt((1 - near) * (1 + near)), rtol=1e-15)
    assert np.allclose(tg.grad(tg.arctanh(x).sum(), x), 1 / ((1 - near) * (1 + near)), rtol=1e-15)


def test_outside_of_their_range_they_are_nan_and_infinite_at_its_ends():
    x = tg.Tensor(np.array([1.0, -1.0, 1.5]), requires_grad=True)
    with np.errstate(all="ignore"):
        assert np.isnan(tg.arcsin(x).data).tolist() == [False, False, True]
        assert np.array_equal(tg.grad(tg.arcsin(x).sum(), x), [np.inf, np.inf, np.nan], equal_nan=True)
        assert np.array_equal(tg.grad(tg.arccos(x).sum(), x), [-np.inf, -np.inf, np.nan], equal_nan=True)
        assert np.array_equal(tg.arctanh(x).data, [np.inf, -np.inf, np.nan], equal_nan=True)
        assert np.array_equal(tg.arccosh(x).data, [0, np.nan, np.arccosh(1.5)], equal_nan=True)


@pytest.mark.parametrize("name", ["arctan", "arcsinh"])
def test_huge_numbers_do_not_overflow_on_the_way(name):
    """Warnings are errors in these tests."""
    x = tg.Tensor(np.array([1e300, -1e300, np.inf]), requires_grad=True)

    slope = tg.grad(getattr(tg, name)(x).sum(), x, create_graph=True)
    assert np.isfinite(slope.data).all() and (slope.data >= 0).all()


def test_arctan2_is_the_angle_in_all_four_quarters_y_first():
    y, x = np.array([1.0, 1.0, -1.0, -1.0]), np.array([1.0, -1.0, -1.0, 1.0])

    assert np.allclose(tg.arctan2(y, x), np.pi * np.array([0.25, 0.75, -0.75, -0.25]))
    assert list(inspect.signature(tg.arctan2).parameters) == ["y", "x"]
    assert tg.arctan2(y=1.0, x=0.0) == pytest.approx(np.pi / 2)
    a, b = tg.Tensor(y, requires_grad=True), tg.Tensor(x, requires_grad=True)
    wanted = [[0.5, -0.5, -0.5, 0.5], [-0.5, -0.5, 0.5, 0.5]]
    assert np.allclose(tg.grad(tg.arctan2(a, b).sum(), [a, b]), wanted, rtol=1e-15)


def test_at_the_origin_the_gradients_of_arctan2_and_hypot_are_0_to_every_order():
    a, b = tg.Tensor(np.zeros(1), requires_grad=True), tg.Tensor(np.zeros(1), requires_grad=True)
    for f in (tg.arctan2, tg.hypot):
        slopes = tg.grad(f(a, b), [a, b], np.ones(1), create_graph=True)
        assert [s.data.tolist() for s in slopes] == [[0], [0]]
        second = tg.grad(slopes[0] + slopes[1], [a, b], np.ones(1))
        assert all(s is None or s.tolist() == [0] for s in second)


def test_the_angle_and_the_radius_of_far_and_near_points_do_not_overflow():
    for size in (1e-200, 1e200):
        a, b = (tg.Tensor(np.array([v * size]), requires_grad=True) for v in (3.0, 4.0))
        assert np.allclose(tg.hypot(a, b).data, 5 * size, rtol=1e-15)
        assert np.allclose(tg.grad(tg.hypot(a, b), [a, b], np.ones(1)), [[0.6], [0.8]])
        assert np.allclose(np.array(tg.grad(tg.arctan2(a, b), [a, b], np.ones(1))) * size, [[0.16], [-0.12]])
