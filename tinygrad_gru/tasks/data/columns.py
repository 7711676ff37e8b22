"""The columns of a table: what each holds, which are used, and their values in the order of time.

The rows are read twice, and are never all in memory: to see what the cells of each column tell together, and to take
the numbers.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...core.support.arrays import Array
from ...errors import CheckpointError, ConfigError, DataError, did_you_mean
from .dates import ORDERS, orders_of, seconds, step_in_words
from .numerals import (
    DECIMALS,
    GAP,
    OTHER,
    POINT,
    POINT_OR_GROUP,
    Numerals,
    evidence_in,
    is_gap,
    looks_numeric,
    unit_of,
)
from .reader import BadLines, Record, Source
from .tokens import composed

__all__ = ["Column", "Columns", "Table", "numeric_columns", "survey_of", "table_of"]

LONGEST = 60  # characters of a number or a date
LARGEST = 1e30  # its standard deviation is finite
TRIED = 100  # texts of a column, of which none is a date
TIMES = ("date", "time", "datetime", "timestamp", "year")  # names of columns of numbers that may give the order


class Column:
    """What the cells of a column tell."""

    __slots__ = ("dates", "evidence", "gaps", "others", "units")

    def __init__(self) -> None:
        self.gaps = self.others = 0  # others: neither gaps nor numbers
        self.evidence: Counter[int] = Counter()
        self.units: Counter[str] = Counter()
        self.dates: Counter[str] = Counter()  # by the order of day, month and year in which they can be read

    def look(self, text: str) -> None:
        """Take another cell into account."""
        kind, unit = evidence_in(text) if len(text) <= LONGEST else (OTHER, "")
        if kind == GAP:
            self.gaps += 1
            return
        if kind != OTHER:
            self.evidence[kind] += 1
            if unit:
                self.units[unit] += 1
            return
        self.others += 1
        if len(text) <= LONGEST and (self.dates or self.others <= TRIED):
            self.dates.update(orders_of(text))

    @property
    def numbers(self) -> int:
        """How many cells look like numbers."""
        return self.evidence.total()

    def orders(self, count: int) -> tuple[str, ...]:
        """In which orders so many cells can be read as dates: with the year first there is but one."""
        orders = tuple(order for order in ORDERS if count and self.dates[order] == count)
        return orders[:1] if orders[:1] == ("ymd",) else orders

    @property
    def kind(self) -> str:
        """number, date, text or empty."""
        filled = self.numbers + self.others
        if not filled:
            return "empty"
        if 2 * self.numbers >= filled:
            return "number"
        return "date" if 2 * max(self.dates.values(), default=0) >= filled else "text"


Columns = dict[str, Column]


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
    time: dict[str, str] = field(default_factory=dict)  # the column, and how its dates are read; none if it is empty
    order: str = ""  # how the rows are ordered, for people
    groups: list[str] = field(default_factory=list)  # their names, in the order in which they appear
    codes: Array = field(default_factory=lambda: np.zeros(0, np.int64))  # (N,), of the groups
    labels: list[str] = field(default_factory=list)  # one a group

    def as_facts(self) -> dict[str, Any]:
        """How its columns are written, for a checkpoint."""
        written = {name: facts for name in self.columns if (facts := self.numerals[name].as_facts())}
        return {"written": written, "time": self.time}


def survey_of(source: Source) -> Columns:
    """What each column holds; rows that cannot be read are passed over."""
    columns: Columns = {name: Column() for name in source.header()}
    looks = [(name, column.look) for name, column in columns.items()]
    for record in source.records([], BadLines(source)):
        fields = record.fields
        for name, look in looks:
            look(fields[name])
    return columns


def numeric_columns(columns: Columns, source: Source, but: Sequence[str] = ()) -> list[str]:
    """The numeric columns: half or more of their filled cells look like numbers.

    Of these every cell must then be a number. DataError, if there is no such column, or no row.
    """
    if not any(column.gaps or column.numbers or column.others for column in columns.values()):
        raise DataError(f"{source.name} holds no rows, wanted numbers. try: another file")
    names = [name for name, column in columns.items() if name not in but and column.kind == "number"]
    if not names:
        line = next(source.records([], BadLines(source))).line
        raise source.error(line, "no column holds numbers. try: a table with one at least")
    return names


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
    numerals = _numerals(columns, names, source, facts, own)
    candidates = _times(columns, names, source, facts, {*but, group, label})
    names = [name for name in names if name not in candidates or candidates[name] == ("number?",)]
    kinds = {name: column.kind for name, column in columns.items()}
    left_out = {name: "" for name in columns if name not in names and name not in (group, label)}
    table = Table(names, numerals, np.zeros((0, 0)), left_out, {}, BadLines(source), kinds)
    times = _read(source, table, candidates, group, label)
    table.bad.refuse()
    if not len(table.values):
        raise DataError(f"{source.name} holds no rows that can be used. try: another file")
    _put_in_order(table, times, source, asked=facts is not None or source.reading.time is not None)
    for name in table.left_out:
        kind = kinds[name]
        time = "gives the order" if name == table.time.get("column") else ""
        table.left_out[name] = time or {"text": "no numbers", "date": "a date", "empty": "empty"}.get(kind, "not used")
    return table


def _numerals(
    columns: Columns, names: Sequence[str], source: Source, facts: Mapping[str, Any] | None, own: bool
) -> dict[str, Numerals]:
    """How the numbers of each column are written."""
    known = {} if facts is None else _known(facts)
    asked = source.reading.decimal
    every: Counter[int] = Counter()
    for name in names:
        every.update(columns[name].evidence)
    # Semicolons stand where the comma is the decimal one; a point among the numbers speaks against it.
    by_form = "," if source.form.delimiter == ";" and not every[POINT] + every[POINT_OR_GROUP] else "."
    of_all = Numerals.of(every, Counter(), by_form)
    numerals = {}
    for name in names:
        column, before = columns[name], known.get(name)
        if before is not None and own:
            numerals[name] = before
            continue
        otherwise = before.decimal if before else of_all.decimal if of_all else "."
        written = Numerals.of(column.evidence, column.units, otherwise)
        if asked is not None:
            written = Numerals(DECIMALS[asked], unit_of(column.evidence, column.units))
        if written is None:
            problem = f"the numbers of {name} have commas and points, and which of them are decimal cannot be told"
            raise DataError(f"{source.name}: {problem}. try: --decimal point, or --decimal comma")
        if before is not None:
            written = Numerals(written.decimal, before.unit)  # other units are refused cell by cell
        numerals[name] = written
    return numerals


def _known(facts: Mapping[str, Any]) -> dict[str, Numerals]:
    """How the columns of a run were written."""
    written = facts.get("written", {})
    if not isinstance(written, dict):
        raise CheckpointError("the checkpoint's written cannot be used, wanted columns. try: another one")
    known = {}
    for name in facts["columns"]:
        how = written.get(name, {})
        decimal, unit = (how.get("decimal", "."), how.get("unit", "")) if isinstance(how, dict) else ("", "")
        if decimal not in (".", ",") or not isinstance(unit, str):
            raise CheckpointError(f"the checkpoint's written of {name!r} cannot be used. try: another one")
        known[name] = Numerals(decimal, unit)
    return known


def _times(
    columns: Columns, names: Sequence[str], source: Source, facts: Mapping[str, Any] | None, but: set[str | None]
) -> dict[str, tuple[str, ...]]:
    """The columns that may give the order of the rows, with the orders in which their dates can be read.

    `("number",)` stands for one whose numbers give it, and `("number?",)` for one of which this is only a guess.
    """
    asked, order = source.reading.time, source.reading.dates
    if facts is not None:
        time = facts.get("time") or {}
        asked, order = (time.get("column"), time.get("order")) if isinstance(time, dict) else (None, None)
        if not asked:
            return {}
        if not isinstance(asked, str) or order not in (*ORDERS, "number"):
            raise CheckpointError("the checkpoint's time cannot be used, wanted a column. try: another one")
        if asked not in columns:
            raise source.error(
                1, f"no column {asked!r}, which gives the order of the rows. try: a header row with {asked}"
            )
        return {asked: (order,)}
    if asked == "none":
        return {}
    if asked is not None:
        name = source.column(asked, list(columns))
        if name is None:
            hint = did_you_mean(asked, columns, f"try: --time {next(iter(columns))}, or --time none")
            raise ConfigError(f"time: got {asked!r}, wanted a column. {hint}")
        if columns[name].kind == "number":
            return {name: ("number",)}
        orders = columns[name].orders(max(columns[name].dates.values(), default=0))
        if not orders:
            raise ConfigError(f"time: {name} holds no dates and no numbers. try: another column, or --time none")
        return {name: (order,) if order else orders}
    candidates: dict[str, tuple[str, ...]] = {}
    for name, column in columns.items():
        if name in but:
            continue
        filled = column.others + column.numbers
        orders = column.orders(filled)
        if filled and orders and not column.gaps and (order is None or order in orders):
            candidates[name] = (order,) if order else orders
        elif name in names and name.casefold() in TIMES and not column.gaps and not column.others:
            candidates[name] = ("number?",)
    return candidates


def _read(
    source: Source, table: Table, candidates: Mapping[str, tuple[str, ...]], group: str | None, label: str | None
) -> dict[tuple[str, str], Array]:
    """Fill the table; returns the times by column and order."""
    reading = source.reading
    columns = [(name, table.numerals[name].value) for name in table.columns]
    times = {(name, order): array("d") for name, orders in candidates.items() for order in orders if order != "number?"}
    values, codes = array("d"), array("l")
    places: dict[str, int] = {}
    labels: list[str] = []
    same: dict[str, str] = {}  # equal texts, once
    table.gaps = dict.fromkeys(table.columns, 0)
    needed = [name for name in (group, label) if name is not None]
    bad = table.bad
    if needed and (missing := next((name for name in needed if name not in table.kinds), None)) is not None:
        got = ", ".join(list(table.kinds)[:20])
        raise source.error(1, f"no column {missing!r}, got {got}. try: a header row with {missing}")
    for record in source.records([], bad):
        row, gaps, problem = [], [], None
        for name, value_of in columns:
            value = value_of(record.fields[name])
            if not -LARGEST < value < LARGEST:  # nan, too
                if reading.fill is not None and is_gap(record.fields[name]):
                    value = math.nan
                    gaps.append(name)
                else:
                    problem = problem or _no_number(record, name, table.numerals[name])
            row.append(value)
        moments = []
        for name, order in times:
            text = record.fields[name]
            moments.append(table.numerals[name].value(text) if order == "number" else seconds(text, order))
        if problem is None and len(set(name for name, _ in times)) == 1 and all(map(math.isnan, moments)):
            name = next(iter(times))[0]
            problem = f"{name} is {record.fields[name].strip()[:40]!r}, wanted a date or time", "--time none"
        if problem is None and group is not None:
            problem = _join(record, group, label, places, labels, same)
        if problem is not None:
            bad.add(record.line, *problem)
            continue
        if group is not None:
            codes.append(places[composed(record.fields[group].strip())])
        values.extend(row)
        for name in gaps:
            table.gaps[name] += 1
        for moment, stored in zip(moments, times.values(), strict=True):
            stored.append(moment)
    width = max(1, len(table.columns))
    table.values = np.frombuffer(values).reshape(-1, width) if values else np.zeros((0, width))
    table.codes, table.groups, table.labels = np.array(codes, np.int64), list(places), labels
    return {key: np.frombuffer(moments) for key, moments in times.items() if moments}


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


def _join(
    record: Record, group: str, label: str | None, places: dict[str, int], labels: list[str], same: dict[str, str]
) -> tuple[str, str] | None:
    """Take a row into its group; what is wrong with it, and what to try, if it cannot be."""
    name = composed(record.fields[group].strip())
    if not name:
        return f"{group} is missing", "the name of the group it belongs to"
    text = composed(record.fields[label].strip()) if label is not None else ""
    if label is not None and not text:
        return f"{label} is missing", "a label"
    place = places.get(name)
    if place is None:
        places[name] = len(places)
        labels.append(same.setdefault(text, text))
    elif text != labels[place]:
        return (
            f"{label} is {text[:40]!r}, but {labels[place][:40]!r} before in {group} {name[:40]!r}",
            "one label a group",
        )
    return None


def _put_in_order(table: Table, times: Mapping[tuple[str, str], Array], source: Source, asked: bool) -> None:
    """Put the rows in the order of time, the oldest first, and say what was done."""
    guesses = {name: table.values[:, place] for place, name in enumerate(table.columns) if name.casefold() in TIMES}
    if asked or times:
        guesses = {}
    directions = {
        key: _direction(moments, table.codes) for key, moments in times.items() if not np.isnan(moments).any()
    }
    for name, moments in guesses.items() if source.reading.time is None else ():
        if not np.isnan(moments).any() and abs(_direction(moments, table.codes, strictly=True)) == 1:
            directions[name, "number"] = _direction(moments, table.codes)
            times = {**times, (name, "number"): moments}
            table.left_out[name] = ""
    if not directions:
        return
    in_order = [key for key, direction in directions.items() if direction]
    if not in_order and len({name for name, _ in directions}) > 1:
        several = " and ".join(sorted({name for name, _ in directions}))
        table.order = f"that of the file: {several} are dates, none of them in order (--time COLUMN sorts by one)"
        return
    if not in_order and len(directions) > 1:
        name = next(iter(directions))[0]
        table.order = f"that of the file: {name} may have the day or the month first (--dates dmy or mdy sorts by it)"
        return
    name, order = in_order[0] if in_order else next(iter(directions))
    moments, direction = times[name, order], directions[name, order]
    if direction == 1:
        how = "as in the file"
    elif direction == -1:
        how = "newest first in the file, turned round"
        permutation = np.arange(len(moments))[::-1]
    else:
        how = "sorted"
        permutation = np.argsort(moments, kind="stable")
    table.time = {"column": name, "order": order}
    if direction != 1:
        moments = moments[permutation]
        table.values = table.values[permutation]
        if len(table.codes):
            table.codes = table.codes[permutation]
    if name in table.columns:
        place = table.columns.index(name)
        table.values = np.delete(table.values, place, axis=1)
        table.columns.remove(name)
        table.gaps.pop(name)
        if not table.columns:
            raise source.error(1, f"no column holds numbers but {name}, which gives the order. try: --time none")
    table.order = f"by {name}, {how}{_steps(moments, order) if not len(table.codes) else ''}"


def _direction(moments: Array, codes: Array, strictly: bool = False) -> int:
    """1 if time never goes back, −1 if it never goes on, 0 otherwise; of groups within each."""
    steps = np.diff(moments)
    if len(codes):
        order = np.argsort(codes, kind="stable")
        steps = np.diff(moments[order])[np.diff(codes[order]) == 0]
    if (steps > 0).all() if strictly else (steps >= 0).all():
        return 1
    return -1 if ((steps < 0).all() if strictly else (steps <= 0).all()) else 0


def _steps(moments: Array, order: str) -> str:
    """The usual distance of two rows, and how many are at another, for people."""
    steps = np.diff(moments)
    if not len(steps):
        return ""
    sizes, counts = np.unique(steps, return_counts=True)
    usual = sizes[counts.argmax()]
    step = f"{usual:g}" if order == "number" else step_in_words(float(usual))
    twice, other = int((steps == 0).sum()), int((steps != usual).sum())
    if order != "number" and usual >= 28 * 86400:  # months, quarters and years differ in their days
        return f", {twice:,} at the same time as the one before" if twice else ""
    text = f", {step} apart" if usual else ""
    if other and usual:
        text += f" ({other:,} of {len(steps):,} otherwise)"
    return text + (f", {twice:,} at the same time as the one before" if twice else "")
