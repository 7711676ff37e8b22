"""The command `play`: a page, or its states as pictures."""

from pathlib import Path

import pytest

from tests.cli.command import complaint, run
from tests.diagram.explore.test_page import data_of
from tinygrad_gru.cli import main


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_page_of_each_cell(cell, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["play", "--cell", cell, "--length", "1", "-o", "x.html"]) == 0
    told = capsys.readouterr()
    assert told.out == "x.html\n" and "nothing is loaded from anywhere" in told.err
    assert (tmp_path / "x.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_trained_network_is_played_with_its_task(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "adding", "--length", "5", "--hidden", "4", "--updates", "2", "--no-report", "--quiet"]) == 0
    assert main(["play", "--run", "last", "--quiet"]) == 0
    data = data_of((tmp_path / "play.html").read_text(encoding="utf-8"))
    assert data["title"] == "GRU on adding, 3 steps: forward, then backward"
    passed = {data["tensors"][to]["title"] for event in data["events"][data["turn"] :] for to, *_ in event[2]}
    assert any(title.endswith("W_r") for title in passed) and data["tensors"][data["loss"]]["title"] == "L"
    assert main(["play", "--run", "last", "--length", "4", "-o", "four.html", "--quiet"]) == 0
    assert '"title":"time step 4"' in (tmp_path / "four.html").read_text(encoding="utf-8")


def test_an_own_cell_is_played(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cell = Path(__file__).parents[3] / "examples" / "minimal_gated_unit.py"
    assert main(["play", "--cell", f"{cell}:MinimalGatedUnit", "--length", "2", "--quiet"]) == 0
    page = (tmp_path / "play.html").read_text(encoding="utf-8")
    assert '"title":"MinimalGatedUnit, 2 steps: forward, then backward"' in page and "time step 2" in page


def test_frames_are_written_instead_of_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    options = ["--cell", "rnn", "--length", "1", "--frames-from", "2", "--frames-to", "4", "--theme", "dark"]
    assert main(["play", *options, "--frames", "states"]) == 0
    told = capsys.readouterr()
    assert told.out == "states\n" and told.err.startswith("3 pictures, from 002-forward-")
    files = sorted(p.name for p in (tmp_path / "states").iterdir())
    assert len(files) == 3 and all(name.endswith(".svg") for name in files)
    assert [p.name for p in tmp_path.iterdir()] == ["states"]
    assert main(["play", *options, "--quiet", "--frames", "states2", "--frame-format", "png"]) == 0
    assert capsys.readouterr().err == ""
    assert len(list((tmp_path / "states2").glob("*.png"))) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--frame-format", "gif"], "frame-format: got 'gif', wanted svg or png"),
        (["--theme", "drak"], "did you mean dark?"),
        (["--cell", "gur"], "did you mean gru?"),
        (["--length", "0"], "wanted a whole number from 1 to 30"),
        (["--cell", "rnn", "--reset-after"], "only a gru has a reset gate"),
        (["--frames", "new", "--length", "30"], "are too many files, wanted at most 400. try: --frames-from 1"),
        (["--frames", "new", "--frames-from", "9", "--frames-to", "3"], "wanted numbers from 1 to"),
        (["--frames", "new", "--frames-to", "9" * 20], "wanted a whole number from 1 to 100000. try: --frames-to 1"),
        (["--frames", "full"], "it has files in it, wanted a new or an empty folder. try: full-2"),
    ],
)
def test_what_cannot_be_played_is_one_line(arguments, said, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    line = complaint(run("play", *arguments, cwd=tmp_path), 2 if "full" not in arguments else 1)
    assert line.startswith("error: ") and said in line
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full"]
