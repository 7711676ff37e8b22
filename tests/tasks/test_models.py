"""Gates that start open for the past."""

import numpy as np
import pytest

from tinygrad_gru.training import Config, new_model


@pytest.mark.parametrize(
    ("cell", "name", "start"), [("gru", "b_z", -2.0), ("gru-after", "b_xz", -2.0), ("lstm", "b_f", 2.0)]
)
def test_only_the_bias_of_the_gate_that_keeps_is_moved(cell, name, start):
    plain, keeping = Config.of("adding", cell, hidden=4), Config.of("adding", cell, hidden=4, keep_bias=2.0)
    before, after = [dict(new_model(c, c.create()).named_parameters()) for c in (plain, keeping)]
    for key, p in after.items():
        if key.endswith(name):
            np.testing.assert_array_equal(p.data, np.full(4, start, np.float32))
        elif key.endswith("b_hz"):  # the second vector: what counts is the sum
            np.testing.assert_array_equal(p.data, np.zeros(4, np.float32))
        else:
            np.testing.assert_array_equal(p.data, before[key].data)
