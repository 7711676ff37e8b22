"""The best value so far."""

import math

from tinygrad_gru.updates.best import Best


def test_the_lowest_counts_and_when_it_was_measured():
    best = Best()
    assert [best.improves(value, at) for at, value in [(5, 3.0), (10, 1.0), (15, 2.0), (20, 1.0)]] == [
        True, True, False, False,
    ]  # fmt: skip
    assert (best.value, best.at) == (1.0, 10)


def test_of_accuracies_the_highest_counts():
    best = Best(higher=True)
    assert [best.improves(value, at) for at, value in enumerate([0.5, 0.4, 0.9])] == [True, False, True]
    assert (best.value, best.at) == (0.9, 2)


def test_a_smaller_improvement_than_min_delta_is_none():
    best = Best(1.0, min_delta=0.1)
    assert not best.improves(0.95, 1) and best.improves(0.85, 2)


def test_what_is_no_number_is_never_the_best():
    for best in (Best(), Best(higher=True), Best(1.0)):
        assert not best.improves(math.nan, 1)
    assert Best().value == math.inf and Best(higher=True).value == -math.inf
