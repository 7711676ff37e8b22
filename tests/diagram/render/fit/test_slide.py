"""Slides: 16:9, letters of 12 points or more, every step on it, in rows."""

import re
import sys

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import edges_of, gru_loss, nodes_of
from tinygrad_gru.diagram import draw_layer
from tinygrad_gru.diagram.build import build_graph
from tinygrad_gru.diagram.passes import pipeline
from tinygrad_gru.diagram.passes.pipeline import Content, graph_of
from tinygrad_gru.diagram.passes.wrap_rows import rows_by_steps
from tinygrad_gru.diagram.passes.wrap_rows import wrap as wrap_into
from tinygrad_gru.diagram.render import graphviz_process as render
from tinygrad_gru.diagram.render.fit import slide
from tinygrad_gru.errors import ArgumentError, MissingExtraError


def wrap(graph, rows):
    return wrap_into(graph, rows_by_steps(graph, rows))


def letters_of(dot):
    """The sizes of all letters on the slide, in points."""
    (width, height, scale) = map(float, re.search(r'viewport="([\d.]+),([\d.]+),([\d.]+)"', dot).groups())
    assert (width, height) == (960, 540)  # 13.33 by 7.5 inches
    sizes = re.findall(r'(?:POINT-SIZE=|fontsize=)"?([\d.]+)', dot)
    return [float(size) * scale for size in sizes]


