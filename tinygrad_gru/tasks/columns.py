"""Columns of numbers from the user's own CSV: which there are, their values, and their means and spreads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.arrays import Array
from ..errors import CheckpointError, DataError
from .records import Record, Source, number
from .task import fact

__all__ = ["Scaling", "numbers", "numeric_columns"]


def numeric_columns(source: Source, records: Sequence[Record], but: Sequence[str] = ()) -> list[str]:
    """The columns whose first value is a number; dates and names are left out."""
    found = []
    for name, text in records[0].fields.items():
        try:
            float(text)
        except ValueError:
            continue
        if name not in but:
            found.append(name)
    if not found:
        raise source.error(records[0].line, "no column holds numbers. try: a table with one at least")
    return found


def numbers(source: Source, records: Sequence[Record], columns: Sequence[str]) -> Array:
    """The values (N, C) of these columns; DataError at the first that is none, with its line."""
    return np.array([[number(source, record, column) for column in columns] for record in records])


@dataclass(frozen=True)
class Scaling:
    """Columns brought to mean 0 and standard deviation 1, as they are in the rows that are trained on."""

    columns: list[str]
    mean: list[float]
    spread: list[float]

    @classmethod
    def of(cls, columns: list[str], known: Array) -> Scaling:
        """That of known rows (N, C); a column that never changes is only moved to 0."""
        spread = known.std(axis=0)
        spread = np.where(spread > 1e-12 * np.abs(known).max(axis=0, initial=0), spread, 1.0)
        return cls(columns, known.mean(axis=0).tolist(), spread.tolist())

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Scaling:
        """That of a run."""
        found = cls(*(fact(facts, name, list) for name in ("columns", "mean", "spread")))
        sound = all(type(v) is float and np.isfinite(v) for v in [*found.mean, *found.spread])
        sound = sound and all(type(name) is str for name in found.columns) and all(v > 0 for v in found.spread)
        if not sound or not len(found.columns) == len(found.mean) == len(found.spread):
            raise CheckpointError("the checkpoint's columns, mean and spread cannot be used. try: another one")
        return found

    def as_facts(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"columns": self.columns, "mean": self.mean, "spread": self.spread}

    def __call__(self, values: Array) -> Array:
        """Values (N, C) as float32 around 0."""
        scaled = (values - self.mean) / self.spread
        if np.abs(scaled).max(initial=0) > 1e6:
            raise DataError("a value is a million standard deviations from the mean. try: leave such rows out")
        return scaled.astype(np.float32)
