"""The mean and standard deviation of columns of numbers: with them they are brought to one scale, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.support.arrays import Array
from ...errors import CheckpointError, DataError
from .facts import fact

__all__ = ["Scaling", "listed"]

SHOWN = 20  # names in a message


def listed(names: Sequence[str]) -> str:
    """Names from a file for people, those that a terminal cannot show as Python would write them."""
    shown = [name if name.isprintable() else repr(name) for name in names[:SHOWN]]
    return ", ".join(shown) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


@dataclass(frozen=True)
class Scaling:
    """Standardised columns: of mean 0 and standard deviation 1 in the rows to train on."""

    columns: list[str]
    mean: list[float]
    spread: list[float]

    @classmethod
    def of(cls, columns: list[str], rows: Array) -> Scaling:
        """The scaling of rows (N, C); a constant column is only moved to 0."""
        spread = rows.std(axis=0)
        spread = np.where(spread > 1e-12 * np.abs(rows).max(axis=0, initial=0), spread, 1.0)
        return cls(columns, rows.mean(axis=0).tolist(), spread.tolist())

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Scaling:
        """The scaling of a run."""
        scaling = cls(*(fact(facts, name, list) for name in ("columns", "mean", "spread")))
        sound = all(type(v) is float and np.isfinite(v) for v in [*scaling.mean, *scaling.spread])
        sound = sound and all(type(name) is str for name in scaling.columns) and all(v > 0 for v in scaling.spread)
        if not sound or not len(scaling.columns) == len(scaling.mean) == len(scaling.spread):
            raise CheckpointError("the checkpoint's columns, mean and spread cannot be used. try: another one")
        return scaling

    def as_facts(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"columns": self.columns, "mean": self.mean, "spread": self.spread}

    def __call__(self, values: Array) -> Array:
        """Standardised values (N, C), as float32."""
        scaled = (values - self.mean) / self.spread
        if np.abs(scaled).max(initial=0) > 1e6:
            raise DataError("a value is a million standard deviations from the mean. try: leave such rows out")
        return scaled.astype(np.float32)
