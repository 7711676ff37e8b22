"""The columns of a table: what the cells of each tell together, and so which hold numbers, and how they are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ....errors import CheckpointError, DataError
from ..reader import BadLines, Source
from .dates import ORDERS, orders_of
from .numerals import DECIMALS, GAP, OTHER, POINT, POINT_OR_GROUP, Numerals, evidence_in, unit_of

__all__ = ["Column", "Columns", "numerals_of", "numeric_columns", "survey_of"]

LONGEST = 60  # characters of a number or a date
TRIED = 100  # texts of a column, of which none is a date


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


def numerals_of(
    columns: Columns, names: Sequence[str], source: Source, facts: Mapping[str, Any] | None, own: bool
) -> dict[str, Numerals]:
    """How the numbers of each column are written; of a run's own file as it remembers them."""
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
