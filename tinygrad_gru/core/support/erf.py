"""The error function and its complement for arrays, which NumPy has not: rational approximations by W. J. Cody.

Source: Cody 1969, Rational Chebyshev approximations for the error function, Mathematics of Computation 23; the
coefficients are those of his CALERF. Right to some units in the last place of float64; float32 is computed in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import Array, as_floats

__all__ = ["erf_of", "erfc_of"]

SMALL, MIDDLE = 0.46875, 4.0  # up to the first erf is approximated, between them and beyond erfc
FAR = 30.0  # erfc is 0 from 26.6 on

# Numerator and denominator, the highest power first.
NEAR_0 = (
    [1.85777706184603153e-1, 3.16112374387056560e00, 1.13864154151050156e02, 3.77485237685302021e02,
     3.20937758913846947e03],
    [1.0, 2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03],
)  # fmt: skip
BETWEEN = (
    [2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e00, 6.61191906371416295e01,
     2.98635138197400131e02, 8.81952221241769090e02, 1.71204761263407058e03, 2.05107837782607147e03,
     1.23033935479799725e03],
    [1.0, 1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03,
     3.29079923573345963e03, 4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03],
)  # fmt: skip
BEYOND = (
    [1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
     1.60837851487422766e-2, 6.58749161529837803e-4],
    [1.0, 2.56852019228982242e00, 1.87295284992346725e00, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3],
)  # fmt: skip


def erf_of(x: Any) -> Array:
    """erf x = 2/√π ∫₀ˣ e^(−t²) dt, elementwise, in the dtype of x."""
    x = as_floats(np.asarray(x))
    y, near_0, beyond = _parts(x)
    return np.where(abs(y) <= SMALL, near_0, np.copysign(1 - beyond, y)).astype(x.dtype)


def erfc_of(x: Any) -> Array:
    """1 − erf x, with all of its digits for large x too."""
    x = as_floats(np.asarray(x))
    y, near_0, beyond = _parts(x)
    return np.where(abs(y) <= SMALL, 1 - near_0, np.where(y < 0, 2 - beyond, beyond)).astype(x.dtype)


def _parts(x: Array) -> tuple[Array, Array, Array]:
    """x in float64, erf x for a small one, and erfc |x| for one that is not."""
    y = x.astype(np.float64)
    size = np.clip(np.abs(y), SMALL, FAR)  # each formula is used inside its own range
    small = np.clip(y, -SMALL, SMALL)
    coarse = np.floor(size * 16) / 16  # e^(−y²) as a product: y² alone would lose the digits that the exponential needs
    power = np.exp(-coarse * coarse) * np.exp(-(size - coarse) * (size + coarse))
    inverse = 1 / np.maximum(size, MIDDLE) ** 2
    tail = (1 / np.sqrt(np.pi) - inverse * _ratio(BEYOND, inverse)) / size
    beyond = power * np.where(size <= MIDDLE, _ratio(BETWEEN, np.minimum(size, MIDDLE)), tail)
    return y, small * _ratio(NEAR_0, small * small), beyond


def _ratio(coefficients: tuple[list[float], list[float]], x: Array) -> Array:
    above, below = coefficients
    return np.asarray(np.polyval(above, x) / np.polyval(below, x))
