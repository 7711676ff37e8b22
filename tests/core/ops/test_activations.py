"""The nonlinearities: values, kinks, and numbers so large that formulas break."""

import math

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError

NAMES = ["tanh", "sigmoid", "relu", "softplus", "silu", "gelu"]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


FORMULAS = {
    "tanh": math.tanh,
    "sigmoid": sigmoid,
    "relu": lambda x: max(x, 0),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "silu": lambda x: x * sigmoid(x),
    "gelu": lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2)),
}


@pytest.mark.parametrize("name", NAMES)
def test_values_are_those_of_the_formula(name):
    xs = [-3.0, -0.5, 0.0, 1.0, 2.5]

    assert np.allclose(getattr(tg, name)(np.array(xs)), [FORMULAS[name](x) for x in xs], rtol=1e-14, atol=1e-16)


def test_relu_is_flat_at_0():
    x = tg.Tensor([-1.0, 0.0, 2.0], requires_grad=True)

    assert tg.grad(tg.relu(x).sum(), x).tolist() == [0, 0, 1]


def test_known_slopes_at_0():
    x = tg.Tensor(np.array(0.0), requires_grad=True)
    slopes = {"tanh": 1, "sigmoid": 0.25, "relu": 0, "softplus": 0.5, "silu": 0.5, "gelu": 0.5}

    for name, slope in slopes.items():
        assert float(tg.grad(getattr(tg, name)(x), x)) == slope


LIMITS = {  # values and slopes far to the left and to the right
    "tanh": ([-1, 1], [0, 0]),
    "sigmoid": ([0, 1], [0, 0]),
    "relu": ([0, "x"], [0, 1]),
    "softplus": ([0, "x"], [0, 1]),
    "silu": ([0, "x"], [0, 1]),
    "gelu": ([0, "x"], [0, 1]),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e4, 1e20, np.inf])
def test_large_numbers_neither_warn_nor_overflow(name, dtype, size):
    """Warnings are errors in these tests."""
    x = tg.Tensor(np.array([-size, size], dtype), requires_grad=True)
    y = getattr(tg, name)(x)
    values, slopes = LIMITS[name]

    assert np.allclose(y.data, [size if v == "x" else v for v in values], rtol=1e-6)
    slope = tg.grad(y, x, np.ones(2, dtype), create_graph=True)
    assert np.allclose(slope.data, slopes) and np.array_equal(tg.grad(y, x, np.ones(2)), slope.data)
    curvature = tg.grad(slope.sum(), x) if slope.requires_grad else None
    assert curvature is None or np.allclose(curvature, 0)


def test_sigmoid_is_right_to_a_rounding_error_of_1():
    x = np.linspace(-40, 40, 1001)

    assert np.abs(tg.sigmoid(x) - 1 / (1 + np.exp(-x))).max() < 2.3e-16
    assert np.abs(tg.sigmoid(x.astype(np.float32)) - 1 / (1 + np.exp(-x))).max() < 4e-7


def test_sigmoid_far_below_0_keeps_its_digits_and_so_do_its_logarithm_and_slope():
    for dtype, rtol in [(np.float32, 1e-6), (np.float64, 1e-14)]:
        x = tg.Tensor(np.array([-17.0, -20.0, -50.0, -80.0], dtype), requires_grad=True)
        exact = [sigmoid(float(v)) for v in x.data]

        assert np.allclose(tg.sigmoid(x).data, exact, rtol=rtol, atol=0)
        assert np.allclose(tg.log(tg.sigmoid(x)).data, np.log(exact), rtol=rtol, atol=0)
        slope = [s * (1 - s) for s in exact]
        assert np.allclose(tg.grad(tg.sigmoid(x).sum(), x), slope, rtol=rtol, atol=0)
        assert np.allclose(tg.grad(tg.log(tg.sigmoid(x)).sum(), x), [1 - s for s in exact], rtol=rtol, atol=0)


def test_sigmoid_takes_whole_numbers_too():
    assert np.allclose(tg.sigmoid(np.array([0, 1, 2], np.uint8)), [0.5, sigmoid(1), sigmoid(2)])
    assert np.allclose(tg.sigmoid(np.array([-2, 0])), [sigmoid(-2), 0.5])


