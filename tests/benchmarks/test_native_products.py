"""The native products are timed as they stand in the loops, and beside a peak that waits for no memory."""

import pytest

from benchmarks import native_products


@pytest.mark.jit
def test_products_and_sums_of_products_are_beside_the_peak_of_their_own_instructions(monkeypatch):
    monkeypatch.setattr(native_products, "ROWS", (1,))
    monkeypatch.setattr(native_products, "SECONDS", 0.001)
    speeds = native_products.measured()

    assert {*speeds[1]} == {"peak", "products", "sums of products"}
    assert all(speed > 0 for speed in speeds[1].values())


@pytest.mark.jit
def test_a_call_counts_two_operations_for_each_number_of_each_row():
    """Row 1: 32 sequences, [x, h] of 96 numbers, four gates of 64; the sums are over 4 steps."""
    _, flops = native_products.operations(1)

    assert flops["products"] % (2 * 32 * 96 * 256) == 0 and flops["sums of products"] % (2 * 128 * 96 * 256) == 0
    assert min(flops.values()) > 0


def test_avx2_is_asked_for_by_name():
    assert native_products.INSTRUCTIONS["AVX2"]["TINYGRAD_GRU_SIMD"] == "avx2"
