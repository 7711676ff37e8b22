"""Columns of numbers from the user's own CSV: which there are, their values, and their means and spreads."""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.support.arrays import Array
from ...errors import CheckpointError, DataError
from ..base import fact
from .reader import Records, looks_numeric, number

__all__ = ["Scaling", "listed", "numbers", "numeric_columns", "refuse_twin_labels"]

# What stands in a cell for a number that is not known.
MISSING = frozenset(["", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "-", "--", "?", "."])
SHOWN = 20  # names in a message
MOST_SPELLINGS = 1000  # of labels


def numeric_columns(records: Records, but: Sequence[str] = ()) -> list[str]:
    """The columns that are meant as numbers: half or more of the cells that are filled look like one.

    Of these every cell must then be a number, see `numbers`. Dates, names and empty columns are left out. DataError, if
    there is no such column, or no row.
    """
    first = records.first
    if first is None:
        raise DataError(f"{records.source.name} holds no rows, wanted numbers. try: another file")
    filled, numeric = dict.fromkeys(first.fields, 0), dict.fromkeys(first.fields, 0)
    for record in records:
        for name, text in record.fields.items():
            if text.strip().lower() not in MISSING:
                filled[name] += 1
                numeric[name] += looks_numeric(text)
    found = [name for name in filled if name not in but and numeric[name] and 2 * numeric[name] >= filled[name]]
    if not found:
        raise records.source.error(first.line, "no column holds numbers. try: a table with one at least")
    return found


def numbers(records: Records, columns: Sequence[str]) -> Array:
    """The values (N, C) of these columns; DataError at the first that is none, with its line."""
    values = array("d")
    for record in records:
        values.extend(number(records.source, record, column) for column in columns)
    return np.frombuffer(values).reshape(-1, len(columns)) if values else np.zeros((0, len(columns)))


def refuse_twin_labels(records: Records, column: str, most: int = MOST_SPELLINGS) -> None:
    """DataError at a label, or a group's name, that looks like another one, an é beside an e with an accent.

    As two they were learned. More than `most` different ones are not looked at: no task takes so many labels.
    """
    spellings: dict[str, str] = {}
    for record in records:
        label = record.fields[column].strip()
        if len(spellings) > most:
            return
        if spellings.setdefault(unicodedata.normalize("NFC", label), label) != label:
            problem = f"{column} {label[:40]!r} stands before in other Unicode characters that look the same"
            raise records.source.error(record.line, f"{problem}. try: the same for both, such as its NFC")


def listed(names: Sequence[str]) -> str:
    """Names from a file for people, those that a terminal cannot show as Python would write them."""
    shown = [name if name.isprintable() else repr(name) for name in names[:SHOWN]]
    return ", ".join(shown) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


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
