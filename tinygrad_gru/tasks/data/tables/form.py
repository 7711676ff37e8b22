"""The form of a table: what stands between its fields and around them, and whether its first row names the columns.

It is found in the first rows; `Reading` holds what the user says of it instead, and what to do with gaps and bad lines.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ....errors import CheckpointError
from .dates import ORDERS, looks_like_a_date
from .numerals import DECIMALS, is_gap, looks_numeric, plain

if TYPE_CHECKING:
    from _csv import Reader

__all__ = ["DELIMITERS", "FILLS", "HEADERS", "QUOTES", "Form", "Reading", "form_of"]

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "space": " "}
QUOTES = {"double": '"', "single": "'", "none": ""}
HEADERS = {"yes": True, "no": False}
FILLS = ("previous", "mean", "interpolate", "zero")
COMMENTS = re.compile(r"(?:#[^\r\n]*(?:\r\n|\r|\n|$))+")
HEAD, ROWS, CELLS = 100_000, 200, 3000  # characters, rows and cells that the form is found in


@dataclass(frozen=True)
class Form:
    """How a table is written."""

    delimiter: str = ","
    quote: str = '"'  # "" if quotes mean nothing
    header: bool = True
    above: int = 0  # lines of comment above the first row, each beginning with #
    commented: bool = False  # whether the names stand in such a line, as NumPy writes them

    def rows(self, lines: Iterable[str]) -> Reader:
        """The fields of each row of these lines."""
        spaces = self.delimiter == " "
        return csv.reader(
            (line.strip(" ") for line in lines) if spaces else lines,
            delimiter=self.delimiter, quotechar=self.quote or None, strict=True, skipinitialspace=spaces,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
        )  # fmt: skip

    @property
    def words(self) -> str:
        """For people: `commas between fields, names in the first row`."""
        parts = [f"{_name(DELIMITERS, self.delimiter)}s between fields"]
        if self.quote != '"':
            parts.append("single quotes" if self.quote else "no quotes")
        if self.above:
            parts.append(f"{self.above} line{'s' * (self.above > 1)} of comment above")
        return ", ".join([*parts, "names in the first row" if self.header else "no names: column 1, column 2 …"])


@dataclass(frozen=True)
class Reading:
    """How the user wants a file to be read; what is None is found out."""

    encoding: str | None = None
    delimiter: str | None = None  # a key of DELIMITERS
    quote: str | None = None  # a key of QUOTES
    header: str | None = None  # a key of HEADERS
    decimal: str | None = None  # a key of DECIMALS
    dates: str | None = None  # one of ORDERS
    time: str | None = None  # the column that gives the order of the rows, or none
    fill: str | None = None  # one of FILLS
    skip_bad: bool | None = None

    @classmethod
    def of(cls, options: dict[str, Any]) -> Reading:
        """Those of the options that are about reading; they are taken out of `options`."""
        return cls(**{each.name: options.pop(each.name, None) for each in fields(cls)})

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any], own: bool = False) -> Reading:
        """That of a run; of its own file also the form that was found in it.

        Before there were facts on reading, a table had commas, a header, decimal points, and the order of the file.
        """
        if "reading" not in facts and "sha256" not in facts:  # a task that makes its own data
            return cls()
        if "reading" not in facts:
            return cls(delimiter="comma", quote="double", header="yes", decimal="point", time="none")
        reading = facts["reading"]
        parts = [reading.get(name) for name in ("asked", "form")] if isinstance(reading, dict) else []
        dicts = [part for part in parts if isinstance(part, dict)]
        values = (dicts[1] if own else {}) | dicts[0] if len(dicts) == 2 else {"": None}
        if not all(name in cls.__dataclass_fields__ and _may_be(name, value) for name, value in values.items()):
            raise CheckpointError("the checkpoint's reading cannot be used, wanted settings. try: another one")
        return cls(**values)

    @classmethod
    def otherwise(cls, facts: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
        """The facts of a run, for another file that is to be read as `asked`."""
        reading = {each.name: getattr(cls.from_facts(facts), each.name) for each in fields(cls)} | dict(asked)
        known = {name: value for name, value in reading.items() if value is not None}
        encoding = {"encoding": asked["encoding"]} if "encoding" in asked else {}  # where a text is no table
        time = {"time": {"otherwise": asked["time"]}} if "time" in asked else {}
        return dict(facts) | encoding | time | {"reading": {"asked": known, "form": {}}}

    def as_facts(self, form: Form) -> dict[str, Any]:
        """For a checkpoint: what was asked for, and the form that was found."""
        asked = {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}
        names = {
            "delimiter": _name(DELIMITERS, form.delimiter),
            "quote": _name(QUOTES, form.quote),
            "header": _name(HEADERS, form.header),
        }
        return {"asked": asked, "form": names}


def _may_be(name: str, value: object) -> bool:
    """Whether a part of a Reading may have this value."""
    if name == "skip_bad":
        return type(value) is bool
    choices: Mapping[str, Collection[str]] = {
        "delimiter": DELIMITERS, "quote": QUOTES, "header": HEADERS, "decimal": DECIMALS, "dates": ORDERS,
        "fill": FILLS,
    }  # fmt: skip
    return isinstance(value, str) and (name not in choices or value in choices[name])


def form_of(text: str, reading: Reading) -> Form:
    """The form of a table, as its first rows show it, or as the user says.

    >>> form_of("day;price\\n1.2.;1,5\\n2.2.;1,7\\n", Reading()).words
    'semicolons between fields, names in the first row'
    """
    if comments := COMMENTS.match(text):
        lines = re.split("\r\n|\r|\n", comments[0].rstrip("\r\n"))
        table = text[comments.end() : comments.end() + HEAD]
        return _with_comments(form_of(table, reading), lines, table) if table.strip() else Form()
    head = text[:HEAD]
    if len(text) > HEAD:
        head = head[: head.rfind("\n") + 1] or head
    first = head.partition("\n")[0].rstrip("\r")
    announced = first[4:] if first.lower().startswith("sep=") and len(first) <= 5 else None  # as Excel takes it
    if announced is not None:
        head = head.partition("\n")[2]
    delimiters = list(DELIMITERS.values())
    if reading.delimiter is not None:
        delimiters = [DELIMITERS[reading.delimiter]]
    elif announced:
        delimiters = [announced]
    quotes = list(QUOTES.values()) if reading.quote is None else [QUOTES[reading.quote]]
    best, chosen = -math.inf, Form(delimiters[0], quotes[0])
    for quote in quotes:
        if reading.quote is None and not _may_quote(head, quote):
            continue
        for delimiter in delimiters:
            score = _score(head, Form(delimiter, quote), delimiters)
            if score > best + 1e-9:
                best, chosen = score, Form(delimiter, quote)
    rows, _ = _rows(head, chosen)
    header = _has_names(rows) if reading.header is None else HEADERS[reading.header]
    return Form(chosen.delimiter, chosen.quote, header)


def _with_comments(form: Form, comments: list[str], head: str) -> Form:
    """The form of a table with lines of comment above it, the last of which may hold the names."""
    names, _ = _rows(comments[-1].lstrip("# "), form)
    first, _ = _rows(head, form)
    values = bool(first) and all(math.isfinite(plain(field)) for field in first[0])
    if names and (values or not form.header) and first and len(names[0]) == len(first[0]):
        return replace(form, header=True, above=len(comments) - 1, commented=True)
    return replace(form, above=len(comments))


def _rows(head: str, form: Form) -> tuple[list[list[str]], bool]:
    """The first rows, and whether they could be read to the end of the head."""
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in form.rows(io.StringIO(head, newline="")):
            if any(field.strip() for field in row):
                rows.append(row)
                cells += len(row)
            if len(rows) >= ROWS or cells >= CELLS:
                break
    except csv.Error:
        return rows, False
    return rows, True


def _may_quote(head: str, quote: str) -> bool:
    """Whether fields may be quoted so: plainly by default, singly if some are, and not at all where quotes stray."""
    if quote == '"':
        return True
    if quote == "'":
        return '"' not in head and len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n])", head, re.MULTILINE)) >= 4
    with_quotes = [line for line in head.splitlines() if '"' in line]
    whole = sum(bool(re.search(r'(?:^|[,;\t|])"(?:[^"]|"")*"(?=$|[,;\t|])', line)) for line in with_quotes)
    return len(with_quotes) >= 3 and 10 * whole < len(with_quotes)


def _score(head: str, form: Form, delimiters: list[str]) -> float:
    """How well rows read so are a table: of as many fields each as the first, fields that are not still to be cut.

    One field a row is a table of one column, if nothing better is there; spaces only stand between numbers.
    """
    rows, complete = _rows(head, form)
    if not rows:
        return -1.0
    fields_of_first = len(rows[0])
    alike = sum(len(row) == fields_of_first for row in rows) / len(rows)
    if alike < 0.5:
        return -1.0
    others = [other for other in delimiters if other not in (form.delimiter, " ", ",")]
    body = [field for row in rows[1:] or rows for field in row]
    whole = sum(_is_whole(field, others) for field in body) / len(body) if len(rows) > 1 else 1.0  # a name may hold all
    if form.delimiter == " " and (fields_of_first == 1 or not all(map(_is_value, body))):
        return -1.0
    several = 0.5 if fields_of_first > 1 else 0.0 if form.delimiter == "," else -0.5
    quotes = 0.05 if form.quote == "'" else 0.0 if form.quote else -0.02
    return alike + whole + several + quotes - (0.0 if complete else 0.3)


def _is_whole(field: str, others: list[str]) -> bool:
    """Whether a field looks like one: a value, or a text in which no other delimiter stands."""
    return not any(other in field for other in others) or _is_value(field)


def _is_value(field: str) -> bool:
    """Whether a cell holds a number, a date, or nothing."""
    return is_gap(field) or looks_numeric(field) or looks_like_a_date(field)


def _has_names(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: above values no value stands, except years and numbers one by one."""
    if not rows:
        return True
    first, body = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    values = [plain(name) for name in first]
    if len(first) > 1 and all(math.isfinite(v) for v in values):
        if {b - a for a, b in pairwise(values)} == {1.0}:
            return True
    telling = []
    for place, name in enumerate(first):
        column = [row[place] for row in body]
        filled = [field for field in column if not is_gap(field)]
        if not body and (looks_numeric(name) or looks_like_a_date(name)):
            telling.append(name)
        elif filled and sum(map(_is_value, filled)) >= 0.9 * len(filled):
            telling.append(name)
    if not telling:
        return True
    return not all(looks_numeric(name) or looks_like_a_date(name) for name in telling)


def _name(names: Mapping[str, Any], value: Any) -> str:
    return next((name for name, each in names.items() if each == value), str(value))