@pytest.mark.parametrize(("steps", "level", "drawn"), [(1, "gate", "gate"), (3, "gate", "gate"), (10, "cell", "cell")])
def test_no_letter_is_smaller_than_twelve_points(steps, level, drawn):
    picture = tg.draw(gru_loss(steps), level=level, slide=True, title="A slide")
    assert picture.level == drawn
    assert min(letters_of(picture.dot)) >= 12 - 1e-3
    width, height = map(float, re.search(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', picture.svg()).groups())
    assert width / height == pytest.approx(16 / 9, rel=0.01)
    if (steps, level) == (3, "gate"):
        assert picture.remarks == ["names and values alone, to fit a slide in letters of 12 pt"]


@pytest.mark.parametrize("steps", [2, 3, 4])
def test_a_few_steps_of_gates_are_rows(steps):
    picture = tg.draw(gru_loss(steps), slide=True, title=f"A GRU, unrolled for {steps} steps")
    assert picture.level == "gate" and len(picture.remarks) == 1
    assert min(letters_of(picture.dot)) >= 12 - 1e-3
    found = nodes_of(picture.dot)
    assert {f"step{t}_{name}" for t in range(1, steps + 1) for name in ("x", "r", "z", "candidate", "h")} <= set(found)
    lines = {group for group in re.findall(r"group=(line_h_\d)", picture.dot)}
    assert len(lines) == len({key for key in found if key.startswith("row")}) + 1  # one straight line per row
    ends = dict(edges_of(picture.dot))
    assert all(key in ends for key in found if key.startswith("row"))


def test_what_does_not_fit_at_level_gate_is_drawn_at_level_cell():
    picture = tg.draw(gru_loss(8), slide=True, fold="none")
    assert picture.level == "cell" and "drawn at level cell" in picture.remarks[-1]


def test_more_than_a_slide_can_hold_is_refused_in_one_line():
    with pytest.raises(ArgumentError, match=r"too much for one slide in letters of 12 pt\. try: slide=False"):
        tg.draw([gru_loss(1), *(tg.Tensor([1.0], name=f"a tensor {i}") for i in range(300))], slide=True)


def test_a_single_step_is_a_close_up_of_the_cell():
    nodes = nodes_of(tg.draw(gru_loss(1), slide=True).dot)
    assert {"step1_r", "step1_z", "step1_candidate", "step1_h"} <= set(nodes)
    assert "reset gate" in nodes["step1_r"] and "σ(" in nodes["step1_r"]


def lstm_slide():
    with tg.seed(0):
        layer = tg.nn.LSTM(2, 4)
    return draw_layer(layer, np.ones((1, 1, 2), np.float32), slide=True, title="An LSTM")


def shown(dot):
    """What the node of the LSTM's input gate shows beside its name."""
    label = nodes_of(dot)["step1_i"].partition(" tooltip=")[0]
    words = {"formula": "σ(", "shape": "1×4", "role": "input gate", "numbers": ">0."}
    strips = ["value", "gradient"][: len(re.findall(r"<TABLE [^>]*FIXEDSIZE", label))]
    return {what for what, word in words.items() if word in label}.union(strips)


LEFT_OUT = [  # what is shown, and what is said of the rest
    ({"role", "formula", "shape", "value", "gradient", "numbers"}, None),
    ({"role", "formula", "shape", "value", "gradient"}, None),
    ({"role", "formula", "value", "gradient"}, None),
    ({"role", "value", "gradient"}, "without formulas and shapes"),
    ({"role", "value"}, "without formulas, shapes and gradients"),
    ({"value"}, "names and values alone"),
    (set(), "names alone"),
]


@pytest.mark.parametrize(("fits", "said"), LEFT_OUT)
def test_only_as_much_is_left_out_as_must_be_and_that_is_said(fits, said, monkeypatch):
    # letters of 20 or 10 points
    monkeypatch.setattr(slide, "_scales", lambda dot: (2.0, 2.0) if shown(dot) <= fits else (1.0, 2.0))
    picture = lstm_slide()
    assert picture.level == "gate" and shown(picture.dot) == fits
    assert picture.remarks == ([f"{said}, to fit a slide in letters of 12 pt"] if said else [])


def test_a_single_step_of_an_lstm_fits():
    picture = lstm_slide()
    assert picture.level == "gate"
    assert {"step1_i", "step1_f", "step1_g", "step1_o", "step1_c"} <= set(nodes_of(picture.dot))
    assert min(letters_of(picture.dot)) >= 12 - 1e-3
    (said,) = [remark.removesuffix(", to fit a slide in letters of 12 pt") for remark in picture.remarks]
    assert (shown(picture.dot), said) in LEFT_OUT


def test_three_steps_of_an_lstm_show_gates_and_values():
    with tg.seed(0):
        layer = tg.nn.LSTM(2, 4)
    picture = draw_layer(layer, np.ones((3, 1, 2), np.float32), slide=True, title="An LSTM, unrolled for 3 steps")
    assert picture.remarks == ["names and values alone, to fit a slide in letters of 12 pt"]
    words = nodes_of(picture.dot)
    for step in (1, 2, 3):
        for name in ("i", "f", "g", "o", "c", "h"):
            assert re.search(r"<TABLE [^>]*FIXEDSIZE", words[f"step{step}_{name}"])
    assert min(letters_of(picture.dot)) >= 12 - 1e-3


def test_rows_begin_with_the_state_that_the_row_above_ended_with():
    graph = graph_of([gru_loss(6)], Content("cell"))
    wrap(graph, 2)
    edges = {(e.source.key, e.target.key) for e in graph.edges}
    assert ("step3_cell", "step4_cell") not in edges and ("row2_step3_cell", "step4_cell") in edges
    again = next(node for node in graph.nodes if node.kind == "again")
    assert again.title == "h₃" and again.tensor.name == "h"
    keys = [node.key for node in graph.nodes]
    assert keys.index("step4_cell") < keys.index("step1_cell")  # Graphviz puts the first at the bottom


def test_no_line_goes_from_row_to_row():
    graph = build_graph([gru_loss(5)])
    wrap(graph, 3)
    above = {node.key for node in graph.nodes}
    parts, pending = [], list(above)
    ties = {frozenset((e.source.key, e.target.key)) for e in graph.edges}
    while pending:
        part, reached = {pending[0]}, {pending[0]}
        while reached:
            reached = {k for tie in ties if tie & reached for k in tie} - part
            part |= reached
        parts.append(part)
        pending = [k for k in pending if k not in part]
    assert len(parts) == 3
    assert not any(p.index is None and p.label.startswith("step") for node in graph.nodes for p in node.place)


def test_many_steps_are_folded_to_fit():
    picture = tg.draw(gru_loss(24), level="cell", slide=True, params="tag")
    assert "more, same weights" in picture.dot and "to fit a slide" in picture.remarks[-1]
    assert edges_of(picture.dot)


def test_on_a_slide_time_goes_to_the_right():
    with pytest.raises(ArgumentError, match="on a slide time goes to the right"):
        tg.draw(gru_loss(1), slide=True, direction="TB")


def test_without_a_layout_program_a_slide_is_refused_with_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(
        render, "LAYOUT", [sys.executable, "-c", f"import sys; sys.stdin.read(); sys.exit({render.NO_PYGRAPHVIZ})"]
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    said = r"a slide, to measure what fits on it, needs pygraphviz .*try: pip install \"tinygrad_gru\[render\]\""
    with pytest.raises(MissingExtraError, match=said):
        tg.draw(gru_loss(1), slide=True)


def test_the_way_back_of_several_steps_is_too_much_for_a_slide():
    for level, tries in (("gate", "a sequence of one step"), ("op", "a sequence of one step and level='gate'")):
        with pytest.raises(ArgumentError, match=rf"too much for one slide .* try: {tries}, or slide=False"):
            tg.draw(gru_loss(2), level, backward=True, slide=True)


def test_of_several_steps_that_are_too_many_fewer_are_to_be_tried(monkeypatch):
    monkeypatch.setattr(slide, "_scales", lambda dot: (1.0, 1.0))
    with pytest.raises(ArgumentError, match=r"try: steps='2', or slide=False"):
        tg.draw(gru_loss(4), steps="2-3", slide=True)


@pytest.mark.parametrize("width", ["slide", "readme"])
def test_the_gradients_are_computed_once_and_not_for_each_layout(width, monkeypatch):
    passes = []
    measure = pipeline.gradients
    monkeypatch.setattr(pipeline, "gradients", lambda *how: passes.append(how) or measure(*how))
    tg.draw(gru_loss(5), width=width)
    assert len(passes) == 1
