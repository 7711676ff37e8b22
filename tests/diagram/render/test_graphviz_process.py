"""From DOT to a picture: in a process that can be stopped, or a line that says what to install."""

import os
import re
import sys
import time

import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss, texts_of
from tinygrad_gru.diagram import FORMATS
from tinygrad_gru.diagram.render import graphviz_process as render
from tinygrad_gru.errors import ArgumentError, FileError, MissingExtraError, RenderError

FIRST_BYTES = {
    "svg": b"<?xml",
    "png": b"\x89PNG",
    "pdf": b"%PDF",
    "dot": b"digraph",
    "html": b"<!doctype html>",
    "txt": b"Example",
}


@pytest.fixture
def picture():
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    return tg.draw((x * x).sum().named("L"), title="Example")


def child(code):
    """A layout program that does something else."""
    return [sys.executable, "-c", code]


def exits(code):
    return child(f"import sys; sys.stdin.buffer.read(); sys.exit({code})")


@pytest.mark.parametrize("form", FORMATS)
def test_the_suffix_decides_the_format(form, picture, tmp_path):
    path = tmp_path / f"x.{form}"
    assert picture.save(path) == path
    assert path.read_bytes().startswith(FIRST_BYTES[form])
    assert list(tmp_path.iterdir()) == [path]  # no temporary file is left


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x.sgv", "did you mean x.svg?"),
        ("x.pgn", "did you mean x.png?"),
        ("x.jpeg", "wanted svg, png, pdf, dot, html or txt"),
        ("x", "no suffix"),
    ],
)
def test_an_unknown_suffix_is_refused_before_any_layout(name, said, picture, monkeypatch):
    monkeypatch.setattr(render, "LAYOUT", child("raise SystemExit('was started')"))
    with pytest.raises(ArgumentError, match=re.escape(said)):
        picture.save(name)


def test_a_suffix_may_be_in_capitals(picture, tmp_path):
    assert picture.save(tmp_path / "x.SVG").read_bytes().startswith(b"<?xml")


def test_a_file_that_cannot_be_written_is_said_in_a_line(picture, tmp_path):
    with pytest.raises(FileError, match="cannot write .*nowhere"):
        picture.save(tmp_path / "nowhere" / "x.svg")


def test_a_notebook_shows_the_svg(picture):
    assert {"x", "L"} <= set(texts_of(picture._repr_svg_()))


def test_a_layout_that_hangs_is_stopped(monkeypatch):
    monkeypatch.setattr(render, "LAYOUT", child("import time; time.sleep(600)"))
    began = time.monotonic()
    with pytest.raises(RenderError, match=r"took more than 0\.5 s and was stopped\. try: "):
        render.render("digraph {}", "svg", time_limit=0.5)
    assert time.monotonic() - began < 60


def test_a_layout_that_crashes_is_one_line():
    with pytest.raises(RenderError, match="the layout failed: ") as caught:
        render.render("digraph { a -> ", "svg")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", ["svg", "png", "pdf", "json0", "plain"])
@pytest.mark.parametrize("cut", [1, 2, 40])
def test_a_picture_that_was_cut_short_is_an_error_with_the_exit_code_zero_too(form, cut, monkeypatch):
    """Where a program ignores SIGCHLD, as its children do, a child that was killed has the exit code 0."""
    whole, _ = render._laid_out("digraph { subgraph cluster_a { a -> b } }", form, 60, dict(os.environ))
    short = f"import sys; sys.stdin.read(); sys.stdout.buffer.write({whole[:-cut]!r})"
    monkeypatch.setattr(render, "LAYOUT", child(short))
    with pytest.raises(RenderError, match=f"ended before its {form} was whole. try: "):
        render.render("digraph {}", form)


def test_an_svg_that_was_cut_is_an_error_if_what_comes_after_it_is_whole(monkeypatch):
    monkeypatch.setattr(render, "LAYOUT", child("print('<svg>\\ndigraph {\\n}')"))
    with pytest.raises(RenderError, match="ended before its svg was whole"):
        render.render("digraph {}", "svg")


def test_a_label_that_graphviz_cannot_read_is_an_error_and_not_an_empty_node():
    with pytest.raises(RenderError, match="the layout failed: "):
        render.render("digraph { a [label=<<B>open>] }", "svg")


