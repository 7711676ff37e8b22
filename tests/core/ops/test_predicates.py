"""Questions about numbers, which carry no gradient."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, ShapeError

COMPARISONS = ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]


@pytest.mark.parametrize("name", COMPARISONS)
def test_a_comparison_is_numpys_and_returns_a_boolean_array(name):
    x, y = np.array([1.0, 2.0, 3.0]), np.array([[2.0], [np.nan]])

    for answer in (getattr(tg, name)(tg.Tensor(x), tg.Tensor(y)), getattr(tg, name)(x, y)):
        assert type(answer) is np.ndarray and answer.dtype == bool
        assert np.array_equal(answer, getattr(np, name)(x, y))


def test_the_operators_are_the_functions():
    x, y = tg.Tensor([1.0, 2.0, 3.0]), tg.Tensor([2.0, 2.0, 2.0])

    answers = [x == y, x != y, x < y, x <= y, x > y, x >= y]
    for name, answer in zip(COMPARISONS, answers, strict=True):
        assert np.array_equal(answer, getattr(tg, name)(x, y))
    assert (2.0 < x).tolist() == [False, False, True]


def test_a_python_number_is_compared_in_float32():
    assert not (tg.Tensor([0.1]) > 0.1).any() and (tg.Tensor([0.1]) == 0.1).all()


def test_what_cannot_be_answered_is_an_error_of_ours():
    x = tg.Tensor([[1.0, 2.0]])

    with pytest.raises(ShapeError, match=r"less: shapes \(1, 2\) and \(3,\) do not broadcast"):
        _ = x < tg.Tensor([1.0, 2.0, 3.0])
    with pytest.raises(ShapeError, match=r"argmax: .*empty sequence, got shape \(0, 2\)"):
        tg.argmax(np.zeros((0, 2)))
    with pytest.raises(ShapeError, match=r"argmin: axis 2 is out of bounds .*, got shape \(1, 2\)"):
        x.argmin(axis=2)


def test_positions_of_the_largest_and_smallest():
    x = tg.Tensor([[1.0, 5.0, 5.0], [0.0, -1.0, 2.0]])

    assert tg.argmax(x) == 1 and tg.argmin(x) == 4
    assert tg.argmax(x, axis=1).tolist() == x.argmax(axis=1).tolist() == [1, 2]
    assert tg.argmin(x, axis=0).tolist() == x.argmin(axis=0).tolist() == [1, 1, 1]
    assert tg.argmax(x, axis=-1, keepdims=True).tolist() == [[1], [2]]
    assert type(tg.argmax(x, axis=1)) is np.ndarray


def test_which_elements_are_finite():
    assert tg.isfinite(tg.Tensor([1.0, np.inf, -np.inf, np.nan])).tolist() == [True, False, False, False]


def test_one_hot():
    assert tg.one_hot([0, 2], 3).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert tg.one_hot(1, 2).tolist() == [0, 1] and tg.one_hot([], 2).shape == (0, 2)
    assert tg.one_hot(np.zeros((2, 3), int), 4).shape == (2, 3, 4)
    assert tg.one_hot([0], 1).dtype == np.float32 and tg.one_hot([0], 1, dtype=np.float64).dtype == np.float64
    assert tg.one_hot(tg.Tensor(np.array([1])), 2).tolist() == [[0, 1]]


@pytest.mark.parametrize("indices", [[3], [-1], [0.5], np.array([1.0])])
def test_one_hot_refuses_what_is_no_index(indices):
    with pytest.raises(ArgumentError, match="one_hot: indices must be whole numbers from 0 to 2"):
        tg.one_hot(indices, 3)


def test_which_elements_are_nan_or_infinite():
    x = tg.Tensor([1.0, np.inf, -np.inf, np.nan])

    assert tg.isnan(x).tolist() == [False, False, False, True]
    assert tg.isinf(x).tolist() == [False, True, True, False]


def test_what_is_close_is_numpys_and_a_number_keeps_its_digits():
    x, y = np.array([1.0, 2.0, np.inf, np.nan, 0.1]), np.array([1.0 + 1e-6, 2.1, np.inf, np.nan, 0.1 + 1e-9])

    assert tg.isclose(tg.Tensor(x), y).tolist() == np.isclose(x, y).tolist() == [True, False, True, False, True]
    assert tg.isclose(x, y, rtol=0, atol=0.2, equal_nan=True).all() and tg.allclose(x, y, 0, 0.2, True)
    assert tg.allclose(x[:1], y[:1]) is True and tg.allclose(x, y) is False
    assert tg.isclose(np.array([0.1]), 0.1, rtol=0, atol=0).all()
    with pytest.raises(ShapeError, match=r"isclose: shapes \(5,\) and \(3,\) do not broadcast"):
        tg.isclose(x, np.ones(3))
    with pytest.raises(ArgumentError, match="isclose: rtol: got 'small', wanted a number. try: 1e-5"):
        tg.isclose(x, y, rtol="small")


def test_logic_is_numpys_and_everything_but_0_is_true():
    x, y = np.array([1.0, 0.0, np.nan, 0.0]), np.array([0.0, 2.0, 1.0, 0.0])

    for name in ("logical_and", "logical_or", "logical_xor"):
        answer = getattr(tg, name)(tg.Tensor(x), y)
        assert answer.dtype == bool and answer.tolist() == getattr(np, name)(x, y).tolist()
    assert tg.logical_not(tg.Tensor(x)).tolist() == np.logical_not(x).tolist()


def test_any_and_all_along_axes():
    x = tg.Tensor([[0.0, 1.0], [0.0, 0.0]])

    assert tg.any(x) and not tg.all(x) and tg.all(np.ones((0, 2)))
    assert tg.any(x, axis=1).tolist() == [True, False] and tg.all(x, axis=(0, 1)).tolist() is False
    assert tg.any(x, axis=0, keepdims=True).tolist() == [[False, True]]
    with pytest.raises(ShapeError, match=r"any: axis 2 is out of bounds .*, got shape \(2, 2\)"):
        tg.any(x, axis=2)


def test_the_order_of_elements_keeps_equal_ones_in_theirs():
    x = tg.Tensor([[3.0, 1.0, 3.0, 2.0]])

    assert tg.argsort(x).tolist() == [[1, 3, 0, 2]] and tg.argsort(x, axis=0).tolist() == [[0, 0, 0, 0]]
    assert np.array_equal(tg.take_along_axis(x, tg.argsort(x)).data, tg.sort(x).data)
    for array, axis in ((x, 2), (np.array(1.0), -1)):
        with pytest.raises(ShapeError, match=f"argsort: axis {axis} is not an axis of shape"):
            tg.argsort(array, axis=axis)
