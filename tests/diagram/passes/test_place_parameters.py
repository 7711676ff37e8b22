"""What becomes of tensors that many use: a tag per use, a word in the user, one node for all, or nothing."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import edges_of, gru_loss, nodes_of
from tinygrad_gru.diagram.build import build_graph
from tinygrad_gru.diagram.passes.place_parameters import place_parameters
from tinygrad_gru.errors import ArgumentError


def shared(params, level="op", steps=3):
    graph = build_graph([gru_loss(steps)], level)
    place_parameters(graph, params)
    return graph


@pytest.mark.parametrize("level", ["gate", "op"])
def test_cut_into_tags_each_use_is_a_node_with_one_line(level):
    graph = shared("tag", level)
    tags = [node for node in graph.nodes if node.kind == "tag"]
    assert len(tags) == 3 * 6
    leaving = [edge for edge in graph.edges if edge.source.kind == "tag"]
    assert sorted(e.source.key for e in leaving) == sorted(t.key for t in tags)
    assert all(tag.place == edge.target.place for tag, edge in zip(tags, leaving, strict=True))
    assert not any(node.tags for node in graph.nodes)


def test_drawn_once_each_parameter_is_one_node_with_a_line_to_every_step():
    graph = shared("shared")
    tags = {node.key: node for node in graph.nodes if node.kind == "tag"}
    assert list(tags) == ["W_r", "b_r", "W_z", "b_z", "W_h", "b_h"]
    assert sum(edge.source is tags["W_r"] for edge in graph.edges) == 3


def test_inline_they_are_words_in_their_users_and_hidden_they_are_nowhere():
    inline, hidden = shared("inline"), shared("hide")
    assert len(inline.nodes) == len(hidden.nodes) == len(shared("tag").nodes) - 18
    assert sum(len(node.tags) for node in inline.nodes) == 18
    assert not any(node.tags for node in hidden.nodes)
    dots = {params: tg.draw(gru_loss(1), level="op", params=params).dot for params in ("inline", "hide")}
    assert 'W<FONT POINT-SIZE="6">r</FONT> 6×4' in dots["inline"] and "6×4" not in dots["hide"]
    assert set(nodes_of(dots["inline"])) == set(nodes_of(dots["hide"]))


def test_a_tensor_that_one_node_uses_twice_is_drawn_once_where_it_is_shared():
    W = tg.Tensor(np.ones((2, 2)), requires_grad=True, name="W")
    x = tg.Tensor(np.ones((1, 2)), name="x")
    dot = tg.draw((x @ W @ W).sum().named("L"), "gate", params="shared").dot
    assert edges_of(dot).count(("W", "L")) == 1


@pytest.mark.parametrize(("params", "edges"), [("tag", [("W", "L"), ("W_2", "L")]), ("shared", [("W", "L")] * 2)])
def test_a_parameter_times_itself_has_an_edge_for_each_use(params, edges):
    W = tg.nn.Parameter([2.0])
    W.name = "W"
    graph = build_graph([(W * W).named("L")], "op")
    place_parameters(graph, params)
    assert [(e.source.key, e.target.key) for e in graph.edges] == edges


def test_other_words_are_refused():
    with pytest.raises(ArgumentError, match="no params 'tags', wanted tag, inline, hide or shared"):
        tg.draw(gru_loss(1), params="tags")


def test_a_tensor_that_is_used_twice_in_a_formula_is_written_into_it_once():
    x = tg.Tensor([[1.0, 2.0]], name="x")
    W = tg.Tensor([[0.5, -1.0], [0.25, 0.75]], requires_grad=True, name="W")
    graph = build_graph([tg.tanh((x @ W) @ W).named("h").sum().named("L")])
    place_parameters(graph, "inline")
    (h,) = (node for node in graph.nodes if node.title == "h")
    assert [use[0].name for use in h.tags] == ["W"]
