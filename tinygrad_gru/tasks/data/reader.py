"""The user's own data: lines of text, CSV and JSONL, with the line number in every complaint.

Nothing is guessed and nothing is skipped: a row that is too short, a number that is none or a letter in the wrong
encoding ends the reading with one line that says where it stands.
"""

from __future__ import annotations

import csv
import json
import math
import re
import stat
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...errors import DataError
from .encodings import problem_of

__all__ = ["Record", "Records", "Source", "decoded", "looks_numeric", "number", "read_source"]

MOST_FROM_STDIN = 100_000_000  # bytes
KINDS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}  # by the end of a file's name; the rest are lines
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")  # with its end
JSON_LINE = re.compile(r"[^\n]*\n|[^\n]+")  # in JSON only this ends a line
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}  # where commas are wanted
CURRENCY = "[$€£¥₹]"
DECORATED = re.compile(  # a sign, a currency, digits in groups or with a decimal comma, %
    rf"\(?[-+−–]?\s*(?:{CURRENCY}\s*)?[-+−–]?"
    r"(?:\d{1,3}(?:[ ,.'’_\u00a0\u2009\u202f]\d{3})+|\d+)(?:[.,]\d*)?(?:[eE][-+]?\d+)?"
    rf"\s*(?:%|‰|{CURRENCY}|EUR|USD)?\)?"
)


class Record(NamedTuple):
    """A row: the line it begins on, and its fields by name."""

    line: int
    fields: dict[str, str]


