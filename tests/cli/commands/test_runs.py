"""`tinygrad-gru runs`: a table of all runs."""

import json

import pytest

from tests.faults.session import good_run
from tinygrad_gru.cli import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with runs of two tasks, with two cells of one of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    good_run(tmp_path / "runs/adding-0001", cell="lstm")
    good_run(tmp_path / "runs/adding-0002", cell="gru")
    good_run(tmp_path / "runs/parity-0003", "parity")
    return tmp_path


def names(capsys, *words):
    assert main(["runs", *words]) == 0
    return [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]


def test_each_run_is_a_row_in_the_order_of_their_names(folder, capsys):
    assert names(capsys) == ["adding-0001", "adding-0002", "parity-0003"]


def test_only_a_task_another_order_and_its_reverse(folder, capsys):
    assert names(capsys, "parity") == ["parity-0003"]
    assert names(capsys, "adding", "--sort", "cell") == ["adding-0002", "adding-0001"]
    assert names(capsys, "adding", "--sort", "cell", "--reverse") == ["adding-0001", "adding-0002"]


def test_json_has_the_same_rows(folder, capsys):
    assert main(["runs", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["run"], row["cell"]) for row in rows][:2] == [("adding-0001", "lstm"), ("adding-0002", "gru")]


def test_without_a_run_it_is_said_how_to_make_one(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["runs"]) == 0
    assert capsys.readouterr() == ("", "there is no run in runs yet. try: tinygrad-gru train adding\n")
    assert main(["runs", "parity"]) == 0
    assert capsys.readouterr().err == "there is no run of parity in runs yet. try: tinygrad-gru train parity\n"


def test_a_task_and_a_column_that_do_not_exist_bring_the_nearest(folder, capsys):
    assert main(["runs", "parrity"]) == 2
    assert capsys.readouterr().err == "error: task: there is no 'parrity'. did you mean parity?\n"
    assert main(["runs", "--sort", "secnds"]) == 2
    assert capsys.readouterr().err == "error: sort: got 'secnds', wanted a column. did you mean seconds?\n"
