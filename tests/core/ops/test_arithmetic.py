"""+ − × ÷, powers and choices: values, ties, and what happens in the branch not taken."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, DtypeError, GraphError, ShapeError


def slopes(f, *xs):
    """The gradient of the sum of f for each place."""
    tensors = [tg.Tensor(np.array(x, float), requires_grad=True) for x in xs]
    gradients = tg.grad(f(*tensors).sum(), tensors)
    return [None if g is None else g.tolist() for g in gradients]


def test_values_of_small_arrays():
    x, y = np.array([1.0, -2.0, 3.0]), np.array([2.0, 4.0, -1.0])

    assert tg.add(x, y).tolist() == [3, 2, 2]
    assert tg.subtract(x, y).tolist() == [-1, -6, 4]
    assert tg.multiply(x, y).tolist() == [2, -8, -3]
    assert tg.divide(x, y).tolist() == [0.5, -0.5, -3]
    assert tg.negative(x).tolist() == [-1, 2, -3]
    assert tg.pow(x, 2).tolist() == tg.square(x).tolist() == [1, 4, 9]
    assert tg.pow(x, -1).tolist() == [1, -0.5, 1 / 3]
    assert tg.abs(x).tolist() == [1, 2, 3]
    assert tg.sign([1.0, -2.0, 0.0]).tolist() == [1, -1, 0]
    assert tg.maximum(x, y).tolist() == [2, 4, 3]
    assert tg.minimum(x, y).tolist() == [1, -2, -1]
    assert tg.clip(x, -1, 2).tolist() == [1, -1, 2]
    assert tg.clip(x, min=0).tolist() == [1, 0, 3]
    assert tg.clip(x, max=0).tolist() == [0, -2, 0]
    assert tg.where([True, False, True], x, y).tolist() == [1, 4, 3]


def test_the_operators_are_the_functions():
    x, y = tg.Tensor([1.0, -2.0, 3.0]), tg.Tensor([2.0, 4.0, 2.0])

    for by_operator, by_function in [
        (x + y, tg.add(x, y)),
        (x - y, tg.subtract(x, y)),
        (x * y, tg.multiply(x, y)),
        (x / y, tg.divide(x, y)),
        (x**y, tg.pow(x, y)),
        (-x, tg.negative(x)),
        (abs(x), tg.abs(x)),
        (x.clip(0, 2), tg.clip(x, 0, 2)),
        (2 + x, tg.add(2, x)),
        (2 - x, tg.subtract(2, x)),
        (2 * x, tg.multiply(2, x)),
        (2 / x, tg.divide(2, x)),
        (2**x, tg.pow(2, x)),
    ]:
        assert by_operator.data.tolist() == by_function.data.tolist() and by_operator.dtype == np.float32


def test_derivatives_of_small_arrays():
    assert slopes(tg.multiply, [2, 3], [5, 7]) == [[5, 7], [2, 3]]
    assert slopes(tg.divide, [2, 3], [4, 1]) == [[0.25, 1], [-0.125, -3]]
    assert slopes(tg.subtract, [2, 3], 1) == [[1, 1], -2]
    assert slopes(lambda x: x**3, [2, -1]) == [[12, 3]]


def test_ties_share_the_gradient_evenly():
    for choose in (tg.maximum, tg.minimum):
        assert slopes(choose, [1, 1], [1, 1]) == [[0.5, 0.5], [0.5, 0.5]]
    assert slopes(tg.maximum, [1, 2, 3], [2, 2, 2]) == [[0, 0.5, 1], [1, 0.5, 0]]
    assert slopes(tg.minimum, [1, 2, 3], [2, 2, 2]) == [[1, 0.5, 0], [0, 0.5, 1]]


def test_abs_and_sign_are_flat_at_0():
    assert slopes(tg.abs, [-2, 0, 3]) == [[-1, 0, 1]]
    assert slopes(tg.sign, [-2, 0, 3]) == [None]


def test_clip_has_slope_1_inside_and_at_the_edges():
    assert slopes(lambda x: tg.clip(x, -1, 1), [-2, -1, 0, 1, 2]) == [[0, 1, 1, 1, 0]]


def test_powers_with_a_whole_exponent_know_negative_numbers_and_0():
    assert slopes(lambda x: x**3, [-2, 0]) == [[12, 0]]
    assert slopes(lambda x: x**2, [-2, 0]) == [[-4, 0]]
    assert slopes(lambda x: x**1, [-2, 0]) == [[1, 1]]
    assert slopes(lambda x: x**0, [-2, 0]) == [[0, 0]]
    assert slopes(lambda x: x ** np.array([2, 3]), [-2, -1]) == [[-4, 3]]
    assert slopes(lambda y: tg.pow(0.0, y), [2, 3]) == [[0, 0]]


def test_an_exponent_of_0_has_a_mixed_derivative_of_its_own():
    """∂²xʸ/∂x∂y = xʸ⁻¹·(1 + y·ln x), which is 1/x at y = 0."""
    x, y = (tg.Tensor(np.array(v), requires_grad=True) for v in ([2.0, 4.0], [0.0, 0.0]))
    slope = tg.grad((x**y).sum(), x, create_graph=True)
    assert slope.data.tolist() == [0, 0] and tg.grad(slope.sum(), y).tolist() == [0.5, 0.25]


def test_a_power_of_0_does_not_change_with_its_exponent():
    """Nor for y < 0, where 0ʸ is ∞ all along."""
    with np.errstate(divide="ignore"):
        assert slopes(lambda y: tg.pow(0.0, y), [-2, -0.5, 0, 2]) == [[0, 0, 0, 0]]
        assert slopes(lambda y: 0.0**y, [-1, 1]) == [[0, 0]]
    assert np.isnan(slopes(lambda y: tg.pow(0.0, y), [np.nan])[0]).all()


def test_a_power_0_of_a_subnormal_number_has_slope_0():
    """Where 1/x is infinite 0·x⁻¹ would be NaN."""
    for dtype, tiny in [(np.float32, 1e-40), (np.float64, 1e-310)]:
        x = tg.Tensor(np.array([tiny, -tiny, 0.0], dtype), requires_grad=True)
        assert tg.grad((x**0).sum(), x).tolist() == [0, 0, 0]


def test_powers_at_infinity():
    with np.errstate(all="ignore"):
        assert slopes(lambda x: x**2, [np.inf, -np.inf]) == [[np.inf, -np.inf]]
        assert slopes(lambda x: x**-1, [np.inf, -np.inf]) == [[0, 0]]
        assert slopes(lambda y: 2.0**y, [np.inf, -np.inf]) == [[np.inf, 0]]
        assert slopes(lambda y: 0.5**y, [np.inf, -np.inf]) == [[0, -np.inf]]


def test_an_infinite_gradient_goes_to_the_chosen_one_only():
    g = np.array([np.inf, -np.inf, np.inf])
    x, y = (tg.Tensor(np.array(v), requires_grad=True) for v in ([1.0, 2.0, 3.0], [2.0, 1.0, 3.0]))

    for choose, to_x, to_y in [
        (tg.maximum, [0, -np.inf, np.inf], [np.inf, 0, np.inf]),
        (tg.minimum, [np.inf, 0, np.inf], [0, -np.inf, np.inf]),
    ]:
        assert [r.tolist() for r in tg.grad(choose(x, y), [x, y], g)] == [to_x, to_y]


def test_second_derivatives_of_powers_at_0():
    x = tg.Tensor(np.array([0.0, -2.0]), requires_grad=True)

    for exponent, expected in [(1, [0, 0]), (2, [2, 2]), (3, [0, -12])]:
        slope = tg.grad((x**exponent).sum(), x, create_graph=True)
        second = tg.grad(slope.sum(), x) if slope.requires_grad else np.zeros(2)
        assert (np.zeros(2) if second is None else second).tolist() == expected


def test_whole_numbers_have_no_negative_powers():
    with pytest.raises(ShapeError, match=r"pow: whole numbers have no negative powers \(try: x.astype"):
        tg.Tensor(np.array([1, 2])) ** -1
    assert (tg.Tensor([2.0]) ** np.array([-1])).data.tolist() == [0.5]


def test_the_bounds_of_clip_are_numbers():
    x = tg.Tensor([-2.0, 0.5, 2.0])

    assert tg.clip(x, np.float64(-1), 1).dtype == np.float32 and tg.clip(x).data.tolist() == x.data.tolist()
    assert tg.clip(np.array([1, 2, 3]), 0, 2).dtype == tg.clip(np.array([1, 2, 3]), max=2).dtype == np.int64
    with pytest.raises(ArgumentError, match=r"clip: bound: got '1', wanted a number. try: tg.clip\(x, 0.0, 1.0\)"):
        tg.clip(x, max="1")


def test_a_bound_of_clip_may_be_an_array_and_gets_the_gradient_where_it_is_taken():
    x = tg.Tensor([-2.0, 0.0, 1.0, 5.0], requires_grad=True)
    low = tg.Tensor([-1.0, 0.0, 2.0, 0.0], requires_grad=True)
    high = tg.Tensor(3.0, requires_grad=True)

    y = tg.clip(x, low, high)
    assert y.data.tolist() == [-1, 0, 2, 3]
    gradients = tg.grad(y, [x, low, high], np.array([1, 10, 100, 1000], np.float32))
    assert [g.tolist() for g in gradients] == [[0, 10, 0, 0], [1, 0, 100, 0], 1000]  # at an edge it stays with x


def test_where_the_bounds_of_clip_are_the_wrong_way_round_the_upper_one_counts_and_nan_is_kept():
    arrays = np.array([0.0, 5.0, np.nan, 1.0]), np.array([2.0, 2.0, 2.0, np.nan]), np.array([1.0, 1.0, 1.0, 1.0])

    assert np.array_equal(tg.clip(*arrays), np.clip(*arrays), equal_nan=True)
    assert np.array_equal(tg.clip(*map(tg.Tensor, arrays)).data, np.clip(*arrays), equal_nan=True)
    assert tg.clip(arrays[0], max=[1, 2, 3, 4]).tolist()[:2] == [0, 2]


def test_a_condition_that_requires_a_gradient_is_refused():
    x = tg.Tensor([-1.0, 0.0, 2.0], requires_grad=True)

    with pytest.raises(GraphError, match=r"where: the condition requires a gradient, .* try: condition.detach\(\)"):
        tg.where(x, x, 0.0)
    assert tg.where(x.detach(), x, 0.0).data.tolist() == [-1, 0, 2]
    with tg.no_grad():
        assert tg.where(x, 1.0, 0.0).data.tolist() == [1, 0, 1]


TRAPS = {
    "root": (lambda x: tg.where(x > 0, tg.sqrt(x), 0.0), [-1, 0, 4], [0, 0, 0.25], [0, 0, -1 / 32]),
    "logarithm": (lambda x: tg.where(x > 0, tg.log(x), 0.0), [-1, 0, 4], [0, 0, 0.25], [0, 0, -1 / 16]),
    "x log x": (lambda x: tg.where(x > 0, x * tg.log(x), 0.0), [-1, 0, 1], [0, 0, 1], [0, 0, 1]),
    "quotient": (lambda x: tg.where(x != 0, (x + 1) / x, 0.0), [0, 2], [0, -0.25], [0, 0.25]),
    "exponential": (lambda x: tg.where(x < 9, tg.exp(x), x), [0, 1000], [1, 1], [1, 0]),
    "power": (lambda x: tg.where(x > 0, x**0.5, 0.0), [-1, 0, 4], [0, 0, 0.25], [0, 0, -1 / 32]),
    "clip": (lambda x: tg.clip(tg.log(x), min=-5), [0, 4], [0, 0.25], [0, -1 / 16]),
    "maximum": (lambda x: tg.maximum(tg.log(x), -5.0), [0, 4], [0, 0.25], [0, -1 / 16]),
    "relu": (lambda x: tg.relu(tg.log(x)), [0, 4], [0, 0.25], [0, -1 / 16]),
    "index": (lambda x: tg.sqrt(x)[1:], [0, 4], [0, 0.25], [0, -1 / 32]),
    "chain": (lambda x: tg.where(x > 0, tg.square(tg.sqrt(tg.sqrt(x))), 0.0), [0, 4], [0, 0.25], [0, -1 / 32]),
    "joined": (lambda x: tg.where(x > 0, tg.concat([tg.sqrt(x)]), 0.0), [0, 4], [0, 0.25], [0, -1 / 32]),
    "product": (lambda x: tg.relu(tg.sqrt(x) @ np.diag([-1.0, 1.0])), [0, 4], [0, 0.25], [0, -1 / 32]),
    "sum": (lambda x: tg.where([False, True], tg.stack([tg.sum(1 / x), tg.sum(x)]), 0.0), [0, 4], [1, 1], [0, 0]),
}


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_of_the_branch_not_taken_reaches_a_gradient(trap, dtype):
    f, places, first, second = TRAPS[trap]
    x = tg.Tensor(np.array(places, dtype), requires_grad=True)
    with np.errstate(all="ignore"):  # the forward of the branch not taken may warn, the gradients may not
        y = f(x).sum()

    slope = tg.grad(y, x, create_graph=True)
    assert np.allclose(tg.grad(y, x), first) and np.allclose(slope.data, first)
    curvature = tg.grad(slope.sum(), x) if slope.requires_grad else 0.0
    assert np.allclose(0.0 if curvature is None else curvature, second)


def test_a_gradient_that_is_0_by_chance_below_a_choice_still_has_a_derivative():
    x = tg.Tensor(np.array([0.5, 2.0]), requires_grad=True)
    u = tg.Tensor(np.zeros(2), requires_grad=True)

    pulled = tg.grad(tg.relu(tg.exp(x)), x, u, create_graph=True)  # u ⊙ eˣ, which is 0 here
    assert pulled.data.tolist() == [0, 0]
    assert np.allclose(tg.grad(pulled.sum(), u), np.exp(x.data))
    assert np.allclose(tg.jvp(lambda x: tg.maximum(tg.exp(x), 0.0), x.data, np.ones(2))[1], np.exp(x.data))


def test_shapes_that_do_not_broadcast_are_named():
    with pytest.raises(ShapeError, match=r"add: shapes do not broadcast: a \(2,\) \+ b \(3,\)"):
        tg.add(tg.Tensor([1.0, 2.0], name="a"), tg.Tensor([1.0, 2.0, 3.0], name="b"))
    with pytest.raises(ShapeError, match=r"pow: shapes do not broadcast: tensor \(2,\) \^ tensor \(3,\)"):
        tg.pow(tg.Tensor([1.0, 2.0]), tg.Tensor([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("dtype", [np.float16, np.complex64])
def test_other_dtypes_beside_a_tensor_are_refused(dtype):
    for operation in (tg.add, tg.multiply, tg.maximum, tg.divide):
        with pytest.raises(DtypeError, match="a tensor holds float32, float64"):
            operation(tg.Tensor([1.0]), np.ones(1, dtype))


BINARY = [tg.add, tg.subtract, tg.multiply, tg.divide, tg.pow]


@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3), st.sampled_from(BINARY))
def test_any_two_shapes_that_broadcast(shapes, operation):
    rng = np.random.default_rng(0)
    x, y = (rng.uniform(0.5, 2, shape) for shape in shapes.input_shapes)

    assert operation(x, y).shape == shapes.result_shape
    assert tg.gradcheck(operation, x, y)


@given(mutually_broadcastable_shapes(num_shapes=3, max_dims=3, min_side=0, max_side=3))
def test_where_takes_any_three_shapes_that_broadcast(shapes):
    rng = np.random.default_rng(0)
    c, x, y = (rng.standard_normal(shape) for shape in shapes.input_shapes)

    assert tg.where(c > 0, x, y).shape == shapes.result_shape
    assert tg.gradcheck(tg.where, np.asarray(c > 0), x, y)
