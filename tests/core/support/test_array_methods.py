"""The methods that NumPy's arrays and PyTorch's tensors have: NumPy's numbers, and derivatives by differences."""

import math

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.array_methods import METHODS, SAME
from tinygrad_gru.errors import ArgumentError, ShapeError

a = np.arange(1.0, 25.0).reshape(2, 3, 4) / 8
t = tg.Tensor(a, requires_grad=True)

# each as it is called on a tensor, and what NumPy makes of the array
CALLS = {
    "ravel": (lambda x: x.ravel(), a.ravel()),
    "flatten": (lambda x: x.flatten(), a.flatten()),
    "swapaxes": (lambda x: x.swapaxes(0, -1), a.swapaxes(0, -1)),
    "cumsum": (lambda x: x.cumsum(), a.cumsum()),
    "cumprod": (lambda x: x.cumprod(axis=1), a.cumprod(axis=1)),
    "dot": (lambda x: x[0].dot(x[1].T), a[0].dot(a[1].T)),
    "abs": (lambda x: (-x).abs(), a),
    "broadcast_to": (lambda x: x[0].broadcast_to((2, 3, 4)), np.broadcast_to(a[0], (2, 3, 4))),
    "cos": (lambda x: x.cos(), np.cos(a)),
    "exp": (lambda x: x.exp(), np.exp(a)),
    "expm1": (lambda x: x.expm1(), np.expm1(a)),
    "flip": (lambda x: x.flip(axis=1), np.flip(a, 1)),
    "log": (lambda x: x.log(), np.log(a)),
    "log1p": (lambda x: x.log1p(), np.log1p(a)),
    "log_softmax": (lambda x: x.log_softmax(axis=1), a - np.log(np.exp(a).sum(1, keepdims=True))),
    "logsumexp": (lambda x: x.logsumexp(axis=2), np.log(np.exp(a).sum(2))),
    "matmul": (lambda x: x.matmul(x.mT), a @ a.swapaxes(1, 2)),
    "maximum": (lambda x: x.maximum(1.55), np.maximum(a, 1.55)),
    "minimum": (lambda x: x.minimum(1.55), np.minimum(a, 1.55)),
    "moveaxis": (lambda x: x.moveaxis(0, 2), np.moveaxis(a, 0, 2)),
    "outer": (lambda x: x[0, 0].outer(x[0, 1]), np.outer(a[0, 0], a[0, 1])),
    "pow": (lambda x: x.pow(3), a**3),
    "relu": (lambda x: (x - 1.55).relu(), np.maximum(a - 1.55, 0)),
    "roll": (lambda x: x.roll(2, axis=1), np.roll(a, 2, 1)),
    "sigmoid": (lambda x: x.sigmoid(), 1 / (1 + np.exp(-a))),
    "sign": (lambda x: (x - 1.55).sign(), np.sign(a - 1.55)),
    "sin": (lambda x: x.sin(), np.sin(a)),
    "softmax": (lambda x: x.softmax(1), np.exp(a) / np.exp(a).sum(1, keepdims=True)),
    "sqrt": (lambda x: x.sqrt(), np.sqrt(a)),
    "square": (lambda x: x.square(), a * a),
    "tanh": (lambda x: x.tanh(), np.tanh(a)),
    "tile": (lambda x: x.tile((2, 1, 1)), np.tile(a, (2, 1, 1))),
    "tril": (lambda x: x.tril(), np.tril(a)),
    "triu": (lambda x: x.triu(offset=1), np.triu(a, 1)),
    "arccos": (lambda x: (x / 4).arccos(), np.arccos(a / 4)),
    "arccosh": (lambda x: (x + 1).arccosh(), np.arccosh(a + 1)),
    "arcsin": (lambda x: (x / 4).arcsin(), np.arcsin(a / 4)),
    "arcsinh": (lambda x: x.arcsinh(), np.arcsinh(a)),
    "arctan": (lambda x: x.arctan(), np.arctan(a)),
    "arctanh": (lambda x: (x / 4).arctanh(), np.arctanh(a / 4)),
    "cosh": (lambda x: x.cosh(), np.cosh(a)),
    "diff": (lambda x: x.diff(axis=1), np.diff(a, axis=1)),
    "erf": (lambda x: x.erf(), np.vectorize(math.erf)(a)),
    "erfc": (lambda x: x.erfc(), np.vectorize(math.erfc)(a)),
    "exp2": (lambda x: x.exp2(), np.exp2(a)),
    "kron": (lambda x: x[0].kron(x[1]), np.kron(a[0], a[1])),
    "log10": (lambda x: x.log10(), np.log10(a)),
    "log2": (lambda x: x.log2(), np.log2(a)),
    "reciprocal": (lambda x: x.reciprocal(), 1 / a),
    "sinh": (lambda x: x.sinh(), np.sinh(a)),
    "tan": (lambda x: (x / 4).tan(), np.tan(a / 4)),
    "trace": (lambda x: x[0].trace(), np.trace(a[0])),
    "ceil": (lambda x: (x + 0.01).ceil(), np.ceil(a + 0.01)),
    "floor": (lambda x: (x + 0.01).floor(), np.floor(a + 0.01)),
    "round": (lambda x: (x + 0.01).round(), np.round(a + 0.01)),
    "trunc": (lambda x: (x + 0.01).trunc(), np.trunc(a + 0.01)),
}

