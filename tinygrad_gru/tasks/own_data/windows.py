"""Windows of a table: the rows that are read, the targets that follow, and what the last row and the season say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.support.arrays import Array
from ..base import Batch

__all__ = ["Windows"]

MOST_TESTED = 2000  # windows


@dataclass(frozen=True)
class Windows:
    """`length` rows of C columns, and of C' of them, in these places, the next `horizon`."""

    length: int
    horizon: int
    places: list[int]

    def of(self, z: Array, starts: Array) -> Batch:
        """Rows (T, B, C) from these starts on, and the targets (B, horizon · C') that follow."""
        steps = np.arange(self.length)[:, None]
        ahead = starts[:, None] + self.length + np.arange(self.horizon)
        return Batch(z[starts + steps], z[ahead][:, :, self.places].reshape(len(starts), -1))

    def count(self, rows: int) -> int:
        """How many there are in so many rows."""
        return rows - self.length - self.horizon + 1

    def starts(self, first: int, end: int) -> Array:
        """Where windows of rows from `first` to `end` start: all of them, or as many as are tested."""
        last = end - self.length - self.horizon
        return np.unique(np.linspace(first, last, MOST_TESTED).astype(int))

    def last_row(self, x: Array) -> Array:
        """The targets in the last row of each window, once per row ahead: (B, horizon · C')."""
        return np.tile(x[-1][:, self.places], self.horizon)

    def one_season_ago(self, x: Array, season: int) -> Array:
        """What the targets were a season before each row ahead, or whole seasons where one is not enough."""
        ahead = np.arange(self.horizon)
        return x[len(x) - season + ahead % season][:, :, self.places].transpose(1, 0, 2).reshape(x.shape[1], -1)
