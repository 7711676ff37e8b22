"""Files that are no UTF-8 text: each is called by its name, and the advice makes of it what it was before."""

import bz2
import gzip
import io
import lzma
import shlex
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tinygrad_gru.errors import DataError
from tinygrad_gru.tasks.data.encodings import problem_of
from tinygrad_gru.tasks.data.reader import read_source

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
        (RUSSIAN.encode("koi8-r"), "is not UTF-8: byte 0xdb at offset 11, line 2, in an encoding", "save it as UTF-8"),
        ("日本語,1\n".encode("shift-jis"), "is not UTF-8: byte 0x93 at offset 0, line 1, in an encoding", "save it"),
        (
            ("text,label\n" * 9 + "да,1\n").encode("cp1251"),
            "is not UTF-8: byte 0xe4 at offset 99, line 10, in",
            "save it",
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


@pytest.mark.skipif(shutil.which("iconv") is None, reason="there is no iconv to follow the advice with")
@pytest.mark.parametrize("name", ["data.csv", "my data.csv", "-5.csv", "sub/data"])
@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        (GERMAN, "utf-16", "is UTF-16, wanted UTF-8"),
        (GERMAN, "utf-16-le", "is UTF-16LE"),
        (GERMAN, "utf-16-be", "is UTF-16BE"),
        (RUSSIAN * 3, "utf-16-le", "is UTF-16LE"),
        (GERMAN, "utf-32", "is UTF-32"),
        (GERMAN, "cp1252", "try: if '„schön“ für' is right, iconv -f WINDOWS-1252"),
        (GERMAN.replace("€", "DM").replace("„", '"'), "cp1252", "try: if"),
        ("a\ncafé\n", "latin-1", "byte 0xe9 at offset 5, line 2. try: if 'café' is right"),
        ("é", "latin-1", "try: if 'é' is right"),
    ],
)
def test_the_advice_for_an_encoding_gives_the_text_as_it_was(text, encoding, said, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    Path(name).write_bytes(text.encode(encoding))
    with pytest.raises(DataError) as refused:
        read_source(Path(name))
    message = str(refused.value)
    if text == "é":
        assert "cannot be told" in message  # nothing beside it tells that it is a Western text
        return
    assert said in message and message.isprintable()
    command = message.partition("try: ")[2].partition(" is right, ")[2] or message.partition("try: ")[2]
    subprocess.run(command, shell=True, check=True, timeout=30)
    assert read_source(Path(shlex.split(command)[-1])).text == text


def test_a_word_in_an_encoding_that_only_looks_western_is_shown_as_it_would_be_read():
    problem = problem_of("miasto Wałbrzych jest piękne\n".encode("cp1250"), Path("t.txt"))
    assert "try: if 'miasto Wa³brzych jest' is right" in problem


@pytest.mark.parametrize("text", ["a", "é", "BZh is a word", "PK", "\ufeffa,b\n", "a\0b c\0d\n" * 9, "шла\n", "日本語"])
def test_utf8_is_no_problem(text):
    assert problem_of(text.encode(), Path("t.txt")) is None


def test_of_stdin_no_name_is_made_up():
    assert "before the pipe" in problem_of("für alle".encode("cp1252"), None)
    assert "gunzip -k FILE" in problem_of(gzip.compress(b"a"), None)
