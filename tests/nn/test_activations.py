"""Activations by name: values by hand, derivatives, and names that do not exist."""

import math

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors, nn
from tinygrad_gru.nn.activations import ACTIVATIONS, activation, hard_sigmoid, leaky_relu, name_of

X = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("linear", X),
        ("tanh", np.tanh(X)),
        ("sigmoid", 1 / (1 + np.exp(-X))),
        ("relu", [0, 0, 0, 0.5, 2]),
        ("softplus", np.log(1 + np.exp(X))),
        ("softsign", [-2 / 3, -1 / 3, 0, 1 / 3, 2 / 3]),
        ("elu", [np.exp(-2) - 1, np.exp(-0.5) - 1, 0, 0.5, 2]),
        ("selu", 1.0507009874 * np.where(X > 0, X, 1.6732632424 * (np.exp(X) - 1))),
        ("leaky_relu", [-0.4, -0.1, 0, 0.5, 2]),
        ("hard_sigmoid", [1 / 6, 2.5 / 6, 0.5, 3.5 / 6, 5 / 6]),
        ("exponential", np.exp(X)),
        ("softmax", np.exp(X) / np.exp(X).sum()),
        ("silu", X / (1 + np.exp(-X))),
        ("swish", X / (1 + np.exp(-X))),
        ("gelu", X * 0.5 * np.array([math.erfc(-x / math.sqrt(2)) for x in X])),
        ("gelu_tanh", 0.5 * X * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3)))),
        ("log_softmax", X - np.log(np.exp(X).sum())),
        ("log_sigmoid", -np.log(1 + np.exp(-X))),
        ("mish", X * np.tanh(np.log(1 + np.exp(X)))),
        ("relu6", [0, 0, 0, 0.5, 2]),
        ("celu", [np.exp(-2) - 1, np.exp(-0.5) - 1, 0, 0.5, 2]),
        ("hard_silu", [-2 / 6, -0.5 * 2.5 / 6, 0, 0.5 * 3.5 / 6, 2 * 5 / 6]),
        ("hard_swish", [-2 / 6, -0.5 * 2.5 / 6, 0, 0.5 * 3.5 / 6, 2 * 5 / 6]),
        ("hard_tanh", [-1, -0.5, 0, 0.5, 1]),
        ("hard_shrink", [-2, 0, 0, 0, 2]),
        ("soft_shrink", [-1.5, 0, 0, 0, 1.5]),
        ("tanh_shrink", X - np.tanh(X)),
        ("sparse_plus", [0, 0.0625, 0.25, 0.5625, 2]),
        ("sparse_sigmoid", [0, 0.25, 0.5, 0.75, 1]),
    ],
)
def test_each_is_what_its_name_says(name, wanted):
    assert np.abs(activation(name)(tg.Tensor(X)).data - wanted).max() < 1e-8


def test_the_table_above_has_them_all():
    marks = test_each_is_what_its_name_says.pytestmark[0].args[1]

    assert {name for name, _ in marks} == ACTIVATIONS.keys()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_has_the_right_derivatives(name):
    tg.gradcheck(ACTIVATIONS[name], np.array([-1.7, -0.6, 0.4, 1.3]), order=2)


def test_relu6_is_6_from_there_on():
    assert activation("relu6")([5.9, 6.0, 7.0]).tolist() == pytest.approx([5.9, 6, 6], rel=1e-6)


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"exponential", "linear"}))
def test_each_is_finite_for_large_numbers_in_any_direction(name):
    x = tg.Tensor([-1e4, 1e4], requires_grad=True)
    y = ACTIVATIONS[name](x)
    y.sum().backward()

    assert np.isfinite(y.data).all() and np.isfinite(x.grad).all()


