"""Running sums and products."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, ShapeError


def slope(f, x, g):
    t = tg.Tensor(np.array(x, float), requires_grad=True)
    return tg.grad(f(t), t, np.array(g, float)).tolist()


def test_values_of_small_arrays():
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

    assert tg.cumulative_sum(x).tolist() == [[1, 3, 6], [4, 9, 15]]
    assert tg.cumulative_sum(x, axis=0).tolist() == [[1, 2, 3], [5, 7, 9]]
    assert tg.cumulative_prod(x).tolist() == [[1, 2, 6], [4, 20, 120]]
    assert tg.cumulative_prod(x, axis=0).tolist() == [[1, 2, 3], [4, 10, 18]]


def test_the_gradient_of_a_running_sum_is_the_running_sum_from_the_other_end():
    assert slope(tg.cumulative_sum, [5, 5, 5], [1, 10, 100]) == [111, 110, 100]


def test_the_gradient_of_a_running_product():
    assert slope(tg.cumulative_prod, [2, 3, 4], [1, 0, 0]) == [1, 0, 0]
    assert slope(tg.cumulative_prod, [2, 3, 4], [0, 0, 1]) == [12, 8, 6]


def test_the_gradient_of_a_running_product_is_exact_at_zeros():
    assert slope(tg.cumulative_prod, [2, 0, 3], [1, 1, 1]) == [1, 8, 0]  # y = 2, 2·0, 2·0·3
    assert slope(tg.cumulative_prod, [0, 0, 3], [1, 1, 1]) == [1, 0, 0]
    assert slope(lambda x: tg.cumulative_prod(x, axis=0), [[0, 2], [3, 0]], [[1, 1], [1, 1]]) == [[4, 1], [0, 2]]


def test_an_axis_that_does_not_exist_is_named():
    for f in (tg.cumulative_sum, tg.cumulative_prod):
        with pytest.raises(ShapeError, match=r"axis 1 .*\(2,\)"):
            f(tg.Tensor([1.0, 2.0]), axis=1)
        with pytest.raises(ArgumentError, match="axis: got None, wanted a whole number"):
            f(tg.Tensor([1.0, 2.0]), axis=None)
        with pytest.raises(ShapeError, match=r"axis -1 is not an axis of: tensor \(\)"):
            f(tg.Tensor(1.0))


@given(st.data(), st.sampled_from([tg.cumulative_sum, tg.cumulative_prod]))
def test_any_shape_along_any_axis(data, scan):
    shape = data.draw(array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = np.random.default_rng(0).integers(-1, 3, shape).astype(float)  # zeros among them

    assert scan(x, axis).shape == shape
    assert tg.gradcheck(lambda x: scan(x, axis), x)


def test_running_sums_and_products_of_a_million_float32_numbers_do_not_drift():
    x = np.full(1_000_000, 0.1, np.float32)
    steps = np.arange(1, len(x) + 1)

    assert np.abs(tg.cumulative_sum(x) / (steps * float(x[0])) - 1).max() < 1e-7
    assert tg.cumulative_sum(x).dtype == tg.cumulative_prod(x[:3]).dtype == np.float32
    growth = np.full(1_000_000, 1.00001, np.float32)
    assert np.abs(np.log(tg.cumulative_prod(growth)) / (steps * np.log(float(growth[0]))) - 1)[1000:].max() < 1e-5

    t = tg.Tensor(x, requires_grad=True)
    slope = tg.grad(tg.cumulative_sum(t), t, x)
    assert abs(slope[0] / (len(x) * float(x[0])) - 1) < 1e-7


def test_the_largest_and_smallest_so_far_are_numpys_and_the_last_of_equal_ones_gets_the_gradient():
    x = tg.Tensor([1.0, 3.0, 2.0, 3.0], requires_grad=True)

    assert tg.cumulative_max(x).data.tolist() == [1, 3, 3, 3] and tg.cumulative_min(x).data.tolist() == [1, 1, 1, 1]
    weights = np.float32([1, 10, 100, 1000])
    assert tg.grad((tg.cumulative_max(x) * weights).sum(), x).tolist() == [1, 110, 0, 1000]
    assert tg.grad((tg.cumulative_min(x) * weights).sum(), x).tolist() == [1111, 0, 0, 0]
    a = np.random.default_rng(0).standard_normal((3, 4, 2))
    for axis in (0, 1, -1):
        assert np.array_equal(tg.cumulative_max(a, axis), np.maximum.accumulate(a, axis))
        assert np.array_equal(tg.cumulative_min(a, axis), np.minimum.accumulate(a, axis))


def test_from_a_nan_on_the_largest_so_far_is_nan():
    x = np.array([1.0, np.nan, 5.0, np.nan, 2.0])

    assert np.array_equal(tg.cumulative_max(x), np.maximum.accumulate(x), equal_nan=True)
    assert np.array_equal(tg.cumulative_min(x), np.minimum.accumulate(x), equal_nan=True)


def test_differences_are_numpys_and_a_running_sum_undoes_them():
    x = tg.Tensor([1.0, 4.0, 9.0, 16.0], requires_grad=True)

    assert tg.diff(x).data.tolist() == [3, 5, 7] and tg.diff(x, 2).data.tolist() == [2, 2]
    assert tg.grad((tg.diff(x) * np.float32([1, 10, 100])).sum(), x).tolist() == [-1, -9, -90, 100]
    assert (tg.cumulative_sum(tg.diff(x)) + x[0]).data.tolist() == [4, 9, 16]
    a = np.random.default_rng(0).standard_normal((3, 4))
    assert np.array_equal(tg.diff(a, 2, axis=0), np.diff(a, 2, axis=0)) and tg.diff(a, 0) is a
    assert tg.diff(a, 3, axis=0).shape == (0, 4)


def test_what_no_axis_has_is_refused():
    with pytest.raises(ArgumentError, match="diff: n: got -1"):
        tg.diff([1.0, 2.0], -1)
    assert tg.diff(np.array([1.0, 2.0]), 10**9).shape == tg.diff(np.zeros(0)).shape == (0,)
    for f in (tg.cumulative_max, tg.cumulative_min, tg.diff):
        with pytest.raises(ShapeError, match=r"axis -1 is not an axis of shape \(\)"):
            f(np.array(1.0))
