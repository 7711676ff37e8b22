"""Filling gaps: each way against the values that it should give."""

import numpy as np
import pytest

from tinygrad_gru.tasks.data.tables.gaps import fill_gaps

GAP = np.nan


@pytest.mark.parametrize(
    ("how", "filled"),
    [
        ("previous", [1, 1, 1, 1, 4, 4]),  # before the first value there is only what follows
        ("interpolate", [1, 1, 2, 3, 4, 4]),
        ("mean", [9, 1, 9, 9, 4, 9]),
        ("zero", [0, 1, 0, 0, 4, 0]),
    ],
)
def test_a_gap_is_filled(how, filled):
    values = np.array([[GAP, 1, GAP, GAP, 4, GAP], [1, 2, 3, 4, 5, 6]]).T
    fill_gaps(values, how, np.array([9.0, 9.0]))
    assert values[:, 0].tolist() == filled and values[:, 1].tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("how", ["previous", "interpolate", "mean"])
def test_a_column_without_any_value_gets_its_mean(how):
    values = np.full((3, 1), GAP)
    fill_gaps(values, how, np.array([5.0]))
    assert values.tolist() == [[5], [5], [5]]
