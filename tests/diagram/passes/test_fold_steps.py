"""Folded and selected steps: what is left out is said, and only what repeats is folded."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import edges_of, gru_loss, nodes_of
from tinygrad_gru.diagram.build import build_graph
from tinygrad_gru.diagram.passes.fold_steps import fold, select
from tinygrad_gru.diagram.passes.pipeline import steps_of
from tinygrad_gru.errors import ArgumentError


def chain(steps, fresh=False):
    """A state that is multiplied by the same weight, or by an equal one of its own, in every step."""
    shared = tg.Tensor(np.eye(2), requires_grad=True, name="W")
    h = tg.Tensor([[1.0, 2.0]], requires_grad=True, name="h")
    for t in range(1, steps + 1):
        W = tg.Tensor(np.eye(2), requires_grad=True, name="W") if fresh else shared
        with tg.scope("step", t):
            h = tg.tanh(h @ W).named("h")
    return h.sum().named("L")


def hidden(graph):
    """How many steps are folded."""
    return sum(int(node.caption.split(" ")[0]) for node in graph.nodes if node.kind == "fold")


def test_the_first_and_the_last_steps_stay_and_the_rest_is_counted():
    graph = build_graph([chain(30)])
    assert hidden(fold(graph, longest=8, keep=4)) == 22
    folded = [node for node in graph.nodes if node.kind == "fold"]
    assert [(n.title, n.caption) for n in folded] == [("steps 5–26", "22 more, same weights")]
    assert [n.title for n in graph.nodes] == [
        "h₀",
        "h₁",
        "h₂",
        "h₃",
        "h₄",
        "steps 5–26",
        "h₂₇",
        "h₂₈",
        "h₂₉",
        "h₃₀",
        "L",
    ]
    ends = [(e.source.title, e.target.title) for e in graph.edges]
    assert ("h₄", "steps 5–26") in ends and ("steps 5–26", "h₂₇") in ends
    assert all(edge.line for edge in graph.edges)  # the state goes on through it


def test_equal_weights_that_are_not_the_same_objects_are_no_repetition():
    graph = build_graph([chain(30, fresh=True)])
    assert hidden(fold(graph, longest=8, keep=4)) == 0
    assert not any(node.kind == "fold" for node in graph.nodes)


def test_steps_without_parameters_are_folded_without_a_word_on_weights():
    h = tg.Tensor([1.0, 2.0], requires_grad=True, name="h")
    for t in range(1, 20):
        with tg.scope("step", t):
            h = tg.tanh(h).named("h")
    graph = build_graph([h.sum()])
    assert hidden(fold(graph, longest=8, keep=2)) == 15
    assert [node.caption for node in graph.nodes if node.kind == "fold"] == ["15 more"]


def test_a_short_run_is_not_folded():
    assert hidden(fold(build_graph([chain(8)]), longest=8, keep=2)) == 0
    assert hidden(fold(build_graph([chain(5)]), longest=0, keep=2)) == 0  # one step would be hidden, by a node as large
    assert hidden(fold(build_graph([chain(6)]), longest=0, keep=2)) == 2


@pytest.mark.parametrize("level", ["cell", "gate", "op"])
def test_long_graphs_are_folded_by_themselves_and_that_is_said(level):
    picture = tg.draw(gru_loss(30), level=level)
    if level == "cell":
        assert picture.remarks == [] and "more, same weights" not in picture.dot
        picture = tg.draw(gru_loss(30), level=level, fold=4)
        assert "22 more, same weights" in picture.dot
    else:
        assert "26 more, same weights" in picture.dot
        assert picture.remarks == ["26 steps are folded into one node, as there are many. try: fold='none'"]
    assert "more, same weights" not in tg.draw(gru_loss(30), level=level, fold="none").dot


def test_layers_and_directions_are_folded_each_for_itself():
    tg.seed(0)
    x = tg.Tensor(np.ones((12, 1, 2)), requires_grad=True, name="x")
    _, h = tg.nn.GRU(2, 3, num_layers=2, bidirectional=True, dtype=np.float64)(x)
    texts = nodes_of(tg.draw(h.sum().named("L")).dot).values()
    assert sum("8 more, same weights" in text for text in texts) == 4


def test_of_selected_steps_the_others_are_one_node_each_side():
    graph = build_graph([chain(9)])
    assert select(graph, "3-4") is graph
    assert [n.title for n in graph.nodes] == ["h₀", "steps 1–2", "h₃", "h₄", "steps 5–9", "L"]
    assert {n.caption for n in graph.nodes if n.kind == "fold"} == {"not shown"}
    dot = tg.draw(gru_loss(4), steps="2").dot
    assert "step 1" in dot and "steps 3–4" in dot and "time step 2" in dot and "time step 3" not in dot
    assert ("step1to1", "step2_r") not in edges_of(dot)


def test_steps_that_are_not_there_are_said_and_the_others_drawn():
    picture = tg.draw(gru_loss(3), steps="2,9")
    assert picture.remarks == ["steps '2,9': the graph has 1 to 3"] and "time step 2" in picture.dot
    assert tg.draw(gru_loss(3), steps="2-3").remarks == []


def test_numbers_of_steps():
    assert steps_of("1-3") == {1, 2, 3} and steps_of(" 2, 5–7") == {2, 5, 6, 7} and steps_of("4") == {4}
    for wrong in ("", "a", "3-1", "1-", "-1", "1;2", "1-2-3"):
        with pytest.raises(ArgumentError, match="wanted numbers such as 1-3"):
            steps_of(wrong)
    with pytest.raises(ArgumentError, match="there are no such steps"):
        tg.draw(gru_loss(2), steps="7")


@pytest.mark.parametrize("wrong", [0, "-1", "many", 1.5])
def test_what_cannot_be_kept_is_refused(wrong):
    with pytest.raises(ArgumentError, match="fold: got .*wanted auto, none or how many"):
        tg.draw(gru_loss(1), fold=wrong)
