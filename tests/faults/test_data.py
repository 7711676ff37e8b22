"""Faults 58 to 62: data that cannot be used are exit code 1, with the line or the byte where it is wrong."""

import gzip
import io
import sys

import pytest

from tests.faults.session import SIZES, complaint, good_run, still_good
from tinygrad_gru.cli import main

TEXT = "she sells sea shells by the sea shore. " * 60
TABLE = "a,b\n" + "".join(f"{i},{i % 7}\n" for i in range(60))


def ruined(line, by):
    """The table, one line of it exchanged."""
    lines = TABLE.splitlines()
    lines[line - 1] = by
    return "\n".join(lines).encode()


DATA = [
    (58, "chars", b"", "is empty"),
    (58, "chars", b" \n\r\n\t", "is empty"),
    (58, "table", b"", "is empty"),
    (58, "labelled", b"", "is empty"),
    (58, "labelled", b"text,label\n", "holds no texts"),
    (59, "chars", b"two\nlines \xff", "byte 0xff at offset 10, line 2"),
    (59, "chars", b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 20, "is a program"),
    (59, "chars", b"\xed\xa0\x80" * 900, "is not UTF-8"),
    (59, "table", b"a,b\n1,\x81\n", "is not UTF-8"),
    (59, "table", gzip.compress(TABLE.encode()), "is compressed with gzip, wanted UTF-8 text. try: gunzip -k data.csv"),
    (
        59,
        "table",
        b"PK\x03\x04" + b"\0" * 26 + b"xl/workbook.xml",
        "is an Excel workbook, wanted UTF-8 text. try: save",
    ),
    (
        59,
        "labelled",
        "text,label\nда,1\n".encode("cp1251"),
        "in an encoding that cannot be told. try: --encoding",
    ),
    (60, "table", ruined(2, ",0"), "line 2: a is missing, wanted a finite number"),
    (60, "table", ruined(2, "NA,0"), "line 2: a is 'NA', wanted a finite number"),
    (60, "table", ruined(2, "50%,0"), "line 2: a is '50%', wanted a finite number, without a unit. try: one unit"),
    (60, "table", ruined(2, "1.2.3,0"), "line 2: a is '1.2.3', wanted a finite number. try: correct it, or --skip-bad"),
    (60, "table", b"a,b\n", "try: "),
    (60, "table", b"a,b\n1,2\n", "try: "),
    (60, "table", ruined(7, "5,nan"), "line 7: b is 'nan', wanted a finite number"),
    (60, "table", ruined(7, "5,inf"), "line 7: b is 'inf'"),
    (60, "table", ruined(7, "5,"), "line 7: b is missing"),
    (60, "table", ruined(7, "5,1e999"), "line 7: b is '1e999'"),
    (60, "table", ruined(7, "5,x"), "try: "),
    (60, "table", ruined(7, "5"), "line 7: got 1 fields, wanted 2"),
    (60, "table", ruined(7, "5,6,7"), "line 7: got 3 fields, wanted 2"),
    (60, "table", ruined(7, '5,"6'), "line 7: "),
    (60, "table", ruined(7, '5,"' + "6" * 200_000), "line 7: a field of more than 131,072 characters"),
    (60, "table", ruined(7, "5,\0"), "line 7: a NUL character"),
    (60, "table", ruined(1, "a,a"), "two columns are called 'a'"),
    (60, "labelled", b"text,lable\ngood,1\n", "no column 'label', got text, lable"),
    (60, "labelled", b"text,label\ngood,\nbad,0\n", "line 2: label is missing"),
    (61, "chars", b"short", "the text has 5 characters, wanted at least"),
    (61, "chars", b"one line, and no end of it", "the text has 26 characters, wanted at least"),
    (61, "chars", b"a" * 2000, "there is nothing to predict"),
    (61, "table", b"a\n" + b"1\n" * 6, "try: "),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that the commands run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("number", "task", "data", "want"), DATA, ids=[f"{n} {t} {w}" for n, t, _, w in DATA])
