"""`tinygrad-gru eval`: the metric of a run beside its baselines, in a table or as JSON."""

import json

import pytest

from tests.cli.runs import make_run
from tinygrad_gru.cli import main


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    """A folder with an untrained run of adding, and one of chars."""
    monkeypatch.chdir(tmp_path)
    make_run("adding", "gru")


def test_the_metric_stands_above_the_baselines_and_the_goal(capsys):
    assert main(["eval"]) == 0
    head, run, baseline, goal, *tables = capsys.readouterr().out.splitlines()
    assert head == "test MSE"
    assert run.split()[0] == "gru" and baseline.startswith("always answering 1  0.16")
    assert goal.split() == ["goal,", "not", "reached", "0.001"]
    assert tables[:2] == ["", "error per lag"]


def test_the_same_as_json(capsys):
    assert main(["eval", "last", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["task"], result["cell"], result["metric"]) == ("adding", "gru", "test MSE")
    assert result["value"] > result["baselines"]["always answering 1"] > result["goal"] and not result["reached"]
    assert list(result["tables"]) == ["error per lag"]


def test_a_checkpoint_is_measured_as_the_run_that_holds_it(capsys):
    outputs = []
    for run in ("1", "runs/adding-0001/best.npz"):
        assert main(["eval", run]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


def test_another_length_is_another_measurement(capsys):
    values = []
    for words in ([], ["--length", "5"]):
        assert main(["eval", *words, "--json"]) == 0
        values.append(json.loads(capsys.readouterr().out)["value"])
    assert values[0] != values[1]


def test_a_length_out_of_range_is_one_line(capsys):
    assert main(["eval", "--length", "0"]) == 2
    assert capsys.readouterr() == (
        "",
        "error: length: got 0, wanted a whole number of at least 1. try: --length 1\n",
    )
