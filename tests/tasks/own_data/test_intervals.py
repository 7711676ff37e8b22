"""What nine in ten errors stay below, counted by hand."""

import numpy as np
import pytest

from tinygrad_gru.errors import CheckpointError
from tinygrad_gru.tasks.own_data.intervals import errors_of, nine_in_ten, share_inside


def test_of_nine_errors_the_largest_and_of_nineteen_the_eighteenth():
    errors = np.array([[-9.0], [1], [2], [3], [4], [5], [6], [7], [8]])
    assert nine_in_ten(errors[:8], 1) is None and nine_in_ten(errors, 1).tolist() == [[9.0]]
    many = np.arange(1.0, 20)[:, None] * [1, -2]  # two rows ahead
    assert nine_in_ten(many, 2).tolist() == [[18.0], [36.0]]


def test_the_share_of_errors_that_lie_within_their_bounds():
    assert share_inside(np.array([[1.0, -5.0], [-2.0, 3.0]]), np.array([2.0, 4.0])) == 0.75


def test_the_errors_of_a_run_are_read_back_or_refused():
    assert errors_of({}, 1, 2) is None
    assert errors_of({"errors": [[1.0, 2.0]]}, 1, 2).tolist() == [[1.0, 2.0]]
    for wrong in ([[1.0]], [[-1.0, 2.0]], [[float("nan"), 2.0]], "x"):
        with pytest.raises(CheckpointError, match="the checkpoint's errors cannot be used"):
            errors_of({"errors": wrong}, 1, 2)
