"""Curves in a line."""

import math

from tinygrad_gru.training import sparkline


def test_the_lowest_and_the_highest_are_the_ends_of_the_scale():
    assert sparkline([0, 7]) == "▁█"
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert sparkline([3, 3]) == "▁▁"


def test_what_is_no_number_is_left_out():
    assert sparkline([]) == sparkline([math.nan]) == ""
    assert sparkline([math.inf, 1, 2]) == "▁█"


def test_a_long_curve_keeps_its_lowest_points():
    values = [5.0] * 100
    values[50] = 1.0
    assert len(sparkline(values, 10)) == 10 and sparkline(values, 10).count("▁") == 1


def test_decades_are_heights():
    assert sparkline([1000, 100, 10, 1]) == "█▆▃▁"
    assert sparkline([-1000, 100, 10, 1]) == "▁█▇▇"  # no logarithms of what is below 0


def test_on_the_scale_of_others_a_run_that_learns_nothing_is_flat():
    nothing, learns = [0.168, 0.166, 0.167], [0.17, 0.02, 0.0005]
    assert len(set(sparkline(nothing))) > 1  # on its own scale it seems to
    assert sparkline(nothing, among=learns) == "███" and sparkline(learns, among=nothing) == sparkline(learns)
    assert sparkline([1.0], among=[math.nan, math.inf]) == "▁" and sparkline([], among=[1.0]) == ""