# and those whose answers have no derivative
ANSWERS = {
    "all": (lambda x: (x - 1.5).all(axis=1), np.all(a - 1.5, axis=1)),
    "any": (lambda x: (x - 1.5).any(), True),
    "argsort": (lambda x: (-x).argsort(axis=2), np.argsort(-a, axis=2)),
    "isfinite": (lambda x: x.isfinite(), np.isfinite(a)),
    "isinf": (lambda x: x.isinf(), np.isinf(a)),
    "isnan": (lambda x: x.isnan(), np.isnan(a)),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_method_gives_numpys_numbers_and_can_be_differentiated(name):
    call, wanted = CALLS[name]
    got = call(t)
    assert got.shape == wanted.shape and np.allclose(got.data, wanted, rtol=1e-14)
    assert tg.gradcheck(call, a)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_method_gives_numpys_answers(name):
    call, wanted = ANSWERS[name]
    assert np.array_equal(call(t), wanted)


def test_every_method_is_called_here():
    assert METHODS.keys() == CALLS.keys() | ANSWERS.keys() | {"tolist"} and set(SAME) <= METHODS.keys()


def test_tolist_is_a_list_of_pythons_numbers():
    assert t.tolist() == a.tolist() and tg.Tensor(2.0).tolist() == 2.0


def test_flatten_takes_the_axes_that_pytorchs_takes():
    assert t.flatten(1).shape == (2, 12) and t.flatten(0, 1).shape == (6, 4) and t.flatten(-2).shape == (2, 12)
    assert tg.Tensor(3.0).flatten().shape == (1,)
    with pytest.raises(ShapeError, match=r"axis 2 comes after axis 1 .* try: t.flatten\(1\)"):
        t.flatten(2, 1)
    with pytest.raises(ShapeError, match="flatten: axis 3 is not an axis"):
        t.flatten(3)


def test_a_running_sum_without_an_axis_is_of_all_elements_as_in_numpy():
    assert tg.Tensor([[1.0, 2.0], [3.0, 4.0]]).cumsum().tolist() == [1, 3, 6, 10]
    assert tg.Tensor([[1.0, 2.0], [3.0, 4.0]]).cumprod().tolist() == [1, 2, 6, 24]
    assert tg.Tensor([[1.0, 2.0], [3.0, 4.0]]).cumsum(0).tolist() == [[1, 2], [4, 6]]


def test_dot_of_stacks_which_numpy_and_matmul_multiply_otherwise_is_refused():
    assert t[0, 0].dot(2.0).tolist() == (a[0, 0] * 2).tolist() and t[0, 0].dot(a[0, 0]).item() == a[0, 0].dot(a[0, 0])
    with pytest.raises(ShapeError, match="dot: .* can be multiplied in two ways. try: t @ u"):
        t.dot(t[0].T)


def test_an_axis_that_is_not_there_is_named():
    with pytest.raises(ShapeError, match="swapaxes: axis 3"):
        t.swapaxes(0, 3)
    with pytest.raises(ArgumentError, match="cumulative_sum: axis"):
        t.cumsum("a")
