"""`python -m benchmarks`: which benchmarks run, and what is written."""

import json
import sys

import pytest

from benchmarks import __main__ as program


def parsed(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["benchmarks", *words])
    return program.arguments()


def test_all_of_them_whole_or_those_that_are_named(monkeypatch):
    assert parsed(monkeypatch) == (program.NAMES, program.WHOLE)
    assert parsed(monkeypatch, "chain", "startup") == (["chain", "startup"], program.WHOLE)


def test_a_part_is_one_of_the_recurrent_layers(monkeypatch):
    names, part = parsed(monkeypatch, "--quick", "--layers", "LSTM")

    assert names == ["recurrent_layers"]
    assert part == {"rounds": 1, "rows": [0, 1], "threads": [1, 2], "layers": ["LSTM"], "without": []}


@pytest.mark.parametrize("words", [["spin"], ["chain", "--quick"], ["--rows", "5"], ["--layers", "MGU"]])
def test_what_there_is_not_is_refused_in_a_line(words, monkeypatch, capsys):
    with pytest.raises(SystemExit) as error:
        parsed(monkeypatch, *words)
    assert error.value.code == 2
    assert "error: " in capsys.readouterr().err


@pytest.fixture
def results(monkeypatch, tmp_path):
    """A results.json of the test's own, with an older result."""
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"chain": {"rows": [{"n": 1}]}, "memory": {"rows": [{"n": 2}]}}))
    monkeypatch.setattr(program, "RESULTS", path)
    monkeypatch.setattr(program, "write_pages", lambda: None)
    return path


def test_results_are_written_beside_those_of_other_benchmarks_with_where_they_come_from(results):
    program.write("chain", {"chain": {"threads": 1, "rows": [{"n": 3}]}}, {"machine": "a machine"})

    written = json.loads(results.read_text())
    assert written["memory"] == {"rows": [{"n": 2}]}
    assert written["chain"]["rows"] == [{"n": 3}]
    assert written["chain"]["machine"] == "a machine"
    assert written["chain"]["command"] == "python -m benchmarks chain"
    assert [path.name for path in results.parent.iterdir()] == ["results.json"]


def test_what_cannot_be_written_leaves_the_file_whole(results):
    before = results.read_text()
    with pytest.raises(TypeError):
        program.write("chain", {"chain": {"threads": 1, "rows": [{"n": object()}]}}, {})
    assert results.read_text() == before
