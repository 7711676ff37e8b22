"""The error function, beside the standard library's."""

import math

import numpy as np
import pytest

from tinygrad_gru.core.support.erf import BETWEEN, erf_of, erfc_of

X = np.concatenate([np.linspace(-6.5, 27.5, 4001), np.geomspace(1e-300, 1, 500), [0.46875, -0.46875, 4.0, -4.0]])


def worst(got, wanted):
    """The largest relative error; numbers so small that they have lost digits count as their last one."""
    return np.max(np.abs(got - wanted) / np.maximum(np.abs(wanted), 1e-307))


def test_both_are_right_to_the_last_digits():
    assert worst(erf_of(X), np.array([math.erf(x) for x in X])) < 1e-15
    assert worst(erfc_of(X), np.array([math.erfc(x) for x in X])) < 2e-15


def test_a_digit_of_a_coefficient_that_is_wrong_is_noticed(monkeypatch):
    coefficients = list(BETWEEN[0])
    coefficients[3] *= 1 + 1e-12
    monkeypatch.setattr("tinygrad_gru.core.support.erf.BETWEEN", (coefficients, BETWEEN[1]))

    assert worst(erfc_of(X), np.array([math.erfc(x) for x in X])) > 1e-14


def test_float32_is_rounded_once():
    x = X.astype(np.float32)

    assert erf_of(x).dtype == erfc_of(x).dtype == np.float32
    assert np.array_equal(erf_of(x), np.float32([math.erf(v) for v in x]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_ends_of_the_range_neither_warn_nor_fail(dtype):
    x = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1e38, -1e38, 1e-40], dtype)

    assert np.array_equal(erf_of(x)[:6], [1, -1, np.nan, 0, 0, 1], equal_nan=True)
    assert np.signbit(erf_of(x)).tolist()[3:5] == [False, True]
    assert np.array_equal(erfc_of(x)[:7], [0, 2, np.nan, 1, 1, 0, 2], equal_nan=True)
    assert erf_of(x)[7] == pytest.approx(2 / math.sqrt(math.pi) * float(x[7]), rel=1e-6, abs=1e-45)
