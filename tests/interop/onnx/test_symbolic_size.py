"""Sizes that follow the free sizes: sums, products, ranges and fills, and what is none of these."""

import numpy as np
import pytest

from tinygrad_gru.interop.onnx.symbolic_size import Fill, Range, Size, Unfitting, fitted, merged

# the example; time changed; batch changed; both
BOTH = [{"time": 5, "batch": 3}, {"time": 6, "batch": 3}, {"time": 5, "batch": 4}, {"time": 9, "batch": 7}]
TIME = [{"time": 5}, {"time": 6}, {"time": 9}]


def test_a_number_that_stays_is_a_constant():
    assert fitted([4, 4, 4], TIME) == 4


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([5, 6, 5, 9], "time"),
        ([2, 3, 2, 6], "time - 3"),
        ([11, 13, 11, 19], "2*time + 1"),
        ([8, 9, 9, 16], "time + batch"),
        ([15, 18, 20, 63], "time*batch"),
        ([30, 36, 40, 126], "2*time*batch"),
    ],
)
def test_a_number_that_follows_is_a_size_that_predicts_every_recording(numbers, text):
    size = fitted(numbers, BOTH)
    assert str(size) == text and [size.at(sizes) for sizes in BOTH] == numbers


@pytest.mark.parametrize("numbers", [[2, 3, 4], [25, 36, 81], [5, 6, 10], [5, 5, 6]])
def test_a_quotient_a_square_and_a_size_that_does_not_predict_the_last_are_refused(numbers):
    with pytest.raises(Unfitting, match=f"the number {numbers[0]} became {numbers[1]}, {numbers[2]}"):
        fitted(numbers, TIME)


def test_a_size_is_written_in_other_names():
    assert Size(((2, ("x_axis_0", "x_axis_1")),), -1).text({"x_axis_0": "time"}) == "2*time*x_axis_1 - 1"


def test_tuples_and_slices_are_merged_part_by_part():
    keys = [(slice(0, n), 2, None) for n in (4, 5, 8)]
    part, two, none = merged(keys, TIME)
    assert (part.start, str(part.stop), part.step, two, none) == (0, "time - 1", None, 2, None)


def test_an_arange_is_a_range_and_zeros_are_a_fill():
    assert merged([np.arange(n) for n in (5, 6, 9)], TIME) == Range(Size(((1, ("time",)),)))
    assert merged([np.zeros((n, 2)) for n in (5, 6, 9)], TIME) == Fill(0.0)


def test_an_array_that_stays_is_itself_nan_included():
    array = np.array([1.0, np.nan])
    assert merged([array, array.copy(), array.copy()], TIME) is array


def test_a_whole_number_in_an_array_without_axes_may_be_a_size():
    assert str(merged([np.array(float(n)) for n in (5, 6, 9)], TIME)) == "time"


@pytest.mark.parametrize(
    "values",
    [
        [np.array([1.0, 2.0]), np.array([1.0, 3.0]), np.array([1.0, 2.0])],
        [True, False, True],
        [(1,), (1, 2), (1,)],
        [1, "1", 1],
        ["a", "a", "b"],
    ],
)
def test_values_that_differ_in_anything_else_are_refused(values):
    with pytest.raises(Unfitting):
        merged(values, TIME)
