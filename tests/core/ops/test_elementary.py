"""Exponentials, logarithms, the root, sine and cosine."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import tinygrad_gru as tg

FUNCTIONS = ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos"]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_function_is_numpys(name, dtype):
    x = np.array([0.25, 1.0, 4.0], dtype)

    y = getattr(tg, name)(tg.Tensor(x))
    assert y.dtype == dtype and np.array_equal(y.data, getattr(np, name)(x))


def test_derivatives_of_small_arrays():
    x = tg.Tensor(np.array([0.25, 1.0, 4.0]), requires_grad=True)

    def slope(f):
        return tg.grad(f(x).sum(), x).tolist()

    assert slope(tg.log) == [4, 1, 0.25]
    assert slope(tg.sqrt) == [1, 0.5, 0.25]
    assert slope(tg.log1p) == [1 / 1.25, 0.5, 0.2]
    assert slope(tg.exp) == np.exp(x.data).tolist()
    assert slope(tg.sin) == np.cos(x.data).tolist()
    assert slope(tg.cos) == (-np.sin(x.data)).tolist()
    assert np.allclose(slope(tg.expm1), np.exp(x.data))


def test_small_numbers_keep_their_digits():
    assert float(tg.expm1(tg.Tensor(np.float64(1e-12)))) == math.expm1(1e-12)
    assert float(tg.log1p(tg.Tensor(np.float64(1e-12)))) == math.log1p(1e-12)


def test_the_root_has_an_infinite_derivative_at_0_where_no_subgradient_exists():
    x = tg.Tensor(np.array([0.0]), requires_grad=True)

    with np.errstate(divide="ignore"):
        assert tg.grad(tg.sqrt(x), x, np.ones(1)).tolist() == [np.inf]


def test_the_fourth_derivative_of_sine_is_sine():
    y = x = tg.Tensor(np.array(0.7), requires_grad=True)
    y = tg.sin(x)
    for _ in range(4):
        y = tg.grad(y, x, create_graph=True)

    assert math.isclose(float(y), math.sin(0.7), rel_tol=1e-15)


def test_a_logarithm_undoes_an_exponential():
    x = np.array([[-1.0, 0.0, 2.0]])

    assert np.allclose(tg.log(tg.exp(x)), x) and np.allclose(tg.log1p(tg.expm1(x)), x)
    assert tg.jacobian(lambda t: tg.log(tg.exp(t)), x[0]).round(12).tolist() == np.eye(3).tolist()


@given(st.sampled_from(FUNCTIONS), array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
def test_any_shape(name, shape):
    x = np.asarray(np.random.default_rng(0).uniform(0.5, 2, shape))

    assert getattr(tg, name)(x).shape == shape
    assert tg.gradcheck(getattr(tg, name), x)


def test_the_slope_of_expm1_far_below_0_keeps_its_digits():
    x = tg.Tensor(np.array([-30.0, -80.0], np.float32), requires_grad=True)

    assert np.allclose(tg.grad(tg.expm1(x).sum(), x), np.exp([-30.0, -80.0]), rtol=1e-6, atol=0)


def test_powers_and_logarithms_of_2_and_10_are_exact_at_powers():
    assert tg.exp2([-1.0, 0.0, 10.0]).tolist() == [0.5, 1, 1024]
    assert tg.log2(np.array([0.25, 1.0, 1024.0])).tolist() == [-2, 0, 10]
    assert tg.log10(np.array([0.01, 1.0, 1000.0])).tolist() == [-2, 0, 3]
    x = tg.Tensor(np.array([0.5, 2.0]), requires_grad=True)
    assert np.allclose(tg.grad(tg.exp2(x).sum(), x), 2**x.data * math.log(2))
    assert np.allclose(tg.grad(tg.log2(x).sum(), x), 1 / (x.data * math.log(2)))
    assert np.allclose(tg.grad(tg.log10(x).sum(), x), 1 / (x.data * math.log(10)))


def test_a_reciprocal_is_a_number_also_of_whole_numbers_and_its_slope_is_minus_its_square():
    x = tg.Tensor([0.5, -4.0], requires_grad=True)

    assert tg.reciprocal(x).data.tolist() == [2, -0.25] and tg.grad(tg.reciprocal(x).sum(), x).tolist() == [-4, -0.0625]
    assert tg.reciprocal(np.array([2, 4])).tolist() == [0.5, 0.25]


def test_the_error_function_is_the_standard_librarys_and_its_slope_the_bell():
    x = tg.Tensor(np.array([-1.5, 0.0, 0.3, 5.0]), requires_grad=True)

    assert np.allclose(tg.erf(x).data, [math.erf(v) for v in x.data], rtol=1e-15)
    assert np.allclose(tg.erfc(x).data, [math.erfc(v) for v in x.data], rtol=1e-14)
    bell = 2 / math.sqrt(math.pi) * np.exp(-(x.data**2))
    assert np.allclose(tg.grad(tg.erf(x).sum(), x), bell) and np.allclose(tg.grad(tg.erfc(x).sum(), x), -bell)
    assert tg.erfc(np.float32([8.0]))[0] > 0
