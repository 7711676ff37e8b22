"""`show` from outside."""

import json
from pathlib import Path

from tests.cli.command import complaint, run
from tests.faults.session import good_run
from tinygrad_gru.cli import main

QUICK = ["--length", "6", "--hidden", "8", "--updates", "20", "--batch", "4"]


def test_a_run_is_told_in_the_terminal_as_json_and_as_a_page(tmp_path):
    done = run("train", "adding", *QUICK, cwd=tmp_path)
    assert done.stderr.splitlines()[-1] == "report: runs/adding-0001/report.html"
    told = run("show", cwd=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("runs/adding-0001: gru on adding\n  state      finished after 20 of 20 updates")
    assert "0.1667 (always answering 1)" in told.stdout and "tinygrad-gru eval runs/adding-0001" in told.stdout
    found = json.loads(run("show", "1", "--json", cwd=tmp_path).stdout)
    assert (found["state"], len(found["curve"]), found["config"]["hidden"]) == ("finished", 10, 8)
    page = tmp_path / "runs/adding-0001/report.html"
    before = page.read_bytes()
    page.unlink()
    assert run("show", "last", "--html", cwd=tmp_path).stdout == "runs/adding-0001/report.html\n"
    assert page.read_bytes() == before
    done = run("show", "--tensorboard", "events", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "events/adding-0001\n"), done.stderr


def test_what_comes_next_depends_on_how_it_ended(tmp_path):
    run("train", "adding", *QUICK, "--lr", "1e30", "--quiet", cwd=tmp_path)
    assert "diverged after 2 of 20" in (told := run("show", cwd=tmp_path).stdout)
    assert told.splitlines()[-1].startswith("  tinygrad-gru train adding") and "--lr 0.015" in told.splitlines()[-1]
    run("train", "adding", *QUICK, "--no-report", "--quiet", cwd=tmp_path)
    folder = tmp_path / "runs/adding-0002"
    assert not (folder / "report.html").exists()
    lines = (folder / "metrics.jsonl").read_text().splitlines(keepends=True)
    (folder / "metrics.jsonl").write_text("".join(lines[:4]))
    assert run("show", "2", cwd=tmp_path).stdout.splitlines()[-1] == "  tinygrad-gru resume runs/adding-0002"


def test_a_folder_that_is_no_run_is_one_line(tmp_path):
    assert complaint(run("show", cwd=tmp_path), code=1).startswith("error: there is no run in runs yet")
    (tmp_path / "runs" / "x").mkdir(parents=True)
    assert "holds no run that can be read" in complaint(run("show", "x", cwd=tmp_path), code=1)


def test_of_a_comparison_a_run_in_it_is_named(tmp_path):
    run("train", "adding", *QUICK, "--out", "both/gru-8-seed0", "--no-report", cwd=tmp_path)
    line = complaint(run("show", "both", cwd=tmp_path), code=1)
    assert line.rstrip().endswith("try: tinygrad-gru show both/gru-8-seed0, or another run in it")


def test_a_file_that_goes_away_while_one_looks_is_not_there(tmp_path, monkeypatch, capsys):
    good_run(tmp_path / "run")
    passing = tmp_path / "run" / ".last.npz.0123abcd.tmp"  # of a process that trains
    passing.write_bytes(b"half of it")
    real = Path.is_file

    def then_gone(path):
        there = real(path)
        passing.unlink(missing_ok=True)
        return there

    monkeypatch.setattr(Path, "is_file", then_gone)
    assert main(["show", str(tmp_path / "run"), "--json"]) == 0
    assert "last.npz" in json.loads(capsys.readouterr().out)["files"]
