"""The user's own data: lines of text, tables and JSONL, with the line number in every complaint.

A row that is too short or a line that is no JSON raises DataError with its line, or is noted with all others that are
bad: see BadLines.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from ...errors import DataError
from ...nn.files.regular import IrregularFileError, open_regular
from .encodings import Text, text_of
from .tables.form import Form, Reading, form_of
from .tokens import composed

__all__ = ["BadLines", "Record", "Records", "Source", "decoded", "is_jsonl", "read_source"]

MOST_FROM_STDIN = 100_000_000  # bytes
KINDS = {".csv": "csv", ".tsv": "csv", ".tab": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}  # by the end of a name
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")  # with its end
JSON_LINE = re.compile(r"[^\n]*\n|[^\n]+")  # in JSON only this ends a line
SHOWN = 20  # bad lines
NAMED = 5  # of those that are left out


class Record(NamedTuple):
    """A row: the line it begins on, and its fields by name."""

    line: int
    fields: dict[str, str]


class BadLines:
    """The lines of a source that cannot be used: all are noted, the first twenty with what is wrong."""

    def __init__(self, source: Source) -> None:
        self.source, self.count = source, 0
        self.first: list[str] = []
        self.advice = ""

    def add(self, line: int, problem: str, advice: str) -> None:
        """Note a line."""
        self.count += 1
        self.advice = self.advice or advice
        if self.count <= SHOWN:
            self.first.append(f"line {line}: {problem}")

    def refuse(self) -> None:
        """Raise DataError if there is one, unless they are to be skipped; the others stand in its notes."""
        if not self.count or self.source.reading.skip_bad:
            return
        others = self.count - 1
        more = f" and {others:,} more line{'s' * (others > 1)}" if others else ""
        advice = self.advice if "--skip-bad" in self.advice else f"{self.advice}, or --skip-bad"
        error = DataError(f"{self.source.name}, {self.first[0]}{more}. try: {advice}")
        if self.count > 1:
            rest = [f"and {self.count - SHOWN:,} more"] if self.count > SHOWN else []
            for line in [f"{self.source.name}, {self.count:,} lines:", *self.first, *rest]:
                error.add_note(line)
        raise error

    def tell(self) -> None:
        """Refuse them, or warn of what is left out where no report tells of it."""
        self.refuse()
        if self.count:
            warnings.warn(f"{self.source.name}: {self.words}", stacklevel=2)

    @property
    def words(self) -> str:
        """How many rows were left out, for people; empty if none was."""
        if not self.count:
            return ""
        numbers = ", ".join(text.partition(":")[0].removeprefix("line ") for text in self.first[:NAMED])
        rows, lines = ("rows", "lines") if self.count > 1 else ("row", "line")
        return f"{self.count:,} bad {rows} left out, on {lines} {numbers}" + (" …" if self.count > NAMED else "")


@dataclass(frozen=True)
class Source:
    """A text, its name in messages, its kind: "lines", "csv" or "jsonl", and how the user wants it to be read."""

    name: str
    text: str
    kind: str = "lines"
    reading: Reading = field(default_factory=Reading)
    encoding: str = "UTF-8"  # for people

    def error(self, line: int, problem: str) -> DataError:
        """The complaint about a line."""
        return DataError(f"{self.name}, line {line}: {problem}")

    @cached_property
    def form(self) -> Form:
        """How its rows are written, found in the first of them."""
        return form_of(self.text, self.reading)

    def lines(self) -> Iterator[tuple[int, str]]:
        """The lines that are not blank, as they stand, numbered from 1; only CR and LF end a line."""
        for number_, match in enumerate(LINE.finditer(self.text), 1):
            if (line := match[0].rstrip("\r\n")).strip():
                yield number_, line

    def table(self, needed: Sequence[str]) -> Records:
        """The rows, which can be iterated again and again, and are never all in memory; each has the needed columns."""
        return Records(self, needed)

    def records(self, needed: Sequence[str], bad: BadLines | None = None) -> Iterator[Record]:
        """The rows; each has the needed columns. Plain lines are the only needed column.

        A row that cannot be read is noted in `bad`; without it DataError is raised.
        """
        if self.kind == "csv":
            yield from self._csv(needed, bad)
        elif self.kind == "jsonl":
            yield from self._jsonl(needed, bad)
        else:
            for line, text in self.lines():
                yield Record(line, {needed[0]: text})

    def left_out(self, used: Sequence[str]) -> list[str]:
        """The columns, of JSONL the keys of its first object, that are not among those used."""
        among = set(used)  # there may be very many columns
        return [name for name in self.header() if name not in among]

    def header(self) -> list[str]:
        """The names of the columns of a table, of JSONL the keys of its first object; none of plain lines."""
        if self.kind == "csv":
            return self._header(self._rows())
        if self.kind == "lines":
            return []
        line, first = next(((n, m[0]) for n, m in enumerate(JSON_LINE.finditer(self.text), 1) if m[0].strip()), (1, ""))
        return list(self._object(line, first, ["text"]))

    def column(self, name: str, header: Sequence[str] | None = None) -> str | None:
        """The column that a name means: itself, or the one in other Unicode characters or letter case that is alone."""
        names = self.header() if header is None else header
        if name in names:
            return name
        for alike in (composed, lambda text: composed(text).casefold()):
            same = [each for each in names if alike(each) == alike(name)]
            if len(same) == 1:
                return same[0]
        return None

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows of a table with the line each begins on, blank ones left out."""
        if "\0" in self.text:
            line = len(re.split("\r\n|\r|\n", self.text[: self.text.index("\0")]))
            raise self.error(line, "a NUL character, wanted text. try: save the table as CSV in UTF-8")
        form = self.form
        lines: Iterator[str] = (match[0] for match in islice(LINE.finditer(self.text), form.above, None))
        if form.commented:
            lines = chain([next(lines).lstrip("# ")], lines)
        reader = form.rows(lines)
        while True:
            begins = form.above + reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                problem = str(error)
                if "field larger" in problem:
                    problem = f"a field of more than {csv.field_size_limit():,} characters: a quote is never closed?"
                advice = 'each " in a quoted field written as "", or --quote none'
                raise self.error(begins, f"{problem}. try: {advice}") from None
            if any(field.strip() for field in row):
                announces = len(row) <= 2 and row[0].lower().startswith("sep=")  # the delimiter, as Excel takes it
                if not (announces and reader.line_num == 1):
                    yield begins, row

    def _header(self, rows: Iterator[tuple[int, list[str]]]) -> list[str]:
        line, names = next(rows, (1, []))
        if not names:
            raise self.error(1, "nothing there, wanted a row with the names of the columns. try: another file")
        if not self.form.header:
            return [f"column {place}" for place in range(1, len(names) + 1)]
        names = [name.strip() or f"column {place}" for place, name in enumerate(names, 1)]
        if len(set(names)) < len(names):
            name = next(name for name, times in Counter(names).items() if times > 1)
            raise self.error(line, f"two columns are called {name!r}. try: another name for one of them")
        return names

    def _csv(self, needed: Sequence[str], bad: BadLines | None) -> Iterator[Record]:
        rows = self._rows()
        names = self._header(rows)
        for name in needed:
            if name not in names:
                raise self.error(1, f"no column {name!r}, got {', '.join(names[:20])}. try: a header row with {name}")
        for line, row in rows if self.form.header else self._rows():
            if len(row) == len(names):
                yield Record(line, dict(zip(names, row, strict=True)))
                continue
            problem = (
                f"got {len(row)} fields, wanted {len(names)} as in the {'header' if self.form.header else 'first'}"
            )
            if bad is None:
                raise self.error(line, f"{problem}. try: fix this row")
            bad.add(line, problem, "fix this row")

    def _jsonl(self, needed: Sequence[str], bad: BadLines | None) -> Iterator[Record]:
        names = list(needed) or self.header()
        for line, match in enumerate(JSON_LINE.finditer(self.text), 1):
            if not match[0].strip():
                continue
            try:
                record = self._object(line, match[0], names)
                fields = {name: self._field(line, record, name, names, gaps=not needed) for name in names}
            except DataError as error:
                if bad is None:
                    raise
                problem, _, advice = str(error).removeprefix(str(self.error(line, ""))).partition(". try: ")
                bad.add(line, problem, advice or "fix this line")
            else:
                yield Record(line, fields)

    def _object(self, line: int, text: str, needed: Sequence[str]) -> dict[str, object]:
        """The object that a line of JSONL holds."""
        try:
            # Numbers stay as they are written: as numbers, 1e2 would come out as 100.0.
            record = json.loads(
                text.removesuffix("\n"), parse_int=str, parse_float=str, parse_constant=str,
                object_pairs_hook=_without_twins,
            )  # fmt: skip
        except _TwinKeysError as error:
            raise self.error(line, f"two values for {str(error)!r}. try: one of them") from None
        except (ValueError, RecursionError) as error:
            problem = getattr(error, "msg", "nested too deeply, or a number too long")
            raise self.error(line, f'no JSON: {problem}. try: one object a line, {{"{needed[0]}": …}}') from None
        if not isinstance(record, dict):
            raise self.error(line, f'got a {type(record).__name__}, wanted an object {{"{needed[0]}": …}}')
        return record

    def _field(self, line: int, record: dict[str, object], name: str, needed: Sequence[str], gaps: bool) -> str:
        """The value of a key as text; of a table, null and a key that is missing are gaps."""
        if name not in record and not gaps:
            got = ", ".join(list(record)[:20]) or "nothing"
            raise self.error(line, f"no {name!r}, got {got}. try: each line with {' and '.join(needed)}")
        value = record.get(name)
        if value is None and gaps:
            return ""
        if isinstance(value, dict | list) or value is None:
            kind = "null" if value is None else "a list" if isinstance(value, list) else "an object"
            if gaps:
                return json.dumps(value, ensure_ascii=False)  # a column that is no number is left out
            raise self.error(line, f"{name} is {kind}, wanted text or a number")
        text = value if isinstance(value, str) else json.dumps(value)
        if not _sound(text):
            raise self.error(line, f"{name} holds half of a surrogate pair, which is no character")
        return text


