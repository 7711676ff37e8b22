"""Peak memory of a training step, in a process of its own."""

from pathlib import Path

import pytest

from benchmarks import layer_memory


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells the peak")
def test_the_peak_is_at_least_what_has_to_be_stored():
    states = 200 * 32 * 128 * 4 / 1e6

    assert 3 * states < layer_memory.peak("NumPy", (32, 200, 8, 128)) < 40 * states  # r, z and the candidate at least


def test_a_row_compares_with_torch_if_it_is_there():
    row = layer_memory.row_of((1, 2, 3, 4), {"NumPy": 50.0, "torch": 100.0})
    assert (row["NumPy / torch"], row["jit / torch"], row["torch MB"]) == (0.5, None, 100.0)
    assert layer_memory.row_of((1, 2, 3, 4), {"NumPy": 50.0})["NumPy / torch"] is None
