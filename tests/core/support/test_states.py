"""The comparison of a state that is loaded with the one it replaces."""

import numpy as np
import pytest

from tinygrad_gru import errors
from tinygrad_gru.core.support.states import check_fit, checked_mapping


def test_a_state_with_the_same_keys_shapes_and_dtypes_fits():
    check_fit("Linear", {"b": np.ones(2), "W": np.ones(3)}, {"W": np.zeros(3), "b": np.zeros(2)})


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({}, "W is missing"),
        ({"W": np.zeros(3), "V": np.zeros(3)}, "V is unexpected"),
        ({"W": np.zeros(2)}, r"W is float64 \(2,\), wanted float64 \(3,\)"),
        ({"W": np.zeros(3, np.float32)}, r"W is float32 \(3,\), wanted float64 \(3,\)"),
    ],
)
def test_what_does_not_fit_is_named(state, problem):
    with pytest.raises(errors.CheckpointError, match=f"^the state does not fit Linear: {problem}$"):
        check_fit("Linear", state, {"W": np.zeros(3)})


def test_a_state_is_a_dictionary():
    with pytest.raises(errors.ArgumentError, match=r"load_state_dict: got \[1\], wanted a dictionary\. try"):
        checked_mapping([1])
