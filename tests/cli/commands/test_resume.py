"""`tinygrad-gru resume`: where a run is that goes on, and what it cannot go on with."""

import json
from pathlib import Path

import pytest

from tinygrad_gru.cli import main

SMALL = ["--length", "4", "--hidden", "2", "--updates", "4", "--batch", "2", "--quiet", "--no-report"]


@pytest.fixture(autouse=True)
def run(tmp_path, monkeypatch):
    """A folder with a finished run."""
    monkeypatch.chdir(tmp_path)
    assert main(["train", "adding", *SMALL]) == 0
    return Path("runs/adding-0001")


def kill_at_the_start(run):
    """Leave what a run has that was killed before its first checkpoint."""
    for path in run.iterdir():
        if path.name not in ("config.toml", "run.json"):
            path.unlink()


def test_a_run_that_was_killed_goes_on_and_its_folder_is_printed(run, capsys):
    best = (run / "best.npz").read_bytes()
    kill_at_the_start(run)
    capsys.readouterr()
    assert main(["resume", "--quiet", "--no-report"]) == 0
    assert capsys.readouterr() == ("runs/adding-0001\n", "")
    assert (run / "best.npz").read_bytes() == best and not (run / "report.html").exists()


def test_json_is_that_of_train_and_a_report_is_written(run, capsys):
    kill_at_the_start(run)
    capsys.readouterr()
    assert main(["resume", "1", "--json", "--quiet"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["run"], result["updates"]) == ("runs/adding-0001", 4)
    assert (run / "report.html").exists()


def test_a_run_at_its_end_and_one_that_does_not_exist_are_one_line(run, capsys):
    capsys.readouterr()
    assert main(["resume", "--quiet"]) == 0  # which lacked its report
    assert (run / "report.html").exists()
    capsys.readouterr()
    assert main(["resume", "last"]) == 2
    assert "is at its end: 4 updates. try: tinygrad-gru train, with more --updates" in capsys.readouterr().err
    assert main(["resume", "7"]) == 1
    assert capsys.readouterr().err.startswith("error: no such run: 7")
