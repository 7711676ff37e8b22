"""The user's own data: lines of text, CSV and JSONL, with the line number in every complaint.

Nothing is guessed and nothing is skipped: a row that is too short, a number that is none or a letter in the wrong
encoding ends the reading with one line that says where it stands.
"""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..errors import DataError
from .encodings import problem_of

__all__ = ["Record", "Source", "decoded", "number", "read_source"]

KINDS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}  # by the end of a file's name; the rest are lines


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
        """The lines that are not blank, numbered from 1."""
        for number_, line in enumerate(self.text.splitlines(), 1):
            if line.strip():
                yield number_, line.strip()

    def records(self, needed: Sequence[str]) -> Iterator[Record]:
        """The rows; each has the needed columns. Plain lines are the only needed column."""
        if self.kind == "csv":
            yield from self._csv(needed)
        elif self.kind == "jsonl":
            yield from self._jsonl(needed)
        else:
            for line, text in self.lines():
                yield Record(line, {needed[0]: text})

    def header(self) -> list[str]:
        """The names of the columns of a CSV file."""
        return self._header(self._rows())

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows of a CSV file with the line each begins on, blank ones left out."""
        if "\0" in self.text:
            line = self.text.count("\n", 0, self.text.index("\0")) + 1
            raise self.error(line, "a NUL character, wanted text. try: save the table as CSV in UTF-8")
        reader = csv.reader(io.StringIO(self.text, newline=""), strict=True)
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
            if names.index(name) != place - 1:
                raise self.error(line, f"two columns are called {name!r}. try: another name for one of them")
        return names

    def _csv(self, needed: Sequence[str]) -> Iterator[Record]:
        rows = self._rows()
        names = self._header(rows)
        for name in needed:
            if name not in names:
                raise self.error(1, f"no column {name!r}, got {', '.join(names[:20])}. try: a header row with {name}")
        for line, row in rows:
            if len(row) != len(names):
                raise self.error(
                    line, f"got {len(row)} fields, wanted {len(names)} as in the header. try: fix this row"
                )
            yield Record(line, dict(zip(names, row, strict=True)))

    def _jsonl(self, needed: Sequence[str]) -> Iterator[Record]:
        for line, text in enumerate(self.text.split("\n"), 1):  # in JSON only this ends a line
            if not text.strip():
                continue
            try:
                found = json.loads(text)
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
                    raise self.error(line, f"{name} is {json.dumps(value)[:40]}, wanted text or a number")
                fields[name] = value if isinstance(value, str) else json.dumps(value)
                if not _sound(fields[name]):
                    raise self.error(line, f"{name} holds half of a surrogate pair, which is no character")
            yield Record(line, fields)


def read_source(file: Path, kind: str | None = None) -> Source:
    """The text of a file, `-` being stdin; the kind is told by the end of its name unless it is given."""
    name = "stdin" if str(file) == "-" else str(file)
    return Source(name, decoded(file), kind or KINDS.get(file.suffix.lower(), "lines"))


def decoded(file: Path) -> str:
    """The text of a UTF-8 file, `-` being stdin, without its byte order mark."""
    name = "stdin" if str(file) == "-" else str(file)
    try:
        if name == "stdin":
            data = sys.stdin.buffer.read() if sys.stdin is not None else b""
        else:
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


def number(source: Source, record: Record, column: str) -> float:
    """A finite number from a field, or DataError."""
    text = record.fields[column]
    try:
        value = float(text) if "_" not in text else math.nan  # Python reads 1_000, tables do not mean it
    except ValueError:
        value = math.nan
    if math.isfinite(value) and abs(value) < 1e30:  # its standard deviation is finite
        return value
    shown = text.strip()[:40]
    problem = f"{column} is {shown!r}" if shown else f"{column} is missing"
    raise source.error(record.line, f"{problem}, wanted a finite number. try: fill the gap or leave the row out")


def _sound(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)
