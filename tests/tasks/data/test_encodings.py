"""Files in other encodings, which are read all the same, and files that are no text, which are called by their name."""

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tinygrad_gru.errors import ConfigError, DataError
from tinygrad_gru.tasks.data.encodings import problem_of, text_of
from tinygrad_gru.tasks.data.reader import read_source
from tinygrad_gru.tasks.data.tables.form import Reading

GERMAN = "text,label\n„schön“ für 5 €,gut\nüble Größe,schlecht\n"
RUSSIAN = "text,label\nшла Саша по шоссе,да\n"


def zipped(name, content=b"<x/>"):
    """An archive with one file in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "problem", "advice"),
    [
        (gzip.compress(GERMAN.encode()), "is compressed with gzip", "gunzip -k data.csv"),
        (bz2.compress(GERMAN.encode()), "is compressed with bzip2", "bunzip2 -k data.csv"),
        (lzma.compress(GERMAN.encode()), "is compressed with xz", "unxz -k data.csv"),
        (zipped("xl/workbook.xml"), "is an Excel workbook", "save it from Excel as CSV UTF-8"),
        (zipped("word/document.xml"), "is a Word document", "save it as plain text"),
        (zipped("data.csv"), "is a zip archive", "unzip data.csv"),
        (zipped("x.npy"), "is an npz", "numpy.savetxt"),
        (saved(np.eye(2)), "is a NumPy array", "numpy.savetxt"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "is an old Excel or Word file", "save it"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "is a PDF", "pdftotext"),
        (b"SQLite format 3\0" + bytes(84), "is an SQLite database", "sqlite3"),
        (b"PAR1\x15\x04" + b"\xff" * 9 + b"PAR1", "is a Parquet file", "pandas.read_parquet"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9), "is a picture", "a text file"),
        (
            b"ab\xff\0\1\2",
            "is not UTF-8: byte 0xff at offset 2, line 1, and holds bytes that stand in no text",
            "a text",
        ),
        (RUSSIAN.encode("koi8-r"), "is not UTF-8: byte 0xdb at offset 11, line 2, in an encoding", "--encoding"),
        ("日本語,1\n".encode("shift-jis"), "is not UTF-8: byte 0x93 at offset 0, line 1, in an encoding", "--enc"),
        (
            ("text,label\n" * 9 + "да,1\n").encode("cp1251"),
            "is not UTF-8: byte 0xe4 at offset 99, line 10, in",
            "--encoding",
        ),
        (GERMAN.encode() + b"\xe9", "is not UTF-8: byte 0xe9", "correct this line, or fetch the file again"),
        (GERMAN.encode().replace(b"\x80", b"", 1), "is not UTF-8: byte 0xe2", "correct this line"),
    ],
    ids=lambda value: value if isinstance(value, str) else "data",  # a compressed file holds the time
)
def test_what_is_no_text_is_called_by_its_name(data, problem, advice, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_bytes(data)
    with pytest.raises(DataError) as refused:
        read_source(Path("data.csv"))
    message = str(refused.value)
    assert message.startswith(f"data.csv {problem}") and advice in message.partition(" try: ")[2]
    assert message.isprintable() and "iconv" not in message and len(message) < 250


@pytest.mark.parametrize(
    ("text", "encoding", "words"),
    [
        (GERMAN, "utf-8-sig", "UTF-8"),
        (GERMAN, "utf-16", "UTF-16"),
        (GERMAN, "utf-16-le", "UTF-16LE"),
        (GERMAN, "utf-16-be", "UTF-16BE"),
        (RUSSIAN * 3, "utf-16-le", "UTF-16LE"),
        (GERMAN, "utf-32", "UTF-32"),
        (GERMAN, "cp1252", "Windows-1252, as '„schön“ für' is right"),
        ("a\ncafé\n", "latin-1", "Windows-1252, as 'café' is right"),
    ],
)
def test_a_text_in_another_encoding_is_read_and_a_guess_shows_a_word(text, encoding, words, tmp_path):
    (tmp_path / "data.csv").write_bytes(text.encode(encoding))
    source = read_source(tmp_path / "data.csv")
    assert (source.text, source.encoding) == (text, words)


@pytest.mark.parametrize(("text", "encoding"), [(RUSSIAN, "koi8-r"), (RUSSIAN, "cp1251"), ("日本語,1\n", "shift-jis")])
def test_an_encoding_that_cannot_be_told_is_named(text, encoding, tmp_path):
    (tmp_path / "data.csv").write_bytes(text.encode(encoding))
    with pytest.raises(DataError, match="in an encoding that cannot be told. try: --encoding"):
        read_source(tmp_path / "data.csv")
    assert read_source(tmp_path / "data.csv", reading=Reading(encoding=encoding)).text == text


@pytest.mark.parametrize("encoding", ["no-such", "base64", "rot13", "zlib", "x" * 500])
def test_an_encoding_that_is_none_is_refused(encoding):
    with pytest.raises(ConfigError, match=r"encoding: got '.*', wanted utf-8, .* try: --encoding utf-8"):
        text_of(b"a", None, encoding)


def test_bytes_that_are_not_in_the_encoding_asked_for_are_told():
    with pytest.raises(DataError, match=r"stdin is not utf-8: byte 0xe9 at offset 1. try: --encoding"):
        text_of(b"a\xe9", None, "utf-8")


def test_a_word_in_an_encoding_that_only_looks_western_is_shown_as_it_would_be_read():
    text = text_of("miasto Wałbrzych jest piękne\n".encode("cp1250"), Path("t.txt"))
    assert "as 'miasto Wa³brzych jest' is right" in text.words


@pytest.mark.parametrize("text", ["a", "é", "BZh is a word", "PK", "\ufeffa,b\n", "a\0b c\0d\n" * 9, "шла\n", "日本語"])
def test_utf8_is_no_problem(text):
    assert problem_of(text.encode(), Path("t.txt")) is None


def test_of_stdin_no_name_is_made_up():
    assert "gunzip -k FILE" in problem_of(gzip.compress(b"a"), None)
    assert problem_of(gzip.compress(b"a"), Path("-a.gz")).endswith("gunzip -k ./-a.gz, and give what is in it")
