"""`demo`: from nothing to a trained GRU and two pictures of it, or a clear word on what is missing."""

import importlib
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tinygrad_gru.cli import main
from tinygrad_gru.diagram.render import graphviz_process as render
from tinygrad_gru.diagram.render.graphviz_worker import NO_PYGRAPHVIZ

demo = importlib.import_module("tinygrad_gru.cli.commands.demo")


@pytest.fixture(autouse=True)
def somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_it_ends_with_pictures_in_the_run(monkeypatch, capsys):
    monkeypatch.setattr(demo, "UPDATES", 20)
    assert main(["demo"]) == 0
    told = capsys.readouterr()
    svg, png = [Path(line) for line in told.out.splitlines()]
    assert "always answering 1 is 0.167; that of this GRU is 0." in told.err
    words = " ".join(ET.parse(svg).getroot().itertext())
    assert all(word in words for word in ("time step 1", "time step 3", "r₃", "z₃", "h̃₃", "grad"))
    assert svg == Path("runs/adding-0001/graph.svg")
    assert png == Path("runs/adding-0001/graph.png") and png.read_bytes().startswith(b"\x89PNG")


def test_without_a_renderer_the_run_is_kept_and_the_command_that_installs_it_is_told(monkeypatch, capsys):
    monkeypatch.setattr(demo, "UPDATES", 5)
    monkeypatch.setattr(render, "LAYOUT", [sys.executable, "-c", f"raise SystemExit({NO_PYGRAPHVIZ})"])
    monkeypatch.setenv("PATH", "")
    assert main(["demo"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    last = told.err.splitlines()[-1]
    assert last.startswith("error: ") and 'pip install "tinygrad_gru[render]"' in last
    assert Path("runs/adding-0001/best.npz").exists()
    assert Path("runs/adding-0001/graph.dot").exists()
