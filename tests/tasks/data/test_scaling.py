"""Scaling: mean 0 and standard deviation 1 in the rows to train on; and names for people."""

import numpy as np
import pytest

from tinygrad_gru.errors import DataError
from tinygrad_gru.tasks.data.scaling import Scaling, listed


def test_the_rows_to_train_on_have_mean_0_and_standard_deviation_1():
    scaling = Scaling.of(["a", "b"], np.array([[1.0, 5.0], [3.0, 5.0]]))
    assert (scaling.mean, scaling.spread) == ([2, 5], [1, 1])  # a constant is only moved
    assert scaling(np.array([[4.0, 6.0]])).tolist() == [[2, 1]]
    assert Scaling.from_facts(scaling.as_facts()) == scaling


def test_a_value_that_float32_could_not_tell_from_others_is_refused():
    with pytest.raises(DataError, match="a million standard deviations"):
        Scaling(["a"], [0.0], [1.0])(np.array([[2e6]]))


def test_many_names_are_cut():
    assert listed([str(i) for i in range(23)]).endswith("18, 19 and 3 more")
