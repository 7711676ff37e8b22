"""The pipeline: levels, remarks on what was overridden, and options that are refused."""

import pytest

from tests.diagram.examples import gru_loss
from tinygrad_gru.diagram.passes import pipeline
from tinygrad_gru.diagram.passes.pipeline import Content, prepare, steps_of
from tinygrad_gru.errors import ArgumentError


@pytest.mark.parametrize(
    ("level", "kinds"), [("cell", {"box", "cell"}), ("gate", {"box", "op"}), ("op", {"box", "op", "tag"})]
)
def test_each_level_has_its_kinds_of_nodes(level, kinds):
    ready = prepare([gru_loss(2)], Content(level))
    assert ready.graph.level == level and {node.kind for node in ready.graph.nodes} == kinds


def test_gradients_are_computed_only_if_they_are_wanted():
    loss = gru_loss(1)
    assert prepare([loss], Content(grads=False)).gradients is None
    assert prepare([loss], Content(backward=True)).gradients is None
    assert loss in prepare([loss], Content()).gradients.of


def test_many_steps_are_folded_with_a_remark():
    assert prepare([gru_loss(12)], Content()).remarks == [
        "8 steps are folded into one node, as there are many. try: --fold none"
    ]
    assert prepare([gru_loss(12)], Content(fold=2)).remarks == []


def test_too_many_nodes_are_drawn_at_a_coarser_level(monkeypatch):
    monkeypatch.setattr(pipeline, "MOST", 20)
    ready = prepare([gru_loss(3)], Content("op"))
    assert ready.graph.level == "cell" and ready.remarks[0].endswith(
        "too many to read at level op: drawn at level gate"
    )


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
        prepare([gru_loss(2)], Content(**content))