def test_without_a_layout_program_the_dot_is_written_and_said_what_to_install(picture, tmp_path, monkeypatch):
    monkeypatch.setattr(render, "LAYOUT", exits(render.NO_PYGRAPHVIZ))
    monkeypatch.setenv("PATH", str(tmp_path))  # no `dot` here
    with pytest.raises(MissingExtraError) as caught:
        picture.save(tmp_path / "x.png")
    assert 'try: pip install "tinygrad_gru[render]"' in str(caught.value) and "x.dot" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["x.dot"]
    assert (tmp_path / "x.dot").read_text() == picture.dot


def test_after_a_layout_that_was_stopped_the_dot_is_written_and_said_what_to_try(picture, tmp_path, monkeypatch):
    monkeypatch.setattr(render, "LAYOUT", child("import time; time.sleep(600)"))
    monkeypatch.setattr(render, "TIME_LIMIT", 0.5)
    with pytest.raises(RenderError) as caught:
        picture.save(tmp_path / "x.svg")
    said = f"was stopped; the graph itself is in {tmp_path / 'x.dot'}. try: a page: .save('graph.html')"
    assert str(caught.value).endswith(said)
    assert (tmp_path / "x.dot").read_text() == picture.dot


def test_a_page_needs_no_layout_program(picture, tmp_path, monkeypatch):
    monkeypatch.setattr(render, "LAYOUT", exits(render.NO_PYGRAPHVIZ))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert picture.save(tmp_path / "x.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["x.html"]


def test_after_a_layout_that_failed_the_dot_is_written_too(picture, tmp_path, monkeypatch):
    monkeypatch.setattr(render, "LAYOUT", exits(1))
    with pytest.raises(RenderError, match="the layout failed: exit code 1; the graph itself is in"):
        picture.save(tmp_path / "x.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["x.dot"]


def test_without_pygraphviz_the_dot_of_the_system_is_used(monkeypatch, tmp_path):
    monkeypatch.setattr(render, "LAYOUT", exits(render.NO_PYGRAPHVIZ))
    system = tmp_path / "dot"
    system.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        "sys.stdout.write(f\"drawn by {sys.argv[1:]} {os.path.basename(os.environ['FONTCONFIG_FILE'])} \")\n"
        "end = '%%EOF\\n' if '-Tpdf' in sys.argv else '</svg>\\n\\n}\\n'\n"
        "sys.stdout.write(sys.stdin.read() + end)\n"
    )
    system.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert render.render("digraph {}", "pdf") == b"drawn by ['-Tpdf'] pictures.conf digraph {}%%EOF\n"
    assert render.render("digraph {}", "svg").startswith(b"drawn by ['-Tsvg', '-Txdot'] pictures.conf digraph {}")


def test_where_no_font_has_a_character_the_svg_is_kept_and_that_is_said(tmp_path, fonts):
    fonts(None)
    picture = tg.draw(tg.Tensor([1.0], requires_grad=True, name="状态") * 2)
    said = r"no font of this machine has 态, 状: a png would show boxes\. try: .*; wrote .*x\.svg instead"
    with pytest.warns(UserWarning, match=said):
        written = picture.save(tmp_path / "x.png")
    assert written == tmp_path / "x.svg" and [path.name for path in tmp_path.iterdir()] == ["x.svg"]


@pytest.mark.parametrize(("level", "steps", "seconds"), [("gate", 30, 2), ("op", 30, 2), ("cell", 300, 1)])
def test_long_graphs_are_laid_out_in_a_moment(level, steps, seconds):
    """Within the seconds on a machine that is not busy; five times that here, so that a busy one does not fail."""
    picture = tg.draw(gru_loss(steps=steps), level=level, fold="none")
    data = render.render(picture.dot, "svg", time_limit=5 * seconds)
    assert len(texts_of(data.decode())) > 200


def test_a_picture_larger_than_a_png_can_be_is_an_svg_and_that_is_said(tmp_path):
    picture = tg.draw(gru_loss(steps=250), level="cell", fold="none")
    with pytest.warns(UserWarning, match=r"larger than the 32,000 pixels of a PNG; wrote .*x\.svg instead"):
        assert picture.save(tmp_path / "x.png") == tmp_path / "x.svg"
