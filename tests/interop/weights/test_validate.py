"""Foreign arrays: how they are read, which do not fit, and how parameters get them."""

import numpy as np
import pytest

from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError, CheckpointError
from tinygrad_gru.interop.weights.validate import adopt, as_array_of, misfits, printable, refuse, unusable


def test_arrays_that_fit_have_no_misfits():
    assert misfits({"W": ("float32", (2, 3))}, {"W": (2, 3)}) == []


def test_missing_unexpected_misshaped_and_mistyped_arrays_are_all_named():
    header = {"W": ("float16", (2, 3)), "\x1b": ("float32", (1,)), "c": ("float64", ())}
    assert misfits(header, {"W": (3, 2), "b": (2,), "c": ()}) == [
        "b is missing",
        "'\\x1b' is unexpected",
        "W is (2, 3), wanted (3, 2)",
        "W is float16, wanted float32 or float64",
    ]


def test_two_dtypes_are_one_problem_with_an_array_of_each():
    header = {"W": ("float32", ()), "b": ("float64", ()), "c": ("float64", ())}
    (problem,) = misfits(header, dict.fromkeys(header, ()))
    assert problem == "the dtypes differ, float32 (W) and float64 (c), wanted one for all"


def test_nan_and_infinity_are_unusable():
    arrays = {"a": np.array([1.0]), "b": np.array([np.nan]), "c": np.array([-np.inf])}
    assert unusable(arrays) == ["b holds NaN or infinity", "c holds NaN or infinity"]


def test_all_problems_are_one_line_that_ends_in_what_to_try_and_very_many_are_cut():
    with pytest.raises(CheckpointError, match="^it does not fit: a; b. try: another$"):
        refuse("it does not fit", ["a", "b"], "another")
    with pytest.raises(CheckpointError, match="; 11; and 3 more. try: another$"):
        refuse("it does not fit", [str(i) for i in range(15)], "another")


def test_an_array_of_the_other_byte_order_is_made_native():
    array = as_array_of("W", np.array([1.5], ">f4"))
    assert array.dtype == np.float32 and array.dtype.isnative and array.tolist() == [1.5]


def test_a_value_that_raises_whatever_it_wants_is_refused_in_a_line():
    class Odd:
        def __array__(self, *args, **options):
            raise RuntimeError("no\nway")

    with pytest.raises(ArgumentError, match="^W is a Odd that NumPy cannot read: no. try: float32 arrays"):
        as_array_of("W", Odd())


def test_parameters_adopt_arrays_and_forget_their_gradients():
    layer = nn.Linear(1, 1)
    layer.W.grad = np.ones((1, 1), np.float32)
    adopt(layer, [(layer.W, np.array([[2.0]])), (layer.W, np.array([[2.0]]))])  # tied: twice the same
    assert layer.W.data.tolist() == [[2.0]] and layer.W.dtype == np.float64 and layer.W.grad is None


def test_a_tied_parameter_with_two_values_changes_nothing():
    layer = nn.Linear(1, 1)
    before = layer.W.data
    with pytest.raises(CheckpointError, match="W is shared, but comes with two values. try: the same array for both"):
        adopt(layer, [(layer.b, np.zeros(1)), (layer.W, np.array([[2.0]])), (layer.W, np.array([[3.0]]))])
    assert layer.W.data is before and layer.b.dtype == np.float32


def test_a_name_is_cut_and_escaped():
    assert printable("weight") == "weight"
    assert printable("a\nb") == "'a\\nb'" and len(printable("x" * 1000)) == 80
