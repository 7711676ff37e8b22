"""Columns of numbers of the user's own CSV: which they are, their values, and their mean and standard deviation."""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.support.arrays import Array
from ...errors import CheckpointError, DataError
from .facts import fact
from .reader import Records, looks_numeric, number

__all__ = ["Scaling", "listed", "numbers", "numeric_columns", "refuse_twin_labels"]

# The text of a cell without a value.
MISSING = frozenset(["", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "-", "--", "?", "."])
SHOWN = 20  # names in a message
MOST_SPELLINGS = 1000  # of labels


def numeric_columns(records: Records, but: Sequence[str] = ()) -> list[str]:
    """The numeric columns: half or more of their filled cells look like numbers.

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
    columns = [name for name in filled if name not in but and numeric[name] and 2 * numeric[name] >= filled[name]]
    if not columns:
        raise records.source.error(first.line, "no column holds numbers. try: a table with one at least")
    return columns


def numbers(records: Records, columns: Sequence[str]) -> Array:
    """The values (N, C) of these columns; DataError with the line at the first cell that is not a number."""
    values = array("d")
    for record in records:
        values.extend(number(records.source, record, column) for column in columns)
    return np.frombuffer(values).reshape(-1, len(columns)) if values else np.zeros((0, len(columns)))


def refuse_twin_labels(records: Records, column: str, most: int = MOST_SPELLINGS) -> None:
    """Raise DataError for a label, or a group's name, that looks like another one: é beside e with an accent.

    They would be learned as two. More than `most` different ones are not looked at: no task takes so many labels.
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
