"""Keys and shapes as they are written."""

import numpy as np
import pytest

from tinygrad_gru.symbolic.expression import named, number
from tinygrad_gru.symbolic.parts import basic_key, fits, is_inserting, key_text, stripped, with_shape
from tinygrad_gru.symbolic.printer import written


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (0, "0"),
        ((slice(None), slice(None, 4)), ":, :H"),
        ((Ellipsis, None), "…, None"),
        ((Ellipsis, 1, 2), "1, 2"),
        (np.array([2, 0]), "c"),
        (np.array([1, 1]), "[1, 1]"),
        (np.array([[1], [1]]), "[[1], [1]]"),
        (np.arange(9), "[0, 1, 2, 3, 4, 5, …]"),
        ((np.arange(3), np.array([2, 0, 1])), "i, [2, 0, 1]"),
        ((np.arange(3)[:, None], np.array([[2], [0], [1]])), "i, [[2], [0], [1]]"),
    ],
)
def test_a_key_is_written(key, text):
    assert key_text(key, lambda n: {4: "H"}.get(n, str(n)), {"c": np.array([2, 0])}, (3, 4)) == text


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ((3,), (3, 1), "v[:, None]"),
        ((3,), (1, 3), "v[None, :]"),
        ((3, 1), (3,), "v[:, 0]"),
        ((2, 3), (6,), "reshape(v, 6)"),
        ((3,), (2, 3), "v ⊙ ones(2, 3)"),
        ((3,), (3,), "v"),
    ],
)
def test_another_shape_is_said(before, after, text):
    assert written(with_shape(named("v"), before, after, str)) == text


def test_numbers_become_arrays_of_that_number():
    assert written(with_shape(number(0.0), (), (2, 3), str)) == "zeros(2, 3)"
    assert written(with_shape(number(-0.25), (), (4,), str)) == "−0.25 ones(4)"
    assert written(with_shape(number(2.0), (), (1, 1), str)) == "2"


def test_a_shape_fits_another_if_broadcasting_makes_it():
    assert fits((3,), (2, 3)) and fits((1, 3), (3,)) and fits((), (2, 3)) and fits((2, 1), (2, 3))
    assert not fits((3,), (3, 1)) and not fits((2, 3), (3,)) and not fits((2, 3), (3, 2))
    assert stripped((1, 1, 3, 1)) == (3, 1)


def test_keys_of_new_axes_alone_take_all_there_is():
    assert is_inserting((Ellipsis, None)) and is_inserting(None) and not is_inserting(()) and not is_inserting(0)
    assert basic_key((0, slice(1), None)) and not basic_key((0, np.array([1])))