@dataclass(frozen=True)
class Source:
    """A text, what it is called in messages, and whether it is "lines", "csv" or "jsonl"."""

    name: str
    text: str
    kind: str = "lines"

    def error(self, line: int, problem: str) -> DataError:
        """The complaint about a line."""
        return DataError(f"{self.name}, line {line}: {problem}")

    def lines(self) -> Iterator[tuple[int, str]]:
        """The lines that are not blank, as they stand, numbered from 1; only CR and LF end a line."""
        for number_, match in enumerate(LINE.finditer(self.text), 1):
            if (line := match[0].rstrip("\r\n")).strip():
                yield number_, line

    def table(self, needed: Sequence[str]) -> Records:
        """The rows, to be read as often as they are needed, and never all in memory; each has the needed columns."""
        return Records(self, needed)

    def records(self, needed: Sequence[str]) -> Iterator[Record]:
        """The rows; each has the needed columns. Plain lines are the only needed column."""
        if self.kind == "csv":
            yield from self._csv(needed)
        elif self.kind == "jsonl":
            yield from self._jsonl(needed)
        else:
            for line, text in self.lines():
                yield Record(line, {needed[0]: text})

    def left_out(self, used: Sequence[str]) -> list[str]:
        """The columns, of JSONL the keys of its first object, that are not among those used."""
        if self.kind == "lines":
            return []
        among = set(used)  # there may be very many columns
        if self.kind == "csv":
            return [name for name in self.header() if name not in among]
        first = next(match[0] for match in JSON_LINE.finditer(self.text) if match[0].strip())
        return [name for name in json.loads(first) if name not in among]

    def header(self) -> list[str]:
        """The names of the columns of a CSV file."""
        return self._header(self._rows())

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows of a CSV file with the line each begins on, blank ones left out."""
        if "\0" in self.text:
            line = len(re.split("\r\n|\r|\n", self.text[: self.text.index("\0")]))
            raise self.error(line, "a NUL character, wanted text. try: save the table as CSV in UTF-8")
        reader = csv.reader((match[0] for match in LINE.finditer(self.text)), strict=True)
        while True:
            begins = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                problem = str(error)
                if "field larger" in problem:
                    problem = f"a field of more than {csv.field_size_limit():,} characters: a quote is never closed?"
                raise self.error(begins, f'{problem}. try: each " in a quoted field written as ""') from None
            if any(field.strip() for field in row):
                yield begins, row

    def _header(self, rows: Iterator[tuple[int, list[str]]]) -> list[str]:
        line, names = next(rows, (1, []))
        names = [name.strip() for name in names]
        if not names:
            raise self.error(1, "nothing there, wanted a row with the names of the columns. try: another file")
        for place, name in enumerate(names, 1):
            if not name:
                raise self.error(line, f"column {place} has no name. try: a header row that names each column")
        if len(set(names)) < len(names):
            name = next(name for name, times in Counter(names).items() if times > 1)
            raise self.error(line, f"two columns are called {name!r}. try: another name for one of them")
        for separator, spelt in SEPARATORS.items():
            if sum(name.count(separator) for name in names) >= len(names):
                got = f"fields between {spelt}, wanted commas"
                raise self.error(line, f"{got}. try: save the table with commas, and decimal points in its numbers")
        values = [_value(name) for name in names]
        if all(math.isfinite(value) for value in values) and (len(names) == 1 or set(np.diff(values)) != {1.0}):
            got = f"the columns are called {', '.join(names[:5])}"
            raise self.error(line, f"{got}, as if a row of numbers came first. try: a header row with their names")
        return names

    def _csv(self, needed: Sequence[str]) -> Iterator[Record]:
        rows = self._rows()
        names = self._header(rows)
        for name in needed:
            if name not in names:
                raise self.error(1, f"no column {name!r}, got {', '.join(names[:20])}. try: a header row with {name}")
        for line, row in rows:
            if len(names) == 1 and len(names[0].split()) == len(row[0].split()) > 1 and _all_numbers(row[0].split()):
                raise self.error(line, "fields between spaces, wanted commas. try: save the table with commas")
            if len(row) != len(names):
                raise self.error(
                    line, f"got {len(row)} fields, wanted {len(names)} as in the header. try: fix this row"
                )
            yield Record(line, dict(zip(names, row, strict=True)))

    def _jsonl(self, needed: Sequence[str]) -> Iterator[Record]:
        for line, match in enumerate(JSON_LINE.finditer(self.text), 1):
            text = match[0].removesuffix("\n")
            if not text.strip():
                continue
            try:
                # Numbers stay as they are written: as numbers, 1e2 would come out as 100.0.
                found = json.loads(
                    text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_without_twins
                )
            except _TwinKeysError as error:
                raise self.error(line, f"two values for {str(error)[:40]!r}. try: one of them") from None
            except (ValueError, RecursionError) as error:
                problem = getattr(error, "msg", "too deep, or a number too long")
                raise self.error(line, f'no JSON: {problem}. try: one object a line, {{"{needed[0]}": …}}') from None
            if not isinstance(found, dict):
                raise self.error(line, f'got a {type(found).__name__}, wanted an object {{"{needed[0]}": …}}')
            fields: dict[str, str] = {}
            for name in needed:
                if name not in found:
                    got = ", ".join(list(found)[:20]) or "nothing"
                    raise self.error(line, f"no {name!r}, got {got}. try: each line with {' and '.join(needed)}")
                value = found[name]
                if isinstance(value, dict | list) or value is None:
                    kind = "null" if value is None else "a list" if isinstance(value, list) else "an object"
                    raise self.error(line, f"{name} is {kind}, wanted text or a number")
                fields[name] = value if isinstance(value, str) else json.dumps(value)
                if not _sound(fields[name]):
                    raise self.error(line, f"{name} holds half of a surrogate pair, which is no character")
            yield Record(line, fields)


@dataclass(frozen=True)
class Records:
    """The rows of a source, read anew each time that they are walked through: as objects they would take much more."""

    source: Source
    needed: Sequence[str]

    def __iter__(self) -> Iterator[Record]:
        return self.source.records(self.needed)

    @property
    def first(self) -> Record | None:
        """The first row, if there is one."""
        return next(iter(self), None)


def read_source(file: Path, kind: str | None = None) -> Source:
    """The text of a file, `-` being stdin; the kind is told by the end of its name unless it is given."""
    name = "stdin" if str(file) == "-" else str(file)
    return Source(name, decoded(file), kind or KINDS.get(file.suffix.lower(), "lines"))


def decoded(file: Path) -> str:
    """The text of a UTF-8 file, `-` being stdin, without its byte order mark."""
    name = "stdin" if str(file) == "-" else str(file)
    try:
        if name == "stdin":
            data = sys.stdin.buffer.read(MOST_FROM_STDIN + 1) if sys.stdin is not None else b""
            if len(data) > MOST_FROM_STDIN:  # it may have no end
                raise DataError(f"stdin holds more than {MOST_FROM_STDIN:,} bytes. try: a file, by its name")
        else:
            if not stat.S_ISREG((status := file.stat()).st_mode) and not stat.S_ISDIR(status.st_mode):
                raise DataError(f"{file} is a device or a pipe, wanted a file. try: - for what comes through a pipe")
            data = file.read_bytes()
    except IsADirectoryError:
        raise DataError(f"{file} is a folder, wanted a text file. try: one of the files in it") from None
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {name}: {problem}. try: --file with the path of a text file") from None
    if not data.strip():
        raise DataError(f"{name} is empty, wanted UTF-8 text. try: another file")
    problem = problem_of(data, None if name == "stdin" else file)
    if problem is not None:
        raise DataError(f"{name} {problem}")
    return data.decode("utf-8").removeprefix("\ufeff")  # a byte order mark is no part of the text


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object, in which a key stands once: of two values, one would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwinKeysError(next(key for key in found if keys.count(key) > 1))
    return found


class _TwinKeysError(Exception):
    """A key stands twice in a JSON object."""


def number(source: Source, record: Record, column: str) -> float:
    """A finite number from a field, or DataError."""
    text = record.fields[column]
    value = _value(text)
    if math.isfinite(value) and abs(value) < 1e30:  # its standard deviation is finite
        return value
    shown = text.strip()[:40]
    problem = f"{column} is {shown!r}" if shown else f"{column} is missing"
    advice = "write it in digits, with a decimal point" if looks_numeric(text) else "fill the gap or leave the row out"
    raise source.error(record.line, f"{problem}, wanted a finite number. try: {advice}")


def looks_numeric(text: str) -> bool:
    """Whether people read a number, plain or with signs that a number here may not have.

    >>> [looks_numeric(text) for text in ["1.5", "1,200", "1,5", "50%", "$50", "(3)", "12h", "1.2.2024", "x"]]
    [True, True, True, True, True, True, False, False, False]
    """
    return math.isfinite(_value(text)) or DECORATED.fullmatch(text.strip()) is not None


def _value(text: str) -> float:
    """The number that a field holds, or nan."""
    try:
        return float(text) if "_" not in text else math.nan  # Python reads 1_000, tables do not mean it
    except ValueError:
        return math.nan


def _all_numbers(fields: Sequence[str]) -> bool:
    return all(math.isfinite(_value(field)) for field in fields)


def _sound(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)
