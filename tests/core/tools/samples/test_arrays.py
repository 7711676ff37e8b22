"""The arrays that operations are tried on: nothing in them is where a derivative is none."""

import numpy as np

from tinygrad_gru.core.tools.samples.arrays import apart, definite, normal, positive, restart, s, spread_out


def test_the_kinks_are_kept_away_from():
    """Values for `abs`, `max` and their like are neither equal nor near 0."""
    x = np.sort(apart(4, 5).ravel())

    assert np.diff(x).min() > 0.1 and np.abs(x).min() > 0.1
    assert 0.5 <= positive(100).min() and positive(100).max() <= 2


def test_shapes_may_be_of_any_kind():
    for make in (normal, positive, apart):
        assert make().shape == () and make(0, 3).shape == (0, 3)


def test_an_entry_holds_the_arrays_and_the_options_of_a_call():
    assert s(1, 2, axis=0) == ((1, 2), {"axis": 0})


def test_values_of_matrices_are_apart():
    x = definite(2, 3, 3)
    assert np.array_equal(x, x.mT) and np.linalg.eigvalsh(x).min() > 0.1
    assert np.diff(np.linalg.eigvalsh(x)).min() > 0.1
    singular = np.linalg.svd(spread_out(4, 3), compute_uv=False)
    assert singular.min() > 0.1 and -np.diff(singular).max() > 0.1


def test_a_family_that_starts_again_draws_the_same_whatever_was_drawn_before():
    restart()
    first = normal(3)
    positive(7)
    restart()
    assert np.array_equal(normal(3), first)
