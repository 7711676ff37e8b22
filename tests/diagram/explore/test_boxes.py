"""Boxes: scopes as a tree, long runs in tens, none around a single node, no shell around a single box."""

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.core.support.modes import record
from tinygrad_gru.diagram.api import loss_of_layer
from tinygrad_gru.diagram.explore.boxes import boxes_of
from tinygrad_gru.diagram.passes.pipeline import Content, graph_of


def graph_at_op(loss):
    return graph_of([loss], Content(level="op", fold="none", params="inline"))


def tree(boxes):
    """Each box by its way from the outside, and the level at which it stands open."""

    def way(box):
        return (*(way(box.parent) if box.parent is not None else ()), box.title)

    return {" > ".join(way(box)): box.level for box in boxes}


def test_a_gru_has_steps_with_gates_in_them():
    boxes, homes = boxes_of(graph_at_op(loss_of_layer(nn.GRU(2, 3), np.ones((1, 1, 2), np.float32))))
    assert tree(boxes) == {
        "time step 1": "gate",
        "time step 1 > reset gate": "op",
        "time step 1 > update gate": "op",
        "time step 1 > candidate": "op",
        "time step 1 > new state": "gate",  # pointwise, as level gate draws it
        "loss": "op",
    }
    assert homes[0] is None  # h₀ has no box of its own


def test_thirteen_steps_and_more_stand_in_tens():
    graph = graph_at_op(loss_of_layer(nn.RNN(1, 2), np.ones((23, 1, 1), np.float32)))
    tens = [title for title in tree(boxes_of(graph)[0]) if title.count(">") == 0]
    assert tens == ["steps 1–10", "steps 11–20", "steps 21–23", "loss"]
    twelve = graph_at_op(loss_of_layer(nn.RNN(1, 2), np.ones((12, 1, 1), np.float32)))
    assert "time step 12" in tree(boxes_of(twelve)[0])


def test_two_directions_have_a_box_each_in_that_of_their_layer():
    graph = graph_at_op(loss_of_layer(nn.GRU(2, 2, num_layers=2, bidirectional=True), np.ones((2, 1, 2), np.float32)))
    boxes = tree(boxes_of(graph)[0])
    assert {title for title in boxes if ">" not in title} == {"layer 1", "layer 2", "loss"}
    for layer in ("layer 1", "layer 2"):  # open where steps are boxes
        assert [boxes[layer], *(boxes[f"{layer} > {way}"] for way in ("forward", "backward"))] == ["cell"] * 3


def test_a_graph_without_scopes_has_no_box():
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    boxes, homes = boxes_of(graph_at_op((x * x).sum()))
    assert boxes == [] and set(homes) == {None}


def test_a_scope_with_one_node_in_it_has_no_box():
    with record():
        x = tg.Tensor([1.0, 2.0], name="x")
        with tg.scope("outer"):
            with tg.scope("alone"):
                y = x * x
            z = tg.sum(y)
    assert list(tree(boxes_of(graph_at_op(z))[0])) == ["outer"]
