"""Contestants take turns, and a ratio is that of each round, so that a slow moment of the machine hits both."""

import itertools

from benchmarks.timing import in_rounds, ratio, side_by_side


def test_contestants_take_turns_after_they_are_warm():
    calls = []
    seconds = in_rounds({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=3, warm=1)

    assert calls == ["a", "b"] + ["a", "b"] * 3
    assert {name: len(rounds) for name, rounds in seconds.items()} == {"a": 3, "b": 3}


def test_a_turn_makes_as_many_calls_as_fill_it_and_gives_the_seconds_of_one():
    calls, ticks = [], itertools.count()
    seconds = in_rounds({"a": lambda: calls.append("a")}, rounds=1, warm=1, clock=lambda: next(ticks), turn=3600.0)

    assert len(calls) == 1 + 1000
    assert seconds == {"a": [1 / 1000]}


def test_a_ratio_is_the_median_of_those_of_the_rounds_and_not_the_ratio_of_medians():
    seconds = {"a": [1.0, 10.0, 4.0], "b": [1.0, 2.0, 8.0]}

    assert ratio(seconds, "a", "b") == 1.0  # of 1, 5 and ½; the medians are 4 and 2
    assert ratio(seconds, "a", "torch") is None


def test_side_by_side_gives_medians():
    assert side_by_side({"a": lambda: None}, repeats=3)["a"] < 1.0
