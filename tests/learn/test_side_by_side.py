"""What was wanted and what came, in text."""

import numpy as np

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
