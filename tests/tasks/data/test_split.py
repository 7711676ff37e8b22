"""Which data are held out: the runs of earlier versions were tested on the same ones."""

import numpy as np
import pytest

from tinygrad_gru.tasks.data.split import split


@pytest.mark.parametrize(("count", "held_out"), [(1, 1), (4, 1), (9, 1), (10, 2), (23, 4), (1000, 200)])
def test_one_in_five_is_held_out_and_one_at_least(count, held_out):
    train, test = split(count)
    assert len(test) == held_out and sorted([*train, *test]) == list(range(count))


def test_which_ones_is_the_same_for_every_run_and_version():
    train, test = split(12)
    order = np.random.default_rng(314159).permutation(12)
    assert [*test, *train] == order.tolist()
    assert (test.tolist(), train.tolist()) == ([11, 6], [3, 4, 10, 2, 9, 5, 8, 1, 0, 7])
