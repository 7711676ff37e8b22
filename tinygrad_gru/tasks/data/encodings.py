"""In which encoding a file is text, deduced from its bytes; and what it is if it is none.

UTF-8 and UTF-16 can be told for certain. No program can tell one single-byte encoding from another, so Windows-1252 is
a guess, where its letters beyond ASCII stand among plain ones, as in für: it is said, with a word decoded with it, and
the author of the text sees whether that is right.
"""

from __future__ import annotations

import codecs
import re
import shlex
from pathlib import Path
from typing import NamedTuple

from ...errors import ConfigError, DataError

__all__ = ["Text", "problem_of", "text_of"]

PACKED = [  # first bytes, what begins so, and the command that unpacks it
    (b"\x1f\x8b", "compressed with gzip", "gunzip -k"),
    (b"BZh", "compressed with bzip2", "bunzip2 -k"),
    (b"\xfd7zXZ\0", "compressed with xz", "unxz -k"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unzstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x"),
    (b"Rar!\x1a\x07", "a RAR archive", "unrar x"),
]
OTHERS = [  # first bytes, what begins so, and what to do
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Excel or Word file",
        "save it from there as CSV UTF-8, or as plain text",
    ),
    (b"%PDF-", "a PDF", "pdftotext"),
    (b"{\\rtf", "an RTF document", "save it as plain text in UTF-8"),
    (b"PAR1", "a Parquet file", "pandas.read_parquet(…).to_csv(…, index=False)"),
    (b"ARROW1", "a Feather file", "pandas.read_feather(…).to_csv(…, index=False)"),
    (b"\x89HDF\r\n", "an HDF5 file", "pandas.read_hdf(…).to_csv(…, index=False)"),
    (b"SQLite format 3\0", "an SQLite database", "sqlite3 -header -csv DATABASE 'select …'"),
    (b"\x93NUMPY", "a NumPy array", "numpy.savetxt(…, delimiter=',', header=…, comments='')"),
    (b"\x89PNG", "a picture", "a text file"),
    (b"\xff\xd8\xff", "a picture", "a text file"),
    (b"\x7fELF", "a program", "a text file"),
]
ZIPPED = [  # a name within the archive, what holds it, and what to do
    (b"xl/", "an Excel workbook", "save it from Excel as CSV UTF-8"),
    (b"opendocument.spreadsheet", "an OpenDocument table", "save it as CSV in UTF-8"),
    (b"word/", "a Word document", "save it as plain text in UTF-8"),
    (b".npy", "an npz of NumPy arrays", "numpy.savetxt(…, delimiter=',', header=…, comments='')"),
]
WESTERN = "Windows-1252"
MARKS = [  # of byte orders; those of UTF-32 begin like those of UTF-16
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
]
CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1b")
LOOKED_AT = 4096  # bytes that tell UTF-16 without a mark
AROUND = 12  # bytes of a line shown at both sides of the one that is wrong


class Text(NamedTuple):
    """A text, the encoding that it was in, and if that is a guess, a word that shows whether it is right."""

    text: str
    encoding: str = "UTF-8"
    guessed_by: str = ""

    @property
    def words(self) -> str:
        """The encoding, for people."""
        return f"{self.encoding}, as {self.guessed_by!r} is right" if self.guessed_by else self.encoding


