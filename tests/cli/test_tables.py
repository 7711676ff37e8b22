"""Tables: aligned in a file or a pipe, folded on a terminal, and nothing in them is an order to it."""

from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tinygrad_gru.cli import main
from tinygrad_gru.cli.tables import as_definitions, as_table

RUNS = [{"run": "a", "best": None, "seconds": 10.0}, {"run": "long one", "best": 0.123456, "seconds": 2.5}]


@pytest.fixture
def on_terminal(monkeypatch):
    """A function that makes stdout a terminal of so many columns, which knows colours."""

    def make(columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setattr("sys.stdout", stream := Terminal())
        return stream

    return make


def test_names_stand_to_the_left_and_numbers_to_the_right():
    assert as_table(RUNS).splitlines() == [
        "run         best  seconds",
        "a                      10",
        "long one  0.1235      2.5",
    ]


def test_a_column_has_the_format_that_is_asked_for():
    assert as_table([{"gate": "r", "low": 0.25}], {"low": ".0%"}).splitlines() == ["gate  low", "r     25%"]


def test_without_rows_there_is_nothing():
    assert as_table([]) == "nothing"


def test_in_a_pipe_nothing_is_cut_or_folded(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    text = "word " * 200 + "x" * 1000
    assert as_table([{"text": text, "n": 1}]).splitlines()[1] == f"{text}  1"
    assert as_definitions({"text": text}) == f"  text  {text}"


def test_what_a_terminal_would_obey_and_line_ends_are_signs_everywhere():
    assert as_table([{"a": "x\x1b[2J\ny"}]).splitlines() == ["a", r"x\x1b[2J⏎y"]
    assert as_definitions({"a": "x\x1b[2J\ny"}) == r"  a  x\x1b[2J⏎y"


def test_wide_letters_are_counted_as_the_terminal_shows_them():
    assert as_table([{"a": "日本", "n": 1}, {"a": "h̃", "n": 2}]).splitlines() == ["a     n", "日本  1", "h̃     2"]


def test_a_narrow_terminal_gets_the_widest_column_folded_between_words(on_terminal):
    on_terminal(24)
    lines = as_table([{"input": "a film that is really good", "true": 1.0}]).splitlines()
    assert lines == ["input               true", "a film that is         1", "really good"]


def test_where_columns_do_not_fit_a_row_is_a_paragraph_and_no_word_is_cut(on_terminal):
    on_terminal(16)
    rows = [{"operation": "tanh", "samples": 4}, {"operation": "where", "samples": 12}]
    lines = ["operation  tanh", "samples    4", "", "operation  where", "samples    12"]
    assert as_table(rows).splitlines() == lines
    on_terminal(18)
    assert as_table(rows).splitlines()[0] == "operation  samples"
    on_terminal(8)  # no word is cut even where nothing fits
    assert as_table(rows).splitlines() == lines


def test_a_word_longer_than_twenty_letters_may_be_cut(on_terminal):
    on_terminal(30)
    assert as_definitions({"path": "x" * 25}).splitlines() == [f"  path  {'x' * 22}", f"        {'x' * 3}"]


def test_definitions_are_indented_and_folded_under_their_text(on_terminal):
    definitions = {"teaches": "to add two numbers that lie far apart", "goal": "0.01", "empty": ""}
    assert as_definitions(definitions).splitlines() == [
        "  teaches  to add two numbers that lie far apart",
        "  goal     0.01",
    ]
    on_terminal(30)
    assert as_definitions(definitions).splitlines() == [
        "  teaches  to add two numbers",
        "           that lie far apart",
        "  goal     0.01",
    ]


def test_a_terminal_with_colours_gets_no_escapes_that_it_would_be_shown(on_terminal):
    stream = on_terminal(80)
    assert main(["check", "tanh"]) == 0
    first, second = stream.getvalue().splitlines()
    assert first == "operation  samples  1st order  2nd order"
    assert second.startswith("tanh ") and second.endswith("  ok")


def test_the_columns_of_a_run_without_a_measurement_are_aligned(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    small = ["--length", "4", "--hidden", "2", "--updates", "2", "--batch", "2", "--quiet", "--no-report"]
    assert main(["train", "adding", *small]) == 0 == main(["train", "adding", *small])
    (Path("runs/adding-0001") / "metrics.jsonl").write_text("")
    capsys.readouterr()
    assert main(["runs"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    end = head.index("best") + len("best")
    assert len(rows) == 2 and all(row[end] == " " and row[end + 1] == " " for row in rows)
