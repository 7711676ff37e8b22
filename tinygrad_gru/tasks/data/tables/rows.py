"""The rows of a table as numbers: every cell a number or a gap, every bad line told, in the order of time.

The rows are read twice, and are never all in memory: to see what the cells of each column tell together, and to take
the numbers.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....core.support.arrays import Array
from ....errors import DataError
from ..reader import BadLines, Record, Source
from ..tokens import composed
from .columns import numerals_of, numeric_columns, survey_of
from .dates import seconds
from .numerals import Numerals, evidence_in, is_gap, looks_numeric
from .order import GUESSED, Key, Order, direction_of, order_of, time_columns

__all__ = ["Table", "table_of"]

LARGEST = 1e30  # of a number: its standard deviation is finite


@dataclass
class Table:
    """The numbers of a table (N, C), NaN where there is none, in the order of time if a column gives it."""

    columns: list[str]
    numerals: dict[str, Numerals]
    values: Array
    left_out: dict[str, str]  # the other columns, and why
    gaps: dict[str, int]
    bad: BadLines
    kinds: dict[str, str]
    guessed: set[str]  # columns of numbers that may give the order
    order: Order = field(default_factory=Order)
    groups: list[str] = field(default_factory=list)  # their names, in the order in which they appear
    codes: Array = field(default_factory=lambda: np.zeros(0, np.int64))  # (N,), of the groups
    labels: list[str] = field(default_factory=list)  # one a group

    def leave_out(self, name: str, why: str) -> None:
        """Take a column away."""
        self.values = np.delete(self.values, self.columns.index(name), axis=1)
        self.columns.remove(name)
        self.left_out[name] = why

    def as_facts(self) -> dict[str, Any]:
        """How its columns are written, for a checkpoint."""
        written = {name: facts for name in self.columns if (facts := self.numerals[name].as_facts())}
        return {"written": written, "time": self.order.facts}


def table_of(
    source: Source, but: Sequence[str] = (), group: str | None = None, label: str | None = None,
    facts: Mapping[str, Any] | None = None, own: bool = False,
) -> Table:  # fmt: skip
    """The numbers of a table, all its bad lines noted: DataError unless there are none, or they are to be skipped.

    With the facts of a run its columns are read as they were written there; of its own file exactly so.
    """
    columns = survey_of(source)
    names = (
        numeric_columns(columns, source, [*but, *filter(None, (group, label))]) if facts is None else facts["columns"]
    )
    for name in names:
        if name not in columns:
            got = ", ".join(list(columns)[:20])
            raise source.error(1, f"no column {name!r}, got {got}. try: a header row with {name}")
    candidates = time_columns(columns, names, source, facts, {*but, group, label})
    numerals = numerals_of(columns, [*names, *(name for name in candidates if name not in names)], source, facts, own)
    names = [name for name in names if name not in candidates or candidates[name] == (GUESSED,)]
    kinds = {name: column.kind for name, column in columns.items()}
    left_out = {name: "" for name in columns if name not in names and name not in (group, label)}
    guessed = {name for name, orders in candidates.items() if orders == (GUESSED,)}
    table = Table(names, numerals, np.zeros((0, 0)), left_out, {}, BadLines(source), kinds, guessed)
    times = _read(source, table, candidates, group, label)
    table.bad.refuse()
    if not len(table.values):
        raise DataError(f"{source.name} holds no rows that can be used. try: another file")
    if facts is None:
        _leave_out_a_count(table, source)
    _put_in_order(table, times, source)
    reasons = {"text": "no numbers", "date": "a date", "empty": "empty"}
    for name in table.left_out:
        if not table.left_out[name]:
            gives_order = name == table.order.facts.get("column")
            table.left_out[name] = "gives the order" if gives_order else reasons.get(kinds[name], "not used")
    return table


def _leave_out_a_count(table: Table, source: Source) -> None:
    """A first column that has no name and counts the rows, as R and pandas write one, is no measurement."""
    if "column 1" in table.columns and source.form.header and len(table.columns) > 1:
        numbers = table.values[:, table.columns.index("column 1")]
        if (np.diff(numbers) == 1).all():
            table.leave_out("column 1", "has no name, and counts the rows")


def _put_in_order(table: Table, times: dict[Key, Array], source: Source) -> None:
    """Put the rows in the order of time, the oldest first; the column that gives it is left out."""
    whole = {key: moments for key, moments in times.items() if not np.isnan(moments).any()}
    for place, name in enumerate(table.columns):
        moments = table.values[:, place]
        is_time = name in table.guessed and not np.isnan(moments).any()
        if not times and is_time and direction_of(moments, table.codes, strictly=True):
            whole[name, "number"] = moments
    table.order = order = order_of(whole, table.codes)
    if order.rows is not None:
        table.values = table.values[order.rows]
        table.codes = table.codes[order.rows] if len(table.codes) else table.codes
    name = order.facts.get("column", "")
    if name in table.columns:
        table.leave_out(name, "gives the order")
        if not table.columns:
            raise source.error(1, f"no column holds numbers but {name}, which gives the order. try: --time none")


def _read(
    source: Source, table: Table, candidates: Mapping[str, tuple[str, ...]], group: str | None, label: str | None
) -> dict[Key, Array]:
    """Fill the table; returns the times by column and order."""
    needed = [name for name in (group, label) if name is not None]
    if needed and (missing := next((name for name in needed if name not in table.kinds), None)) is not None:
        got = ", ".join(list(table.kinds)[:20])
        option = "--group" if missing == group else "--label"
        raise source.error(1, f"no column {missing!r}, got {got}. try: {option} with one of these")
    times = {(name, order): array("d") for name, orders in candidates.items() for order in orders if order != GUESSED}
    only = next(iter(times))[0] if len({name for name, _ in times}) == 1 else ""  # the column that gives the order
    columns = [(name, table.numerals[name].value) for name in table.columns]
    table.gaps = dict.fromkeys(table.columns, 0)
    values, codes = array("d"), array("l")
    members = _Groups(group, label)
    for record in source.records([], table.bad):
        row, gaps, problem = _numbers(record, columns, table.numerals, source.reading.fill is not None)
        moments = [
            table.numerals[name].value(record.fields[name])
            if order == "number"
            else seconds(record.fields[name], order)
            for name, order in times
        ]
        if problem is None and only and all(map(math.isnan, moments)):
            problem = f"{only} is {record.fields[only].strip()[:40]!r}, wanted a date or time", "--time none"
        problem = problem or members.join(record)
        if problem is not None:
            table.bad.add(record.line, *problem)
            continue
        if group is not None:
            codes.append(members.places[composed(record.fields[group].strip())])
        values.extend(row)
        for name in gaps:
            table.gaps[name] += 1
        for moment, stored in zip(moments, times.values(), strict=True):
            stored.append(moment)
    width = max(1, len(table.columns))
    table.values = np.frombuffer(values).reshape(-1, width) if values else np.zeros((0, width))
    table.codes, table.groups, table.labels = np.array(codes, np.int64), list(members.places), members.labels
    return {key: np.frombuffer(moments) for key, moments in times.items() if moments}


def _numbers(
    record: Record, columns: Sequence[tuple[str, Callable[[str], float]]], numerals: Mapping[str, Numerals], fill: bool
) -> tuple[list[float], list[str], tuple[str, str] | None]:
    """The numbers of a row, the columns whose gap is to be filled, and what is wrong with the first bad cell."""
    row, gaps, problem = list[float](), list[str](), None
    for name, value_of in columns:
        value = value_of(record.fields[name])
        if not -LARGEST < value < LARGEST:  # nan, too
            if fill and is_gap(record.fields[name]):
                value = math.nan
                gaps.append(name)
            else:
                problem = problem or _no_number(record, name, numerals[name])
        row.append(value)
    return row, gaps, problem


def _no_number(record: Record, name: str, numerals: Numerals) -> tuple[str, str]:
    """What is wrong with a cell, and what to try."""
    text = record.fields[name]
    shown = text.strip()[:40]
    problem = f"{name} is {shown!r}" if shown else f"{name} is missing"
    if is_gap(text):
        return f"{problem}, wanted a finite number", "--fill previous, mean, interpolate or zero, or --skip-bad"
    if looks_numeric(text) and evidence_in(text)[1] != numerals.unit:
        return (
            f"{problem}, wanted a finite number{f' in {numerals.unit}' if numerals.unit else ', without a unit'}",
            "one unit for the whole column",
        )
    return f"{problem}, wanted a finite number", "write it in digits" if looks_numeric(text) else "correct it"


class _Groups:
    """The groups of a table, in the order in which they appear, and their labels."""

    def __init__(self, group: str | None, label: str | None) -> None:
        self.group, self.label = group, label
        self.places: dict[str, int] = {}
        self.labels: list[str] = []
        self._same: dict[str, str] = {}  # equal texts, once

    def join(self, record: Record) -> tuple[str, str] | None:
        """Take a row into its group; what is wrong with it, and what to try, if it cannot be."""
        if self.group is None:
            return None
        name = composed(record.fields[self.group].strip())
        if not name:
            return f"{self.group} is missing", "the name of the group it belongs to"
        text = composed(record.fields[self.label].strip()) if self.label is not None else ""
        if self.label is not None and not text:
            return f"{self.label} is missing", "a label"
        place = self.places.get(name)
        if place is None:
            self.places[name] = len(self.places)
            self.labels.append(self._same.setdefault(text, text))
        elif text != self.labels[place]:
            before = f"{self.labels[place][:40]!r} before in {self.group} {name[:40]!r}"
            return f"{self.label} is {text[:40]!r}, but {before}", "one label a group"
        return None