LIMITS = {
    "tanh": (-1, 1), "sigmoid": (0, 1), "relu": (0, np.inf), "linear": (-np.inf, np.inf), "softplus": (0, np.inf),
    "softsign": (-1, 1), "elu": (-1, np.inf), "selu": (-1.7580993408473766, np.inf), "gelu": (0, np.inf),
    "silu": (0, np.inf), "leaky_relu": (-np.inf, np.inf), "hard_sigmoid": (0, 1), "exponential": (0, np.inf),
    "gelu_tanh": (0, np.inf), "swish": (0, np.inf), "log_sigmoid": (-np.inf, 0), "mish": (0, np.inf), "relu6": (0, 6),
    "celu": (-1, np.inf), "hard_silu": (0, np.inf), "hard_swish": (0, np.inf), "hard_tanh": (-1, 1),
    "hard_shrink": (-np.inf, np.inf), "soft_shrink": (-np.inf, np.inf), "tanh_shrink": (-np.inf, np.inf),
    "sparse_plus": (0, np.inf), "sparse_sigmoid": (0, 1),
}  # fmt: skip
SLOPES = {
    "relu": (0, 1), "linear": (1, 1), "softplus": (0, 1), "elu": (0, 1), "selu": (0, 1.0507009873554805),
    "gelu": (0, 1), "silu": (0, 1), "leaky_relu": (0.2, 1), "exponential": (0, np.inf),
    "gelu_tanh": (0, 1), "swish": (0, 1), "log_sigmoid": (1, 0), "mish": (0, 1), "celu": (0, 1), "hard_silu": (0, 1),
    "hard_swish": (0, 1), "hard_shrink": (1, 1), "soft_shrink": (1, 1), "tanh_shrink": (1, 1), "sparse_plus": (0, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"softmax", "log_softmax"}))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_has_its_limits_at_infinity_and_does_not_warn(name, dtype):
    x = tg.Tensor(np.array([-np.inf, np.inf], dtype), requires_grad=True)
    y = ACTIVATIONS[name](x)

    assert y.data == pytest.approx(np.array(LIMITS[name]), rel=1e-6)
    assert tg.grad(y, x, np.ones(2, dtype)) == pytest.approx(np.array(SLOPES.get(name, (0, 0))), rel=1e-6)


def test_a_slope_that_is_a_tensor_gets_its_gradient():
    slope = tg.Tensor(np.array(0.1), requires_grad=True)

    assert tg.grad(leaky_relu(tg.Tensor([-2.0, 3.0]), slope).sum(), slope) == -2
    assert tg.grad(hard_sigmoid(tg.Tensor([-2.0, 3.0]), slope).sum(), slope) == 1
    assert leaky_relu([-1.0, 2.0]).tolist() == pytest.approx([-0.2, 2])


@pytest.mark.parametrize("name", ["relu", "elu", "celu", "selu", "leaky_relu", "relu6"])
def test_those_with_a_kink_have_the_slope_from_below_at_0(name):
    below = {
        "relu": 0,
        "relu6": 0,
        "elu": 1,
        "celu": 1,
        "selu": 1.0507009873554805 * 1.6732632423543772,
        "leaky_relu": 0.2,
    }[name]
    x = tg.Tensor(np.array([0.0, -0.0]), requires_grad=True)

    assert tg.grad(ACTIVATIONS[name](x).sum(), x) == pytest.approx([below, below], rel=1e-15)


def test_a_function_is_taken_as_it_is_and_none_is_the_identity():
    def double(x):
        return x * 2

    assert activation(double) is double and activation(None) is activation("linear")
    assert name_of(tg.tanh) == "tanh" and name_of(double) is None


def test_a_name_that_does_not_exist_is_named_with_the_nearest_one():
    with pytest.raises(errors.ArgumentError, match="unknown activation 'Sigmoidd'. did you mean sigmoid?"):
        activation("Sigmoidd")
    with pytest.raises(errors.ArgumentError, match="unknown activation 'xyz'. try: tanh, sigmoid, relu"):
        nn.GRU(2, 3, activation="xyz")


def test_a_gru_takes_other_activations():
    cell = nn.GRUCell(1, 1, activation="relu", gate_activation="hard_sigmoid", dtype=np.float64)
    for p, value in zip(cell.parameters(), ([1, 1], [0, 0], [0, 1], 0.5, 0.5, 1), strict=True):
        p.assign(np.reshape(np.float64(value), p.shape))

    (h,) = cell(np.array([[3.0]]), np.array([[2.0]]))

    z = 0.5 / 6 + 0.5  # W_z is 0 and b_z ½
    assert h.item() == pytest.approx((1 - z) * 2 + z * 4, rel=1e-12)  # the candidate is relu(3 + 1)
    assert repr(cell).startswith("GRUCell(1, 1, activation='relu', gate_activation='hard_sigmoid')")


def test_an_rnn_takes_relu_and_an_lstm_others():
    rnn, lstm = nn.RNN(1, 1, nonlinearity="relu", init="keras"), nn.LSTM(1, 1, activation="linear", init="keras")
    rnn.cell.W_h.assign(np.float32([[0], [2]]))
    for name in "ifgo":
        getattr(lstm.cell, f"W_{name}").assign(np.float32([[0], [1]]))
    x = np.float32([[[3.0]]])

    sigmoid = 1 / (1 + np.exp(-3))
    assert rnn(x)[0].item() == 6
    assert rnn(-x)[0].item() == 0
    assert lstm(x)[0].item() == pytest.approx(sigmoid * (sigmoid * 3), rel=1e-6)