def test_data_that_cannot_be_used_are_exit_code_1(number, task, data, want, folder, capsys):
    (folder / "data.csv").write_bytes(data)
    assert want in complaint(capsys, 1, "train", task, "--file", "data.csv", *SIZES, "--quiet")
    assert sorted(path.name for path in folder.iterdir()) == ["data.csv"]


@pytest.mark.parametrize("task", ["chars", "table", "labelled"])
def test_a_file_that_is_missing_or_a_folder_or_no_file_at_all_is_told(task, folder, capsys):
    for path in ("missing.csv", ".", "missing/data.csv", "x" * 5000):
        complaint(capsys, 1, "train", task, "--file", path, *SIZES, "--quiet")
    assert list(folder.iterdir()) == []


def test_stdin_may_be_what_is_wrong(folder, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff")))
    assert "stdin is not UTF-8" in complaint(capsys, 1, "train", "chars", "--file", "-", "--quiet")
    monkeypatch.setattr(sys, "stdin", None)
    assert "stdin is empty" in complaint(capsys, 1, "train", "chars", "--file", "-", "--quiet")


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.replace(". ", ".\r\n").encode(),
        TEXT.replace(" ", "\0").encode(),
        (TEXT * 40).replace(" ", "_").encode(),
        (TEXT + "\U0001f600\u202e\u0300").encode(),
        TEXT.encode("utf-16"),
        TEXT.encode() + b"caf\xe9",
    ],
    ids=["BOM", "CRLF", "NUL", "one long line", "odd characters", "UTF-16", "Windows-1252"],
)
def test_odd_texts_are_learned_all_the_same(data, folder, capsys):
    (folder / "text.txt").write_bytes(data)
    words = [*SIZES, "--updates", "2", "--quiet", "--out", "run"]
    assert main(["train", "chars", "--file", "text.txt", *words]) == 0
    assert main(["sample", "run", "--length", "9"]) == 0
    assert capsys.readouterr().err == ""
    still_good(folder / "run")


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + TABLE.encode(),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.encode("utf-16"),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").encode(),
        ruined(2, "$50,0"),
        ruined(2, '"1,200",0'),
        ruined(1, "a,"),
        TABLE.replace("b", "größe").encode("cp1252"),
    ],
)
def test_tables_as_spreadsheets_write_them_are_read(data, folder, capsys):
    (folder / "data.csv").write_bytes(data)
    words = [*SIZES, "--updates", "2", "--quiet", "--out", "run", "--targets", "a"]
    assert main(["train", "table", "--file", "data.csv", *words]) == 0
    still_good(folder / "run")


def test_all_bad_lines_stand_above_the_one_that_refuses_them(folder, capsys):
    (folder / "data.csv").write_text(TABLE.replace("6\n", "\n"))
    assert main(["train", "table", "--file", "data.csv", *SIZES, "--quiet"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "data.csv, 8 lines:" and lines[1] == "line 8: b is missing, wanted a finite number"
    assert len(lines) == 10 and lines[-1].startswith(
        "error: data.csv, line 8: b is missing, wanted a finite number and 7"
    )
    assert lines[-1].endswith("try: --fill previous, mean, interpolate or zero, or --skip-bad")
    for words in (["--fill", "previous"], ["--skip-bad"]):
        assert main(["train", "table", "--file", "data.csv", *SIZES, *words, "--quiet", "--updates", "2"]) == 0


def test_a_character_never_seen_in_training_is_told(folder, capsys):
    (folder / "text.txt").write_text(TEXT)
    run = good_run(folder / "run", "chars", file="text.txt")
    before = (run / "best.npz").read_bytes()
    for prompt, shown in (("she %", "'%'"), ("\n", "'\\n'"), ("\udc80", "'\\udc80'"), ("\x1b[2J", "'\\x1b'")):
        line = complaint(capsys, 2, "sample", run, "--prompt", prompt)
        assert f"prompt: {shown} was never seen in training. try: " in line
    (folder / "other.txt").write_text("she sells\nQ")
    assert "'Q' was never seen in training" in complaint(capsys, 1, "predict", run, "other.txt")
    assert "never seen in training" in complaint(capsys, 1, "eval", run, "--file", "other.txt")
    assert (run / "best.npz").read_bytes() == before
