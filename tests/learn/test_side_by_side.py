"""What was wanted and what came, in text."""

import numpy as np
import pytest

from tinygrad_gru.learn.side_by_side import side_by_side


def test_wrong_numbers_are_marked_beside_the_wanted_ones():
    lines = side_by_side([np.array([1.0, 2.0])], [np.array([1.0, 2.5])], [], 80)
    assert lines == ["wanted (2,)    got (2,)", " 1  2             1  2.5<"]


def test_where_there_is_no_room_they_stand_below_each_other():
    lines = side_by_side([np.array([1.0, 2.0])], [np.array([1.0, 2.5])], [], 20)
    assert [line.split() for line in lines] == [["wanted", "(2,)"], ["1", "2"], ["got", "(2,)"], ["1", "2.5<"]]


def test_only_results_that_differ_are_shown_by_their_names():
    same, wanted, got = np.zeros(2), np.array([[1.0], [2.0]]), np.array([[1.0, 2.0]])
    lines = side_by_side([same, wanted], [same, got], ["∂L/∂x", "∂L/∂y"], 80)
    assert lines[0] == "∂L/∂y  wanted (2, 1)    got (1, 2)" and "∂L/∂x" not in "".join(lines)


def test_large_arrays_are_cut():
    lines = side_by_side([np.zeros((20, 20))], [np.ones((20, 20))], [], 200)
    assert len(lines) == 10 and "…" in lines[-1] and "…" in lines[1]


def test_nan_and_infinity_are_marked():
    (_, row) = side_by_side([np.array([1.0, 2.0, 3.0])], [np.array([np.nan, np.inf, 3.0])], [], 80)
    assert row.count("<") == 2


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_an_array_without_numbers_is_called_so(shape):
    assert side_by_side([np.zeros(2)], [np.zeros(shape)], [], 80)[1].split() == ["0", "0", "nothing"]


def test_numbers_are_shown_in_a_row_also_where_there_are_too_many():
    wanted, got = [np.array(1.0), np.array(2.0)], [np.array(0.5), np.array(1.0), np.array(2.0)]
    assert side_by_side(wanted, got, ["a", "b"], 80) == [
        "a, b  wanted (2,)    got (3,)",
        " 1  2                 0.5    1    2",
    ]


def test_true_and_false_are_shown_as_such():
    assert side_by_side([np.array(True)], [np.array(False)], [], 80)[1].split() == ["True", "False<"]
