"""The native products are timed as they stand in the loops, and beside a peak that waits for no memory."""

import pytest

from benchmarks import native_products


@pytest.mark.jit
def test_products_and_sums_of_products_are_beside_the_peak_of_their_own_instructions(monkeypatch):
    monkeypatch.setattr(native_products, "ROWS", (1,))
    monkeypatch.setattr(native_products, "SECONDS", 0.001)
    speeds = native_products.measured()

    assert {*speeds[1]} == {"peak", "products", "sums of products"}
    assert 0 < speeds[1]["products"] < 1.2 * speeds[1]["peak"]  # both are noisy, and no product is faster than the peak


def test_avx2_is_asked_for_by_name():
    assert native_products.INSTRUCTIONS["AVX2"]["TINYGRAD_GRU_SIMD"] == "avx2"
