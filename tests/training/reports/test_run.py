"""A run on a page."""

import html.parser
import json
import re

import pytest

from tinygrad_gru.errors import FileError
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.training import Config, train_run
from tinygrad_gru.training.reports import run as module
from tinygrad_gru.training.reports.run import write_report

SMALL = {"hidden": 4, "updates": 4, "batch": 2}
TEXT = "she sells sea shells by the sea shore </script><script>alert(1)</script>. " * 20


class Outline(html.parser.HTMLParser):
    """The headings, the tags, and what is open at the end of a page."""

    VOID = ("meta", "br", "link", "img", "input", "hr")

    def __init__(self, text):
        super().__init__()
        self.headings, self.tags, self.open, self.frames = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.frames += [value for name, value in attributes if name == "srcdoc"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)


def run_of(folder, task="adding", **options):
    train_run(Config.of(task, **(SMALL | options)), folder, quiet=True)
    return folder


def page_of(run):
    return write_report(run).read_text(encoding="utf-8")


def test_a_report_has_all_its_parts(tmp_path):
    text = page_of(run_of(tmp_path / "run", length=5))
    outline = Outline(text)
    assert outline.headings == [
        "run", "Learning curve", "What it says", "What it remembers", "One sequence through it", "Its equations",
        "Settings",
    ]  # fmt: skip
    assert outline.open == [] and "Not shown" not in text
    assert "always answering 1" in text and "error per lag" in text
    assert "r = σ([h, x] W_r + b_r)" in text and "tinygrad-gru train adding --cell gru" in text
    assert "canvas" in outline.frames[0] and len(outline.frames) == 2 and text.count("<svg") >= 1
    assert not re.search(r"""(src|href)\s*=\s*.?https?:|url\(\s*.?https?:|@import""", text)  # nothing to load


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize("task", ["order", "reber", "sine", "copy", "parity", "addition", "sentiment"])
def test_every_task_that_makes_its_own_data_has_one(task, cell, tmp_path):
    assert "Not shown" not in page_of(run_of(tmp_path / "run", task, cell=cell, length=TASKS[task].defaults["length"]))


def test_of_hostile_text_nothing_runs(tmp_path):
    (tmp_path / "sea.txt").write_text(TEXT)
    text = page_of(run_of(tmp_path / "run", "chars", length=8, file=tmp_path / "sea.txt"))
    outline = Outline(text)
    assert "script" not in outline.tags and outline.open == []
    assert Outline(outline.frames[0]).tags.count("script") == 2  # its data and its code


def test_what_is_gone_says_so_and_the_rest_is_there(tmp_path):
    (tmp_path / "sea.txt").write_text(TEXT)
    run = run_of(tmp_path / "run", "chars", length=8, file=tmp_path / "sea.txt")
    (tmp_path / "sea.txt").unlink()
    text = page_of(run)
    assert text.count("Not shown: ") == 3 and "Its equations" in text
    for path in run.glob("*.npz"):
        path.unlink()
    assert "There are no weights to look at" in page_of(run)
    (run / "run.json").write_text("[]")
    (run / "metrics.jsonl").unlink()
    assert "Nothing was measured yet" in page_of(run)
    with pytest.raises(FileError, match="holds no run that can be read"):
        write_report(tmp_path)


def test_a_graph_that_cannot_be_drawn_says_why(tmp_path, monkeypatch):
    def refused(*arguments, **options):
        raise module.TinygradError("draw: too much. try: less")

    monkeypatch.setattr(module, "draw", refused)
    assert "Not shown: draw: too much. try: less" in page_of(run_of(tmp_path / "run", length=5))


def test_the_graph_is_there_to_open_and_to_play_without_a_layout_program(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    text = page_of(run_of(tmp_path / "run", length=5))
    graph = next(frame for frame in Outline(text).frames if 'id="world"' in frame)
    assert "time step 3" in graph and "∂L/∂" in graph and 'sandbox="allow-scripts"' in text
    assert len(text.encode()) < 400_000


def test_a_report_that_fails_does_not_fail_the_run(tmp_path, monkeypatch, capsys):
    def broken(run, ours):
        raise ValueError("a bug")

    monkeypatch.setattr(module, "write_report", broken)
    result = train_run(Config.of("adding", length=5, **SMALL), tmp_path / "run", quiet=True, report=True)
    assert result.updates == 4
    assert capsys.readouterr().err.startswith("no report: a bug. the run itself is whole. try: tinygrad-gru show")


def test_it_is_the_same_each_time(tmp_path):
    run = run_of(tmp_path / "run", length=5)
    assert page_of(run) == page_of(run)
    assert json.loads((run / "run.json").read_text())["parameters"] > 0
