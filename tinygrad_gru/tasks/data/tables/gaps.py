"""Filling gaps: cells without a value are NaN until here."""

from __future__ import annotations

import numpy as np

from ....core.support.arrays import Array

__all__ = ["fill_gaps"]


def fill_gaps(values: Array, how: str, means: Array) -> None:
    """Fill the NaN of `values` (N, C) in place: with the previous row's, the column's mean, a straight line, or zero.

    Before the first value of a column, and behind the last on a line, the nearest value is taken; a column without any
    gets its mean.

    >>> rows = np.array([[np.nan], [1.0], [np.nan], [np.nan], [4.0]])
    >>> fill_gaps(rows, "interpolate", np.zeros(1)); rows.ravel()
    array([1., 1., 2., 3., 4.])
    """
    for column, mean in zip(values.T, means, strict=True):
        gaps = np.isnan(column)
        if not gaps.any():
            continue
        there = np.flatnonzero(~gaps)
        if how == "zero" or how == "mean" or not len(there):
            column[gaps] = 0.0 if how == "zero" else mean
        elif how == "interpolate":
            column[gaps] = np.interp(np.flatnonzero(gaps), there, column[there])
        else:
            last = np.searchsorted(there, np.flatnonzero(gaps)) - 1  # before each gap, −1 if there is none
            column[gaps] = column[there[np.maximum(last, 0)]]
