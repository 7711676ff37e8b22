"""The first call is measured with an empty cache, from disk, and with another size."""

import pytest

from benchmarks import first_call


@pytest.mark.jit
def test_a_call_from_disk_takes_less_than_one_that_compiles():
    (row,) = first_call.main(("RNN",))

    assert row["layer"] == "RNN"
    assert 0 < row["from disk, s"] < row["empty cache, s"]
    assert row["another size, s"] > 0
