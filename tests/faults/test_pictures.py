"""Fault 64: a picture that cannot be laid out is a line, whatever the reason, and leaves nothing half-written."""

import subprocess
import sys

import pytest

from tests.faults.session import complaint, good_run, still_good
from tinygrad_gru.cli import main
from tinygrad_gru.diagram.render import graphviz_process as render


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that the commands run in; the run in it is as good afterwards."""
    monkeypatch.chdir(tmp_path)
    good_run(tmp_path / "run")
    yield tmp_path
    still_good(tmp_path / "run")


HANGS = "import time; time.sleep(60)"
CRASHES = "import os; os.abort()"
COMPLAINS = "import sys; print('Error: bad label format', file=sys.stderr); print('<svg/>')"
SILENT = ""

LAYOUTS = [
    (64, HANGS, "took more than 0.5 s and was stopped"),
    (64, CRASHES, "the layout failed: exit code -6"),
    (64, COMPLAINS, "the layout failed: Error: bad label format"),
    (64, SILENT, "the layout failed: exit code 0"),
]


@pytest.mark.parametrize(("number", "program", "want"), LAYOUTS, ids=["hangs", "crashes", "complains", "silent"])
def test_a_picture_that_cannot_be_laid_out_is_one_line(number, program, want, folder, monkeypatch, capsys):
    monkeypatch.setattr(render, "find_spec", lambda name: True)
    monkeypatch.setattr(render, "LAYOUT", [sys.executable, "-c", program])
    monkeypatch.setattr(render.render, "__defaults__", (0.5,))
    assert want in complaint(capsys, 1, "graph", "--run", "run", "-o", "graph.svg")
    assert not (folder / "graph.svg").exists()


def test_without_a_layout_program_that_is_said_and_dot_and_text_still_work(folder, monkeypatch, capsys):
    monkeypatch.setattr(render, "find_spec", lambda name: None)
    monkeypatch.setattr(render.shutil, "which", lambda name: None)
    line = complaint(capsys, 1, "graph", "-o", "graph.svg")
    assert 'pip install "tinygrad_gru[render]"' in line
    for name in ("graph.dot", "graph.txt"):
        assert main(["graph", "-o", name, "--quiet"]) == 0


@pytest.mark.parametrize(
    "words",
    [
        ["--length", "100000"],
        ["--length", "0"],
        ["--hidden", "1000000000"],
        ["--steps", "9-2"],
        ["--steps", "x"],
        ["--fold", "-1"],
        ["--path", "W_q@1"],
        ["--level", "gates"],
        ["-o", "graph.jpg"],
        ["--dir", "UP"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_drawn_is_exit_code_2(words, folder, capsys):
    complaint(capsys, 2, "graph", "--quiet", *words)
    assert sorted(path.name for path in folder.iterdir()) == ["run"]


def test_a_long_graph_is_drawn_folded_and_in_time(folder, capsys):
    assert main(["graph", "--length", "1000", "-o", "graph.dot", "--quiet"]) == 0
    assert (folder / "graph.dot").stat().st_size < 200_000


def test_a_layout_that_was_stopped_leaves_no_process(monkeypatch):
    started = []
    real = subprocess.Popen

    def noted(*args, **options):
        started.append(real(*args, **options))
        return started[-1]

    monkeypatch.setattr(render.subprocess, "Popen", noted)
    monkeypatch.setattr(render, "find_spec", lambda name: True)
    monkeypatch.setattr(render, "LAYOUT", [sys.executable, "-c", HANGS])
    with pytest.raises(render.RenderError, match="was stopped"):
        render.render("digraph {}", "svg", time_limit=0.3)
    assert [process.returncode for process in started] == [-9]
