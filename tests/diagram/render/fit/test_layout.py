"""Measured: how wide a graph is, what stands below it aside."""

import sys

import pytest

from tinygrad_gru.diagram.render import graphviz_process
from tinygrad_gru.diagram.render.fit.layout import layout_of
from tinygrad_gru.errors import MissingExtraError, RenderError

BOXES = 'digraph {{ {label} node [shape=box fixedsize=true width=1 height=1 label=""] a -> b }}'


def test_the_label_of_a_graph_does_not_count_and_its_nodes_are_placed():
    plain = layout_of(BOXES.format(label=""), "a test")
    wide = layout_of(BOXES.format(label=f'label="{"W" * 60}"'), "a test")
    assert plain.width == wide.width == pytest.approx(72, abs=1)
    assert wide.whole[0] > 400 > plain.whole[0] and wide.whole[1] > plain.whole[1]
    left, right = plain.ends["a"]
    assert right - left == pytest.approx(72, abs=0.1) and plain.ends["b"] == plain.ends["a"]


def test_a_line_that_goes_around_counts():
    straight = layout_of("digraph { a -> b -> c }", "a test")
    around = layout_of("digraph { a -> b -> c; a -> c; a:w -> c:w }", "a test")
    assert around.width > straight.width


def test_what_needs_a_layout_says_so(monkeypatch, tmp_path):
    nothing = f"import sys; sys.stdin.read(); sys.exit({graphviz_process.NO_PYGRAPHVIZ})"
    monkeypatch.setattr(graphviz_process, "LAYOUT", [sys.executable, "-c", nothing])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtraError, match="a test needs pygraphviz"):
        layout_of("digraph { a }", "a test")


def test_a_layout_that_takes_too_long_fits_nowhere(monkeypatch):
    monkeypatch.setattr(graphviz_process, "TIME_LIMIT", 1e-3)
    assert layout_of("digraph { a }", "a test").width == float("inf")


def test_what_graphviz_finds_no_ranks_for_fits_nowhere_and_other_faults_are_told(monkeypatch):
    for said, is_known in (("trouble in init_rank", True), ("syntax error", False)):
        fails = f"import sys; sys.stdin.read(); sys.exit('Error: {said}')"
        monkeypatch.setattr(graphviz_process, "LAYOUT", [sys.executable, "-c", fails])
        if is_known:
            assert layout_of("digraph { a }", "a test").width == float("inf")
        else:
            with pytest.raises(RenderError, match=said):
                layout_of("digraph { a }", "a test")
