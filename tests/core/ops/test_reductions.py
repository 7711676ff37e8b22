"""Sums, means, extremes and the softmax family: axes, ties, zeros, nothing at all, and very large numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, valid_tuple_axes

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, ShapeError

X = np.array([[1.0, 4.0, 2.0], [3.0, 0.5, 8.0]])


def slope(f, x):
    t = tg.Tensor(np.array(x, float), requires_grad=True)
    return tg.grad(f(t).sum(), t).tolist()


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "prod", "max", "min"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1), (-1,)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_reduction_is_numpys_as_a_function_and_as_a_method(name, axis, keepdims):
    expected = getattr(np, name)(X, axis=axis, keepdims=keepdims)

    for y in (getattr(tg, name)(tg.Tensor(X), axis=axis, keepdims=keepdims),
              getattr(tg.Tensor(X), name)(axis=axis, keepdims=keepdims)):  # fmt: skip
        assert y.shape == np.shape(expected) and np.array_equal(y.data, expected)


def test_values_of_small_arrays():
    assert tg.logsumexp(np.log([1.0, 2.0, 5.0])) == pytest.approx(math.log(8))
    assert np.allclose(tg.softmax(np.log([1.0, 2.0, 5.0])), [1 / 8, 2 / 8, 5 / 8])
    assert np.allclose(tg.log_softmax(np.log([1.0, 2.0, 5.0])), np.log([1 / 8, 2 / 8, 5 / 8]))
    assert np.allclose(tg.softmax(np.log([[1.0, 2.0], [3.0, 2.0]]), axis=0), [[1 / 4, 1 / 2], [3 / 4, 1 / 2]])
    assert tg.vector_norm(np.array([3.0, -4.0])) == 5
    assert tg.vector_norm(X, axis=1).tolist() == np.linalg.norm(X, axis=1).tolist()
    assert tg.var(np.array([1.0, 2.0, 6.0]), correction=1) == 7
    assert tg.std(np.array([1.0, 2.0, 6.0]), correction=1) == math.sqrt(7)


def test_derivatives_of_small_arrays():
    assert slope(tg.sum, [1, 2]) == [1, 1]
    assert slope(tg.mean, [1, 2]) == [0.5, 0.5]
    assert slope(tg.prod, [2, 3, 4]) == [12, 8, 6]
    assert slope(tg.vector_norm, [3, -4]) == pytest.approx([0.6, -0.8])
    assert slope(tg.var, [1, 2, 6]) == [-4 / 3, -2 / 3, 2]
    assert slope(lambda x: tg.logsumexp(tg.log(x)), [1, 2, 5]) == pytest.approx([1 / 8, 1 / 8, 1 / 8])


def test_ties_share_the_gradient_evenly():
    assert slope(tg.max, [1, 3, 3, 2]) == [0, 0.5, 0.5, 0]
    assert slope(tg.min, [1, 3, 1, 1]) == [1 / 3, 0, 1 / 3, 1 / 3]
    assert slope(lambda x: tg.max(x, axis=0), [[1, 2], [1, 3]]) == [[0.5, 0], [0.5, 1]]


def test_the_gradient_of_a_product_is_exact_at_zeros():
    assert slope(tg.prod, [2, 0, 3]) == [0, 6, 0]
    assert slope(tg.prod, [2, 0, 0]) == [0, 0, 0]
    assert slope(lambda x: tg.prod(x, axis=1), [[2, 0], [3, 4], [0, 0]]) == [[0, 2], [4, 3], [0, 0]]


def test_second_derivatives_of_a_product_are_exact_at_zeros():
    assert tg.hessian(tg.prod, np.array([0.0, 0.0, 3.0])).tolist() == [[0, 3, 0], [3, 0, 0], [0, 0, 0]]


def test_standard_deviation_and_norm_have_the_subgradient_0_at_0():
    assert slope(tg.std, [2, 2, 2]) == [0, 0, 0]
    assert slope(tg.std, [2]) == [0]
    assert slope(tg.vector_norm, [0, 0]) == [0, 0]
    assert slope(lambda x: tg.vector_norm(x, axis=1), [[0, 0], [3, 0]]) == [[0, 0], [1, 0]]


def test_the_norm_of_very_large_and_very_small_numbers():
    for size in (1e300, 1e-300):
        x = tg.Tensor(np.array([3.0, 4.0]) * size, requires_grad=True)
        assert float(tg.vector_norm(x)) == pytest.approx(5 * size, rel=1e-15)
        assert tg.grad(tg.vector_norm(x), x, 1e9).tolist() == pytest.approx([0.6e9, 0.8e9])
    assert tg.vector_norm(np.array([1.0, -np.inf])) == np.inf
    assert np.isnan(tg.vector_norm(np.array([1.0, np.nan])))


def test_empty_sums_are_0_and_empty_products_are_1():
    x = tg.Tensor(np.zeros((2, 0)), requires_grad=True)

    assert tg.sum(x).data == 0 and tg.sum(x, axis=1).data.tolist() == [0, 0]
    assert tg.prod(x).data == 1 and tg.prod(x, axis=1).data.tolist() == [1, 1]
    assert tg.vector_norm(x, axis=1).data.tolist() == [0, 0]
    for f in (tg.sum, tg.prod, tg.vector_norm):
        assert tg.grad(f(x), x).shape == (2, 0)


@pytest.mark.parametrize("name", ["max", "min", "mean"])
def test_what_has_no_value_for_nothing_says_so(name):
    with pytest.raises(ShapeError, match=rf"{name}: wants at least one element, got: x \(2, 0\)"):
        getattr(tg, name)(tg.Tensor(np.zeros((2, 0)), name="x"), axis=1)


def test_a_variance_wants_more_elements_than_its_correction():
    with pytest.raises(ShapeError, match="var: wants more than 1 elements, got 1 along axis 0"):
        tg.var(tg.Tensor([2.0]), axis=0, correction=1)
    with pytest.raises(ShapeError, match="std: wants more than 0 elements, got 0 along axis 1"):
        tg.std(tg.Tensor(np.zeros((2, 0))), axis=1)


def test_a_correction_is_a_number():
    for f in (tg.var, tg.std):
        with pytest.raises(ArgumentError, match="correction: got .*, wanted a number. try: correction=1"):
            f(tg.Tensor([1.0, 2.0]), correction=tg.Tensor(1.0, requires_grad=True))


def test_logsumexp_of_nothing_is_minus_infinity():
    assert tg.logsumexp(np.zeros((2, 0)), axis=1).tolist() == [-np.inf, -np.inf]


def test_a_tensor_without_axes_may_be_reduced_along_its_first_as_in_numpy():
    x = tg.Tensor(np.array(3.0), requires_grad=True)

    for f in (tg.sum, tg.max, tg.prod, tg.logsumexp, tg.vector_norm):
        assert float(tg.grad(f(x, axis=0), x)) == float(tg.grad(f(x, axis=-1), x)) == 1


def test_an_axis_that_does_not_exist_is_named():
    with pytest.raises(ShapeError, match=r"sum: axis 2 is not an axis of: x \(2, 3\)"):
        tg.sum(tg.Tensor(X, name="x"), axis=2)
    with pytest.raises(ShapeError, match=r"softmax: axis 2 is not an axis of: x \(2, 3\)"):
        tg.softmax(tg.Tensor(X, name="x"), axis=2)


@pytest.mark.parametrize("p", [0, 0.5, 1, 2, 3, -1, -2.5, np.inf, -np.inf])
def test_a_norm_of_any_order_is_numpys(p):
    x = np.array([[3.0, -4.0, 0.5], [1.0, 2.0, -2.0]])

    assert np.allclose(tg.vector_norm(x, axis=1, ord=p), np.linalg.norm(x, p, axis=1), rtol=1e-14)
    assert tg.vector_norm(x, axis=0, ord=p, keepdims=True).shape == (1, 3)
    assert tg.vector_norm(tg.Tensor(np.float32(x)), ord=p).dtype == np.float32


@pytest.mark.parametrize("p", [1, 1.5, 3, np.inf])
def test_the_gradient_of_a_norm_of_zeros_is_0_to_every_order(p):
    x = tg.Tensor(np.zeros(3), requires_grad=True)

    slope = tg.grad(tg.vector_norm(x, ord=p), x, create_graph=True)
    assert slope.data.tolist() == [0, 0, 0]
    assert np.array_equal(tg.hessian(lambda x: tg.vector_norm(x, ord=p), np.zeros(3)), np.zeros((3, 3)))


def test_powers_in_a_norm_neither_overflow_nor_vanish():
    for size in (1e-200, 1e200):
        assert np.isclose(tg.vector_norm(np.array([3.0, 3.0]) * size, ord=3), 3 * 2 ** (1 / 3) * size, rtol=1e-12)
        assert np.isclose(tg.vector_norm(np.array([3.0, 3.0]) * size, ord=-3), 3 * 2 ** (-1 / 3) * size, rtol=1e-12)
    assert (
        tg.vector_norm(np.array([0.0, 2.0]), ord=-1) == 0 and tg.vector_norm(np.array([np.inf, 1.0]), ord=3) == np.inf
    )


def test_the_order_of_a_norm_is_a_number():
    for ord, words in (("fro", "got 'fro', wanted a number"), (np.nan, "got nan")):
        with pytest.raises(ArgumentError, match=f"vector_norm: ord: {words}.*try: ord=2"):
            tg.vector_norm(X, ord=ord)


@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("numbers", [[1e4, -1e4], [-1e4, -1e4], [1e4, 1e4, 0], [1e20, -1e20]])
def test_large_numbers_neither_warn_nor_overflow(name, dtype, numbers):
    """Warnings are errors in these tests."""
    x = tg.Tensor(np.array(numbers, dtype), requires_grad=True)
    y = getattr(tg, name)(x)
    slope = tg.grad(y, x, np.ones(y.shape, dtype), create_graph=True)
    curvature = tg.grad(slope, x, np.ones(slope.shape, dtype))

    for array in (y.data, slope.data, curvature):
        assert array.dtype == dtype and np.isfinite(array).all()


def test_a_softmax_with_masked_entries():
    x = tg.Tensor(np.array([0.0, -np.inf, 0.0]), requires_grad=True)

    assert tg.softmax(x).data.tolist() == [0.5, 0, 0.5]
    assert tg.grad(tg.softmax(x)[0], x).tolist() == [0.25, 0, -0.25]
    assert tg.logsumexp(x).data == pytest.approx(math.log(2))
    assert tg.grad(tg.logsumexp(x), x).tolist() == [0.5, 0, 0.5]


def test_the_slope_of_logsumexp_beside_an_infinity_is_0():
    """Of the infinity itself it is NaN, as in PyTorch: a share of ∞ − ∞."""
    x = tg.Tensor(np.array([np.inf, 5, -np.inf]), requires_grad=True)

    assert tg.logsumexp(x).data == np.inf
    assert str(tg.grad(tg.logsumexp(x), x).tolist()) == "[nan, 0.0, 0.0]"


@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_infinities_do_not_warn(name):
    for row in ([np.inf, 5, -np.inf], [-np.inf, -np.inf], [np.inf, np.inf]):
        x = tg.Tensor(row, requires_grad=True)
        y = getattr(tg, name)(x)
        slope = tg.grad(y, x, np.ones(y.shape, y.dtype), create_graph=True)
        tg.grad(y, x, np.ones(y.shape, y.dtype))
        tg.grad(slope, x, np.ones(slope.shape, y.dtype))


def test_the_mean_is_finite_where_the_sum_is_not():
    assert tg.mean(np.float32([3e38, 3e38])) == np.float32(3e38)
    assert tg.mean(np.array([[1.5e308, 1.5e308], [1, 3]]), axis=1).tolist() == [1.5e308, 2]
    assert tg.mean(np.float32([3e38, 3e38, -3e38, -3e38])) == 0
    assert tg.mean(np.array([np.inf, 1.0])) == np.inf
    assert tg.var(np.float32([3e38, 3e38])) == 0


@pytest.mark.parametrize(("dtype", "sizes"), [(np.float32, [1e-40, 1e-30, 1, 3e37]), (np.float64, [1e-310, 1, 3e307])])
def test_the_deviation_of_very_large_and_very_small_numbers(dtype, sizes):
    for size in sizes:
        x = tg.Tensor(np.array([[1, -1, 4, 4]], dtype) * dtype(size), requires_grad=True)
        y = tg.std(x, axis=1)
        tolerance = 1e-4 if size < 1e-37 else 1e-6  # subnormal numbers have few digits

        assert y.dtype == dtype and y.data / dtype(size) == pytest.approx(np.std([1, -1, 4, 4]), rel=tolerance)
        slope = (np.array([1, -1, 4, 4]) - 2) / 4 / np.std([1, -1, 4, 4])
        assert tg.grad(y.sum(), x)[0] == pytest.approx(slope, rel=tolerance)


@pytest.mark.parametrize("axis", [0, 1, None])
def test_a_million_equal_float32_numbers_do_not_drift(axis):
    x = np.full((1_000_000, 3), 0.1, np.float32)
    x = x.T if axis == 1 else x
    exact = float(np.float32(0.1))

    assert np.abs(np.asarray(tg.mean(x, axis=axis)) / exact - 1).max() < 1e-6
    assert np.abs(tg.sum(x, axis=axis) / (exact * x.size / (1 if axis is None else 3)) - 1).max() < 1e-6
    assert np.max(tg.std(x, axis=axis)) < 1e-6 * exact
    assert (
        np.abs(tg.vector_norm(x, axis=axis) / (exact * math.sqrt(x.size / (1 if axis is None else 3))) - 1).max() < 1e-6
    )
    if axis is not None:
        assert np.abs(tg.logsumexp(x, axis=axis) - (0.1 + math.log(1e6))).max() < 1e-5
        assert np.abs(tg.sum(tg.softmax(x, axis=axis).astype(np.float64), axis=axis) - 1).max() < 1e-6


def test_an_infinite_gradient_goes_to_the_largest_only():
    x = tg.Tensor([1.0, 3.0, 2.0], requires_grad=True)

    assert tg.grad(tg.max(x), x, np.float32(np.inf)).tolist() == [0, np.inf, 0]
    assert tg.grad(tg.min(x), x, np.float32(np.inf)).tolist() == [np.inf, 0, 0]


def test_the_second_derivatives_at_a_kink_are_0_and_the_smooth_form_has_the_right_ones():
    zeros = np.zeros(2)

    assert tg.hessian(tg.vector_norm, zeros).tolist() == [[0, 0], [0, 0]]
    assert tg.hessian(tg.std, zeros).tolist() == [[0, 0], [0, 0]]
    assert tg.hessian(lambda x: tg.sum(tg.square(x)), zeros).tolist() == [[2, 0], [0, 2]]
    assert tg.hessian(lambda x: tg.vector_norm(x) ** 2, np.array([3.0, 4.0])) == pytest.approx(np.eye(2) * 2)


def test_logsumexp_of_nothing_but_minus_infinities_is_minus_infinity_with_gradient_0():
    x = tg.Tensor(np.array([-np.inf, -np.inf]), requires_grad=True)
    y = tg.logsumexp(x)

    assert y.data == -np.inf and tg.grad(y, x).tolist() == [0, 0]


def test_integers_are_reduced_too():
    assert tg.sum(np.array([1, 2])) == 3 and tg.max(tg.Tensor(np.array([1, 2]))).data == 2
    assert np.allclose(tg.softmax(np.array([1, 1])), [0.5, 0.5])
    assert tg.mean(tg.Tensor(np.array([1, 2]))).data == 1.5
    assert tg.logsumexp(np.array([0, 0])) == pytest.approx(math.log(2))
    assert tg.vector_norm(np.array([3, 4])) == 5


@given(st.data(), st.sampled_from(["sum", "mean", "var", "prod", "max", "logsumexp", "vector_norm", "softmax"]))
def test_any_shape_along_any_axes(data, name):
    shape = data.draw(array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3))
    axis = data.draw(st.none() | valid_tuple_axes(len(shape), min_size=1))
    keepdims = {} if name == "softmax" else {"keepdims": data.draw(st.booleans())}
    x = np.random.default_rng(0).permutation(np.arange(1.0, 1 + math.prod(shape))).reshape(shape) / 7

    def f(x):
        return getattr(tg, name)(x, axis=axis, **keepdims)

    if hasattr(np, name):
        assert np.allclose(f(x), getattr(np, name)(x, axis=axis, **keepdims))
    assert tg.gradcheck(f, x)
