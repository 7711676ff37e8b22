"""Which data are held out: the runs of earlier versions were tested on the same ones."""

import numpy as np
import pytest

from tinygrad_gru.tasks.data.split import split, stratified


@pytest.mark.parametrize(("count", "held_out"), [(1, 1), (4, 1), (9, 1), (10, 2), (23, 4), (1000, 200)])
def test_one_in_five_is_held_out_and_one_at_least(count, held_out):
    train, test = split(count)
    assert len(test) == held_out and sorted([*train, *test]) == list(range(count))


def test_which_ones_is_the_same_for_every_run_and_version():
    train, test = split(12)
    order = np.random.default_rng(314159).permutation(12)
    assert [*test, *train] == order.tolist()
    assert (test.tolist(), train.tolist()) == ([11, 6], [3, 4, 10, 2, 9, 5, 8, 1, 0, 7])


@pytest.mark.parametrize("counts", [[10, 5], [80, 15, 5], [1, 1, 8], [97, 3], [4, 4, 4, 4], [2, 2]])
def test_of_each_class_a_fifth_is_held_out_as_nearly_as_can_be(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    train, test = stratified(labels)
    assert sorted([*train, *test]) == list(range(len(labels)))
    assert len(test) == max(1, len(labels) // 5)
    held_out = np.bincount(labels[test], minlength=len(counts))
    assert all(abs(n - count / 5) < 1 for n, count in zip(held_out, counts, strict=True))
    assert (held_out < counts).all()  # one of each class at least is trained on


def test_which_ones_of_each_class_is_the_same_for_every_run():
    sides = [[side.tolist() for side in stratified(np.arange(20) % 2)] for _ in range(2)]
    assert sides[0] == sides[1] and sorted(sides[0][1]) != [0, 1, 2, 3]  # and not the first ones


def test_where_each_class_is_alone_one_is_held_out_all_the_same():
    train, test = stratified(np.arange(4))
    assert len(test) == 1 and len(train) == 3
