"""Windows of a small table, written out."""

import numpy as np

from tinygrad_gru.tasks.own_data.windows import Windows

Z = np.array([[0, 10], [1, 11], [2, 12], [3, 13], [4, 14], [5, 15]])  # (N, C)
WINDOWS = Windows(length=3, horizon=2, places=[1])


def test_a_window_is_the_rows_and_the_targets_that_follow():
    x, y = WINDOWS.of(Z, np.array([0, 1]))
    assert x[:, 0].tolist() == [[0, 10], [1, 11], [2, 12]] and x[:, 1].tolist() == [[1, 11], [2, 12], [3, 13]]
    assert y.tolist() == [[13, 14], [14, 15]]
    assert WINDOWS.count(len(Z)) == 2 and WINDOWS.starts(0, len(Z)).tolist() == [0, 1]
    assert WINDOWS.starts(1, len(Z)).tolist() == [1] and len(WINDOWS.starts(0, 10**5)) == 2000


def test_the_last_row_and_the_season_say_something_for_each_row_ahead():
    x, _ = WINDOWS.of(Z, np.array([0, 1]))
    assert WINDOWS.last_row(x).tolist() == [[12, 12], [13, 13]]
    assert WINDOWS.one_season_ago(x, 3).tolist() == [[10, 11], [11, 12]]
    assert WINDOWS.one_season_ago(x, 1).tolist() == [[12, 12], [13, 13]]  # whole seasons, where one is not enough
