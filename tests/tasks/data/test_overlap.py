"""What of other data a run was trained on."""

import numpy as np
import pytest

from tinygrad_gru.errors import DataError
from tinygrad_gru.tasks.data.overlap import shared_beginning, without_trained


def test_what_was_trained_on_is_left_out_and_counted():
    indices, words = without_trained(np.arange(4), np.array([True, False, True, False]), "texts")
    assert indices.tolist() == [1, 3] and words == "2 of its 4 texts were trained on and are left out"


def test_data_of_which_all_were_trained_on_are_refused():
    with pytest.raises(DataError, match="all 2 groups were trained on: nothing is left to test. try: without --file"):
        without_trained(np.arange(2), np.array([True, True]), "groups")


@pytest.mark.parametrize(
    ("train", "held_out", "length"),
    [([1, 2, 3, 4], [1, 2, 9, 4], 2), ([1, 2, 3], [1, 2, 3, 4, 5], 3), ([1, 2, 3, 4], [1, 2], 2), ([9], [1], 0)],
)
def test_the_shared_beginning_ends_at_the_first_difference_or_with_the_shorter_series(train, held_out, length):
    words = shared_beginning(np.array(train), np.array(held_out), 0, "rows")
    assert words == f"its first {length} rows were trained on and are tested too"


def test_rows_are_the_same_if_all_their_columns_are_and_a_short_beginning_is_not_told():
    train = np.array([[1, 1], [2, 2], [3, 3]])
    held_out = np.array([[1, 1], [2, 2], [3, 0]])
    assert shared_beginning(train, held_out, 2, "rows").startswith("its first 2 rows")
    assert shared_beginning(train, held_out, 3, "rows") == ""
