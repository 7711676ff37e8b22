"""Tensors of a shape: NumPy's arrays, in our dtypes."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.tools import creation
from tinygrad_gru.errors import ArgumentError, DtypeError, TinygradError

MADE = {
    "zeros": (lambda: tg.zeros(2, 3), np.zeros((2, 3), np.float32)),
    "ones": (lambda: tg.ones((2, 3)), np.ones((2, 3), np.float32)),
    "full": (lambda: tg.full((2,), 0.5), np.array([0.5, 0.5], np.float32)),
    "eye": (lambda: tg.eye(2, 3), np.eye(2, 3, dtype=np.float32)),
    "arange": (lambda: tg.arange(1, 7, 2), np.array([1, 3, 5])),
    "linspace": (lambda: tg.linspace(0, 1, 5), np.array([0, 0.25, 0.5, 0.75, 1], np.float32)),
    "zeros_like": (lambda: tg.zeros_like(tg.Tensor(np.ones(2))), np.zeros(2)),
    "ones_like": (lambda: tg.ones_like(np.array([3, 4])), np.array([1, 1])),
    "full_like": (lambda: tg.full_like(tg.Tensor([1.0]), 7), np.array([7], np.float32)),
}


@pytest.mark.parametrize("name", MADE)
def test_the_array_is_numpys(name):
    make, wanted = MADE[name]
    t = make()
    assert isinstance(t, tg.Tensor) and t.dtype == wanted.dtype and np.array_equal(t.data, wanted)


def test_ranges_of_whole_numbers_are_whole_and_others_are_floats():
    assert tg.arange(3).dtype == np.int64 and tg.arange(3.0).dtype == tg.arange(0, 1, 0.5).dtype == np.float32
    assert tg.arange(3, dtype=np.float64).tolist() == [0, 1, 2] and tg.arange(3, 0, -1).tolist() == [3, 2, 1]


@pytest.mark.parametrize("make", [tg.rand, tg.randn])
def test_random_numbers_come_from_the_seeded_generator(make):
    with tg.seed(3):
        first = make(1000, dtype=np.float64)
    with tg.seed(3):
        second, third = make((1000,), dtype=np.float64), make(1000)
    assert np.array_equal(first.data, second.data) and not np.array_equal(second.data, third.data)
    assert third.dtype == np.float32
    mean, deviation = (0.5, 12**-0.5) if make is tg.rand else (0.0, 1.0)
    assert abs(first.data.mean() - mean) < 0.1 and abs(first.data.std() - deviation) < 0.1


def test_random_numbers_like_a_tensor_have_its_shape_and_dtype():
    like = tg.Tensor(np.ones((2, 3)))
    assert tg.randn_like(like).shape == tg.rand_like(like).shape == (2, 3)
    assert tg.randn_like(like).dtype == np.float64 and tg.rand_like(like, dtype=np.float32).dtype == np.float32


def test_a_tensor_is_a_leaf_with_its_name_and_line():
    t = tg.ones(2, requires_grad=True, name="w")
    (t * 3).sum().backward()
    assert t.grad.tolist() == [3, 3] and t.name == "w" and t.line[0] == __file__
    assert tg.zeros().shape == () and tg.zeros(0, 2).size == 0


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: tg.zeros(-1), ArgumentError, "zeros: shape: got -1, wanted a whole number from 0 on"),
        (lambda: tg.ones(2.5), ArgumentError, "ones: shape: got 2.5"),
        (lambda: tg.zeros(10**15), ArgumentError, "zeros: .*try: fewer"),
        (lambda: tg.full((2,), "a"), ArgumentError, "full: value: got 'a'"),
        (lambda: tg.full((2,), 0.5, dtype=np.int64), ArgumentError, "got 0.5 for int64, wanted a whole number"),
        (lambda: tg.arange(0, 1, 0), ArgumentError, "arange: .* and a step"),
        (lambda: tg.arange(float("nan")), ArgumentError, "arange: .*wanted finite numbers"),
        (lambda: tg.linspace(0, 1, -1), ArgumentError, "linspace: num must be a whole number"),
        (lambda: tg.randn(2, dtype=np.int64), DtypeError, "randn: dtype: wants float32 or float64"),
        (lambda: tg.zeros(2, dtype=np.int64, requires_grad=True), DtypeError, "can require a gradient"),
        (lambda: tg.zeros(2, dtype=complex), DtypeError, "got complex128"),
    ],
)
def test_what_makes_no_tensor_is_named(call, kind, message):
    with pytest.raises(kind, match=message) as failure:
        call()
    assert isinstance(failure.value, TinygradError)


def test_every_function_is_public():
    assert set(creation.__all__) <= set(tg.__all__)
