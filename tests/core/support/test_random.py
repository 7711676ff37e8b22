"""One seeded generator, and never NumPy's global one."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError


def drawn():
    return tg.generator().random()


def test_the_same_seed_gives_the_same_numbers():
    tg.seed(1)
    first = drawn()
    tg.seed(1)
    assert drawn() == first != drawn()


def test_a_seed_for_a_block_leaves_the_numbers_outside_alone():
    tg.seed(1)
    expected = [drawn(), drawn()]
    tg.seed(1)
    first = drawn()
    with tg.seed(99) as rng:
        assert rng is tg.generator()
        drawn()
    assert [first, drawn()] == expected


def test_a_generator_of_ones_own_is_drawn_from():
    rng = np.random.default_rng(5)
    with tg.seed(rng):
        assert tg.generator() is rng


@pytest.mark.parametrize("n", [-1, 2**63, 1.0, True, "0", None])
def test_other_seeds_are_refused(n):
    with pytest.raises(ArgumentError, match=r"seed: wants a whole number from 0 to 2\*\*63 - 1"):
        tg.seed(n)


def test_numpys_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    tg.seed(3)
    tg.nn.Linear(3, 3)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002
