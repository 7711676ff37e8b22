"""Scatter-add: `np.add.at`, faster and more accurate, for the gradients of indexed elements.

Indices that name no element twice are a plain `+=`. Whole rows are sorted first, so that equal ones are added at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import Array
from .sums import SHORT

__all__ = ["add_at"]


def add_at(y: Array, key: Any, piece: Any) -> None:
    """Add the piece to y at the key, at repeated indices as often as they stand there."""
    parts = key if isinstance(key, tuple) else (key,)
    arrays = [k for k in parts if isinstance(k, np.ndarray)]
    if all(k.dtype == bool for k in arrays):
        y[key] += piece  # slices, single integers and masks name each element once
    elif len(parts) == 1 and y.ndim > 1:
        _add_rows(y, arrays[0], piece)
    elif type(key) is tuple and len(arrays) == 1 and all(type(k) is slice and k == slice(None) for k in key[:-1]):
        axis = len(key) - 1  # as from `take`
        picked = tuple(range(axis, axis + arrays[0].ndim))
        _add_rows(np.moveaxis(y, axis, 0), arrays[0], np.moveaxis(piece, picked, range(len(picked))))
    elif max(y.ndim, piece.ndim) > 32 or (y.dtype == np.float32 and y.size < 4 * piece.size):
        # NumPy's add.at crashes beyond 32 axes; and for elements picked many times see _add_rows
        positions = np.arange(y.size).reshape(y.shape)[key]
        y += np.bincount(positions.ravel(), piece.ravel(), y.size).reshape(y.shape)  # adds in float64
    else:
        np.add.at(y, key, piece)


def _add_rows(y: Array, rows: Array, piece: Array) -> None:
    """`np.add.at(y, rows, piece)`, several times faster: sort the rows, then add each run of equal ones at once.

    A long run of float32 numbers is added in float64: one after the other, a million of them would be off by 1 %.
    """
    rows = rows.ravel().astype(np.intp)  # uint8 could not hold the size it is divided by
    rows = rows % len(y) if rows.size else rows
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    if len(starts):
        pieces = piece.reshape(len(rows), *y.shape[1:])[order]
        longest = np.diff(starts, append=len(rows)).max()
        y[ordered[starts]] += np.add.reduceat(pieces, starts, axis=0, dtype=np.float64 if longest > SHORT else y.dtype)
