"""`demo`: from nothing to a trained GRU and two pictures of it, or a clear word on what is missing."""

import importlib
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tinygrad_gru.cli import main

demo = importlib.import_module("tinygrad_gru.cli.demo")


@pytest.fixture(autouse=True)
def somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_it_ends_with_two_pictures_in_the_run(monkeypatch, capsys):
    monkeypatch.setattr(demo, "UPDATES", 20)
    assert main(["demo"]) == 0
    told = capsys.readouterr()
    assert told.out == "runs/adding-0001/graph.svg\nruns/adding-0001/graph.png\n"
    assert "always answering 1 is 0.167; that of this GRU is 0." in told.err
    svg = ET.parse("runs/adding-0001/graph.svg")
    text = " ".join(svg.getroot().itertext())
    assert all(word in text for word in ("step 1", "step 2", "step 3", "W_r", "W_z", "W_h"))
    assert Path("runs/adding-0001/graph.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_renderer_the_run_is_kept_and_the_command_that_installs_it_is_told(monkeypatch, capsys):
    monkeypatch.setattr(demo, "UPDATES", 5)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)  # importing it now fails
    monkeypatch.setenv("PATH", "")
    assert main(["demo"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines()[-1].startswith("error: ")
    assert 'pip install "tinygrad_gru[render]"' in told.err.splitlines()[-1]
    assert Path("runs/adding-0001/best.npz").exists()
