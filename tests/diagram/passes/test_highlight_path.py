"""The ways of a gradient: which tensors are on them, and how many there are, against counting them one by one."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tinygrad_gru.diagram.build import build_graph
from tinygrad_gru.diagram.classify import classify
from tinygrad_gru.diagram.passes.highlight_path import find, light, ways
from tinygrad_gru.errors import ArgumentError


def followed(loss, wanted):
    classes = classify([loss], "op")
    return ways(classes, find(classes, wanted))


def one_by_one(loss, ends):
    """Walk every way from the loss, and count those that arrive at one of these (consumer, position) pairs."""
    count, pending = 0, [loss]
    while pending:
        t = pending.pop()
        for position, i in enumerate(t.inputs):
            count += (t, position) in ends
            if i.requires_grad:
                pending.append(i)
    return count


@pytest.mark.parametrize(("steps", "count"), [(1, 1), (2, 5), (3, 25), (4, 125), (30, 5**29)])
def test_a_gru_has_five_times_as_many_ways_for_each_step_in_between(steps, count):
    assert followed(gru_loss(steps), "W_r@1").count == count


@pytest.mark.parametrize("wanted", ["W_r@1", "W_z@2", "W_h@3", "b_z@1", "W_z", "h̃@1", "x@2"])
def test_the_number_is_that_of_walking_them_all(wanted):
    loss = gru_loss(3)
    way = followed(loss, wanted)
    assert way.count == one_by_one(loss, {(user, position) for _, user, position in way.uses})


def test_a_square_by_a_product_has_two_ways():
    x = tg.Tensor([2.0], requires_grad=True, name="x")
    assert followed((x * x).sum().named("L"), "x").count == 2


def test_only_what_is_on_the_way_stays_lit():
    loss = gru_loss(2)
    graph = build_graph([loss])
    light(graph, ways(graph.classes, find(graph.classes, "W_r@1")))
    lit = {node.title for node in graph.nodes if node.lit}
    assert {"L", "h₂", "h₁", "r₁", "h̃₁", "z₂", "r₂", "h̃₂"} <= lit
    assert not {"x₁", "x₂", "h₀", "z₁"} & lit
    assert all(edge.lit == (edge.source.lit and edge.target.lit) for edge in graph.edges)
    assert "W_r in step 1: 5 separate paths" in graph.note


def test_of_the_tags_only_the_use_that_is_followed_is_lit():
    dot = tg.draw(gru_loss(2), level="op", path="W_r@1").dot
    faint = [line for line in dot.splitlines() if "_W_" in line and "label=" in line and "#FFF3C4" not in line]
    bright = [line.split()[0] for line in dot.splitlines() if "_W_" in line and "#FFF3C4" in line]
    assert bright == ["step1_W_r"] and len(faint) == 5
    assert dot.count("dir=back") == sum("#9E1B6B" in line for line in dot.splitlines()) > 20


def test_there_is_no_way_through_what_requires_no_gradient():
    W = tg.Tensor(np.ones((2, 2)), requires_grad=True, name="W")
    with tg.no_grad():
        y = tg.Tensor([[1.0, 2.0]]) @ W
    assert followed(((tg.Tensor(y.data, name="y") @ W) * y).sum().named("L"), "W").count == 1


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("W_q@1", "nothing in the graph is called 'W_q'. did you mean W_"),
        ("W_r@0", "W_r is used in 1 to 2. try: W_r@1"),
        ("W_r@two", "after the @ stands the number of a step"),
        ("h@0", "h is used in"),
        ("W_r@", None),
    ],
)
def test_what_is_not_there_cannot_be_followed(wanted, said):
    if said is None:
        assert len(find(classify([gru_loss(2)], "op"), wanted)) == 2  # all its uses
        return
    with pytest.raises(ArgumentError, match="path ") as caught:
        followed(gru_loss(2), wanted)
    assert said in str(caught.value)


def test_a_leaf_without_gradient_has_no_ways():
    x = tg.Tensor([1.0], name="x")
    w = tg.Tensor([1.0], requires_grad=True, name="w")
    with pytest.raises(ArgumentError, match="no gradient goes to x"):
        followed((x * w).sum(), "x")


def test_what_requires_no_gradient_is_not_lit():
    """h in step 1 is h₁, and h₀ by its use, to which no gradient goes."""
    graph = build_graph([gru_loss(2)])
    uses = find(graph.classes, "h@1")
    way = ways(graph.classes, uses)
    assert {t.requires_grad for t, _, _ in uses} == {True} and way.count == 5
    light(graph, way)
    lit = {node.title for node in graph.nodes if node.lit and node.kind == "box"}
    assert lit == {"h₁", "z₂", "r₂", "h̃₂", "h₂", "L"}
    assert {t for t, _, _ in graph.followed} == {t for t, _, _ in uses}


def test_the_paths_end_in_the_box_of_a_tensor_and_not_in_the_operation_before_it():
    graph = build_graph([gru_loss(2)])
    light(graph, ways(graph.classes, find(graph.classes, "h@1")))
    sums = [node for node in graph.nodes if node.kind == "op" and node.title == "+"]
    assert [node.lit for node in sums] == [False, True], "of h₁ and h₂"


def test_the_new_state_is_no_use_of_the_old_one_though_both_are_called_h():
    with tg.seed(0):
        cell = tg.nn.GRUCell(2, 3)
    h = tg.Tensor(np.full((1, 3), 0.3, np.float32), requires_grad=True, name="h")
    (new,) = cell(np.ones((1, 2), np.float32), h)
    picture = tg.draw(new.sum().named("L"), path="h")
    assert new.name == "h" and "How the loss reaches h: 5 separate paths" in picture.graph.note
    assert {t for t, _, _ in picture.graph.followed} == {h}


def test_with_the_number_of_a_step_the_state_that_it_makes_is_meant_and_not_that_which_it_reads():
    with tg.seed(0):
        gru = tg.nn.GRU(2, 3)
    h = tg.Tensor(np.full((1, 1, 3), 0.3, np.float32), requires_grad=True, name="h")
    _, last = gru(np.ones((2, 1, 2), np.float32), h)
    loss = last.sum().named("L")
    made = find(classify([loss], "op"), "h@1")
    assert {t.op is None for t, _, _ in made} == {False} and followed(loss, "h@1").count == 5
    assert {t for t, _, _ in find(classify([loss], "op"), "h")} == {h}