@dataclass(frozen=True)
class Records:
    """The rows of a source, parsed anew in each iteration: as objects they would take much more memory."""

    source: Source
    needed: Sequence[str]

    def __iter__(self) -> Iterator[Record]:
        return self.source.records(self.needed)

    @property
    def first(self) -> Record | None:
        """The first row, if there is one."""
        return next(iter(self), None)


def read_source(file: Path, kind: str | None = None, reading: Reading | None = None) -> Source:
    """The text of a file, `-` being stdin; the kind follows from the end of its name, unless it is passed."""
    reading = reading or Reading()
    text = decoded(file, reading.encoding)
    return Source(_name_of(file), text.text, kind or KINDS.get(file.suffix.lower(), "lines"), reading, text.words)


def is_jsonl(file: Path) -> bool:
    """Whether its name says that each line is an object of JSON."""
    return KINDS.get(file.suffix.lower()) == "jsonl"


def decoded(file: Path, encoding: str | None = None) -> Text:
    """The text of a file, `-` being stdin, in the encoding that it is in, or in this one."""
    name = _name_of(file)
    try:
        if name == "stdin":
            data = sys.stdin.buffer.read(MOST_FROM_STDIN + 1) if sys.stdin is not None else b""
            if len(data) > MOST_FROM_STDIN:  # it may have no end
                raise DataError(f"stdin holds more than {MOST_FROM_STDIN:,} bytes. try: a file, by its name")
        else:
            with open_regular(file) as opened:
                data = opened.read()
    except IrregularFileError:
        if file.is_dir():
            raise DataError(f"{file} is a folder, wanted a text file. try: one of the files in it") from None
        raise DataError(f"{file} is a device or a pipe, wanted a file. try: - for the data of a pipe") from None
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {name}: {problem}. try: --file with the path of a text file") from None
    if not data.strip():
        raise DataError(f"{name} is empty, wanted UTF-8 text. try: another file")
    return text_of(data, None if name == "stdin" else file, encoding)


def _name_of(file: Path) -> str:
    return "stdin" if str(file) == "-" else str(file)


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object, in which a key stands once: of two values, one would be lost."""
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwinKeysError(next(key for key in record if keys.count(key) > 1))
    return record


class _TwinKeysError(Exception):
    """A key stands twice in a JSON object."""


def _sound(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)