def text_of(data: bytes, file: Path | None, encoding: str | None = None) -> Text:
    """The bytes of a file (None: of stdin) as text, without its byte order mark; in the encoding that they are in.

    Raises DataError if they are no text, ConfigError for an encoding that Python does not know.
    """
    name = "stdin" if file is None else str(file)
    if encoding is not None:
        return Text(_decoded(data, name, encoding), encoding)
    if (problem := problem_of(data, file)) is not None:
        raise DataError(f"{name} {problem}")
    of_mark = next((encoding for mark, encoding in MARKS if data.startswith(mark)), None)
    wide = of_mark or _unmarked_utf16(data)
    if wide is not None:
        return Text(_decoded(data, name, wide), wide)
    try:
        return Text(data.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        return Text(_decoded(data, name, "cp1252"), WESTERN, _words_around(data, error.start))


def _decoded(data: bytes, name: str, encoding: str) -> str:
    try:
        if not codecs.lookup(encoding)._is_text_encoding:  # what unpacks, or turns letters
            raise LookupError
        text = data.decode(encoding)
    except LookupError:
        known = "utf-8, utf-16, cp1252, cp1251, shift-jis …"
        raise ConfigError(f"encoding: got {encoding[:40]!r}, wanted {known}. try: --encoding utf-8") from None
    except ValueError as error:
        where = (
            f"byte {data[error.start]:#04x} at offset {error.start}" if isinstance(error, UnicodeDecodeError) else ""
        )
        where = where or "its bytes make no characters"
        raise DataError(f"{name} is not {encoding}: {where}. try: --encoding with another one, or without") from None
    return text.removeprefix("\ufeff")


def problem_of(data: bytes, file: Path | None) -> str | None:
    """Why these bytes of a file (None: of stdin) are no text, and what to try; None if they can be read."""
    name = "FILE" if file is None else _quoted(file)
    for first, what, command in PACKED:
        if data.startswith(first) and not data.isascii():
            return f"is {what}, wanted UTF-8 text. try: {command} {name}, and give what is in it"
    for first, what, advice in OTHERS:
        if data.startswith(first) and (not data.isascii() or first.isascii()):
            return f"is {what}, wanted UTF-8 text. try: {advice}"
    if data.startswith(b"PK\x03\x04"):
        archive = ("a zip archive", f"unzip {name}, and give what is in it")
        what, advice = next(((what, advice) for inside, what, advice in ZIPPED if inside in data), archive)
        return f"is {what}, wanted UTF-8 text. try: {advice}"
    if any(data.startswith(mark) for mark, _ in MARKS) or _unmarked_utf16(data) is not None:
        return None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(data, error.start)
    return None


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without a byte order mark: the high byte of each two is nearly always 0, or a control character."""
    head = data[: LOOKED_AT & ~1]
    for place, encoding in ((1, "UTF-16LE"), (0, "UTF-16BE")):
        high, low = head[place::2], head[1 - place :: 2]
        controls = [sum(byte in CONTROLS for byte in half) for half in (high, low)]
        if len(high) >= 4 and controls[0] >= 0.9 * len(high) and controls[1] <= 0.05 * len(low):
            return encoding
    return None


def _not_utf8(data: bytes, start: int) -> str | None:
    """The message for the byte at which decoding failed; None if the bytes look like Windows-1252."""
    line = data.count(b"\n", 0, start) + 1
    where = f"is not UTF-8: byte {data[start]:#04x} at offset {start}, line {line}"
    if CONTROLS & set(data):
        return f"{where}, and holds bytes that stand in no text. try: a text file"
    decoded = data.decode("utf-8", "replace")
    wrong = decoded.count("\ufffd")
    if (
        sum(c > "\x7f" for c in decoded) - wrong > wrong
    ):  # read in another encoding, the letters that are right were lost
        return f"{where}, though most of it is UTF-8. try: correct this line, or fetch the file again if it was cut off"
    utf8 = sum(c > "\x7f" for c in decoded) - wrong  # whole characters, of which Windows-1252 has few by chance
    if 10 * utf8 > wrong or not _may_be_western(data):
        return f"{where}, in an encoding that cannot be told. try: --encoding with its name, such as cp1251"
    return None


def _words_around(data: bytes, start: int) -> str:
    """The words around a byte that is no UTF-8, as Windows-1252 has them."""
    before = data[max(0, start - AROUND) : start].decode("cp1252").splitlines() or [""]
    after = data[start : start + AROUND].decode("cp1252").splitlines()
    words = "".join(c for c in (before[-1] if data[start - 1 : start] != b"\n" else "") + after[0] if c.isprintable())
    return words.strip()


def _may_be_western(data: bytes) -> bool:
    """Whether Windows-1252 has all these bytes, and its letters beyond ASCII stand among plain ones, as in für."""
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    words = b"".join(word for word in re.findall(rb"[A-Za-z\x80-\xff]+", data) if max(word) >= 0xC0)
    return sum(byte >= 0xC0 for byte in words) <= sum(byte < 0x80 for byte in words)


def _quoted(file: Path) -> str:
    """The name for a shell; one that begins with a hyphen is no option."""
    return shlex.quote(f"./{file}" if str(file).startswith("-") else str(file))
