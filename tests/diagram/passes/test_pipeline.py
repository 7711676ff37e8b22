"""The pipeline: levels, remarks on what was overridden, and options that are refused."""

import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tinygrad_gru.diagram.passes import pipeline
from tinygrad_gru.diagram.passes.fold_steps import steps_of
from tinygrad_gru.diagram.passes.pipeline import Content, graph_of, numbers_of, passes_of
from tinygrad_gru.errors import ArgumentError


@pytest.mark.parametrize(
    ("level", "kinds"), [("cell", {"box", "cell"}), ("gate", {"box", "op"}), ("op", {"box", "op", "tag"})]
)
def test_each_level_has_its_kinds_of_nodes(level, kinds):
    graph = graph_of([gru_loss(2)], Content(level))
    assert graph.level == level and {node.kind for node in graph.nodes} == kinds


def test_gradients_are_computed_only_if_they_are_wanted():
    loss = gru_loss(1)
    graph = graph_of([loss], Content())
    assert numbers_of([loss], Content(grads=False), graph) is None
    assert numbers_of([loss], Content(backward=True), graph) is None
    assert loss in numbers_of([loss], Content(), graph).of


def test_the_list_of_passes_can_be_printed():
    assert str(passes_of(Content("cell", path="W_r@1"), "cell")) == (
        "[highlight(path='W_r@1'), fold(longest=400, keep=4, unasked=True), cut_saved(), contract(), cut_fans(), "
        "place_parameters(params='hide')]"
    )
    assert "fold" not in str(passes_of(Content(fold="none"), "gate"))


def test_nothing_is_written_or_laid_out_before_it_is_asked_for(monkeypatch):
    monkeypatch.setattr("tinygrad_gru.diagram.api.dot_of", None)
    picture = tg.draw(gru_loss(1))
    assert "h₁" in picture.text() and repr(picture) == "Picture(11 nodes at level gate). try: .save('graph.svg')"


def test_many_steps_are_folded_with_a_remark():
    assert graph_of([gru_loss(12)], Content()).remarks == [
        "8 steps are folded into one node, as there are many. try: fold='none'"
    ]
    assert graph_of([gru_loss(12)], Content(fold=2)).remarks == []


def test_too_many_nodes_are_drawn_at_a_coarser_level(monkeypatch):
    monkeypatch.setattr(pipeline, "MOST", 20)
    graph = graph_of([gru_loss(3)], Content("op"))
    assert graph.level == "cell" and graph.remarks[0].endswith("too many to read at level op: drawn at level gate")


def test_steps_are_numbers_and_ranges():
    assert steps_of("2,5-7") == {2, 5, 6, 7} and steps_of("1–3") == {1, 2, 3}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"level": "gates"}, "no level 'gates', wanted cell, gate or op"),
        ({"fold": 0}, "fold: got 0, wanted auto, none or how many"),
        ({"steps": "3-1"}, "steps: got '3-1', wanted numbers such as 1-3"),
        ({"steps": "9"}, "there are no such steps in the graph"),
        ({"grads": 2}, "grads"),
    ],
)
def test_other_options_are_refused(content, problem):
    with pytest.raises(ArgumentError, match=problem):
        graph_of([gru_loss(2)], Content(**content))
