"""What is small in a formula."""

from tinygrad_gru.symbolic.short import number, subscript


def test_numbers_are_short():
    assert [number(v) for v in (1.0, 0.25, -3.0, 1e6, 1e-7, 123456.0)] == ["1", "0.25", "−3", "1e6", "1e−7", "1.23e5"]
    assert [number(v) for v in (float("nan"), float("inf"), float("-inf"))] == ["NaN", "∞", "−∞"]
    assert subscript(-12) == "₋₁₂"
