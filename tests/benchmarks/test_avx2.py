"""The table for AVX2 is that of the layers, from a process whose libraries may use no more."""

import os

import pytest

from benchmarks import avx2


@pytest.mark.jit
def test_a_row_for_each_layer_and_shape_without_limits(monkeypatch):
    monkeypatch.setattr(avx2, "LAYERS", ("RNN",))
    monkeypatch.setattr(avx2, "SHAPES", [(1, 100, 16, 32)])
    monkeypatch.setattr(avx2, "ROUNDS", 1)
    (row,) = avx2.main()

    assert row["layer"] == "RNN" and row["at most"] == {}
    assert row["medians, ms"]["jit"] > 0
    assert not {*avx2.AVX2} & {*os.environ}  # they are the measurement's alone
