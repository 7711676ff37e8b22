"""`tinygrad-gru predict`: a row for each input, as CSV or JSONL."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.runs import make_run
from tinygrad_gru.cli import main


@pytest.fixture(autouse=True)
def lines(tmp_path, monkeypatch):
    """A folder with a run of adding, and two inputs for it."""
    monkeypatch.chdir(tmp_path)
    make_run("adding", "gru")
    Path("in.txt").write_text("0.5 0.31* 0.7* 0.2\n0.1* 0.9*\n")


def test_each_line_is_a_row_of_csv(capsys):
    assert main(["predict", "last", "in.txt"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["input"] for row in rows] == ["0.5 0.31* 0.7* 0.2", "0.1* 0.9*"]
    assert all(float(value) for row in rows for name, value in row.items() if name != "input")


def test_the_rows_are_the_same_in_both_formats_and_a_name_decides(capsys):
    for words in (["--format", "jsonl", "-o", "a"], ["-o", "a.jsonl"], ["-o", "a.csv"]):
        assert main(["predict", "last", "in.txt", *words]) == 0
    assert Path("a").read_text() == Path("a.jsonl").read_text()
    rows = [json.loads(line) for line in Path("a.jsonl").read_text().splitlines()]
    as_csv = list(csv.DictReader(Path("a.csv").read_text().splitlines()))
    assert as_csv == [{name: str(value) for name, value in row.items()} for row in rows]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--as", "line"], "as: got 'line', wanted lines, csv or jsonl. did you mean lines?"),
        (["--format", "json"], "format: got 'json', wanted csv or jsonl. did you mean jsonl?"),
        (["-o", "in.txt"], "output: in.txt is there already. try: another name, or --force"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_does_not_fit_is_one_line_and_writes_nothing(words, message, capsys):
    before = Path("in.txt").read_text()
    assert main(["predict", "last", "in.txt", *words]) == 2
    assert capsys.readouterr() == ("", f"error: {message}\n")
    assert Path("in.txt").read_text() == before


def test_a_line_that_is_wrong_spoils_no_file(capsys):
    Path("in.txt").write_text("0.5* 0.31*\nnonsense\n")
    assert main(["predict", "last", "in.txt", "-o", "out.csv"]) == 1
    assert capsys.readouterr().err.startswith("error: in.txt, line 2: ")
    assert not Path("out.csv").exists()