def test_an_infinite_gradient_does_not_pass_a_relu_that_is_off():
    x = tg.Tensor([-1.0, 0.0, 2.0], requires_grad=True)

    assert tg.grad(tg.relu(x), x, np.full(3, np.inf, np.float32)).tolist() == [0, 0, np.inf]


def test_softplus_of_a_very_negative_number_keeps_its_digits():
    assert math.isclose(float(tg.softplus(np.float64(-50.0))), math.exp(-50), rel_tol=1e-14)


def test_the_gates_of_a_gru_stay_between_0_and_1():
    x = np.random.default_rng(0).normal(0, 100, 1000).astype(np.float32)

    assert tg.sigmoid(x).min() >= 0 and tg.sigmoid(x).max() <= 1
    assert tg.tanh(x).min() >= -1 and tg.tanh(x).max() <= 1


def test_gelu_is_exact_unless_the_form_with_tanh_is_asked_for_by_name():
    x = np.array([-3.0, -1.0, 0.0, 0.5, 4.0])

    exact = [v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in x]
    tanh_form = [0.5 * v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))) for v in x]
    assert np.allclose(tg.gelu(x), exact, rtol=1e-14) and (tg.gelu(x, approximate="none") == tg.gelu(x)).all()
    assert np.allclose(tg.gelu(x, approximate="tanh"), tanh_form, rtol=1e-14)
    assert 1e-5 < np.max(np.abs(np.subtract(tanh_form, exact))) < 1e-3
    for wrong in ("exact", True, None, ["none"]):
        with pytest.raises(ArgumentError, match="gelu: approximate: got .*, wanted 'tanh' or 'none'"):
            tg.gelu(x, approximate=wrong)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", ["none", "tanh"])
def test_both_forms_of_gelu_have_their_limits_and_the_exact_one_keeps_its_digits_far_below_zero(dtype, form):
    x = tg.Tensor(np.array([-np.inf, np.inf, -1e4, 1e4], dtype), requires_grad=True)
    y = tg.gelu(x, form)

    assert y.data.tolist() == [0, np.inf, 0, 1e4] and tg.grad(y.sum(), x).tolist() == [0, 1, 0, 1]
    assert np.isclose(tg.gelu(np.array([-8.0]))[0], -8 * 0.5 * math.erfc(8 / math.sqrt(2)), rtol=1e-12, atol=0)


def test_activations_of_two_pieces():
    x = np.array([-2.0, 0.0, 3.0])

    assert np.allclose(tg.elu(x), [math.expm1(-2), 0, 3]) and tg.leaky_relu(x, 0.1).tolist() == [-0.2, 0, 3]
    assert np.allclose(
        tg.selu(x), [1.0507009873554805 * 1.6732632423543772 * math.expm1(-2), 0, 3 * 1.0507009873554805]
    )
    assert np.allclose(tg.softsign(x), [-2 / 3, 0, 0.75])
    t = tg.Tensor(x, requires_grad=True)
    assert tg.grad(tg.leaky_relu(t, 0.1).sum(), t).tolist() == [0.1, 0.1, 1]
    with pytest.raises(TypeError, match="slope"):  # PyTorch's and Keras's differ
        tg.leaky_relu(x)


def test_the_logarithm_of_a_sum_of_two_powers():
    x, y = (
        tg.Tensor([0.0, 1000.0, -np.inf, 5.0], requires_grad=True),
        tg.Tensor([0.0, 0.0, 2.0, np.inf], requires_grad=True),
    )
    z = tg.logaddexp(x, y)

    assert np.allclose(z.data, [math.log(2), 1000, 2, np.inf])
    assert [g.tolist() for g in tg.grad(z.sum(), [x, y])] == [[0.5, 1, 0, 0], [0.5, 0, 1, 1]]
    a = np.array([-1.5, 0.3])
    assert np.allclose(tg.logaddexp(a, 0.0), tg.softplus(a), rtol=1e-15)


def test_where_nothing_is_added_the_logarithm_is_minus_infinity_and_its_gradient_0_as_that_of_logsumexp():
    x, y = (tg.Tensor([-np.inf], requires_grad=True) for _ in range(2))
    z = tg.logaddexp(x, y)

    assert z.data.tolist() == [-np.inf] and [g.tolist() for g in tg.grad(z.sum(), [x, y])] == [[0], [0]]
