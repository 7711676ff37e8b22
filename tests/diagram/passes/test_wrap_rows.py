"""Rows: what goes on in another row is drawn again there, and no line leads from row to row."""

import numpy as np

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tinygrad_gru.diagram.build import build_graph
from tinygrad_gru.diagram.passes.wrap_rows import rows_by_place, rows_by_steps, wrap


def chain(length):
    t = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    for i in range(length):
        t = tg.tanh(t).named(f"y{i}")
    return build_graph([t.sum().named("L")], "op")


def one_row(graph, wide=10.0):
    """Places as Graphviz would give them: a column for each node."""
    return {node.key: (at * wide, at * wide + wide - 2) for at, node in enumerate(graph.nodes)}


def test_steps_are_dealt_out_evenly_and_what_is_beside_them_goes_with_them():
    graph = build_graph([gru_loss(5)])
    row_of = rows_by_steps(graph, 3)
    rows = {node.key: row for node, row in row_of.items()}
    assert [rows[f"step{t}_h"] for t in range(1, 6)] == [0, 0, 1, 1, 2]
    assert rows["h"] == 0 and rows["L"] == 2 and len(rows) == len(graph.nodes)


def test_constants_stand_where_they_are_used_an_input_in_its_step_and_a_target_beside_the_loss():
    _, h_n = tg.nn.GRU(1, 2)(np.zeros((3, 1, 1), np.float32))
    graph = build_graph([tg.nn.losses.mse(h_n, [[[0.0, 1.0]]])])
    rows = {node.title: row for node, row in rows_by_steps(graph, 3).items()}
    assert [rows[f"x{t}"] for t in "₁₂₃"] == [rows[f"z{t}"] for t in "₁₂₃"] == [0, 1, 2]  # x needs no gradient here
    assert (rows["h₀"], rows["target"], rows["L"]) == (0, 2, 2)
    wrap(graph, rows_by_steps(graph, 3))
    assert [node.title for node in graph.nodes].count("target") == 1  # and is not drawn again


def test_a_chain_is_cut_where_the_room_ends():
    graph = chain(8)  # x, eight, L
    row_of = rows_by_place(graph, one_row(graph), room=48.0, for_again=10.0)
    by_row = [[n.title for n in graph.nodes if row_of[n] == row] for row in range(max(row_of.values()) + 1)]
    assert [title for row in by_row for title in row] == [node.title for node in graph.nodes]
    assert len(by_row) > 1 and all(len(row) <= 5 for row in by_row)


def test_no_node_stands_above_what_it_is_made_of():
    rng = np.random.default_rng(0)
    tensors = [tg.Tensor([1.0], requires_grad=True, name="x")]
    for i in range(40):
        a, b = rng.choice(len(tensors), 2)
        tensors.append((tensors[a] + tensors[b] * 2).named(f"t{i}"))
    graph = build_graph([sum(tensors[-5:], tensors[0]).named("L")], "op")
    places = {
        node.key: (float(x), float(x) + 8)
        for node, x in zip(graph.nodes, rng.permutation(len(graph.nodes)) * 10, strict=True)
    }
    row_of = rows_by_place(graph, places, room=100.0, for_again=20.0)
    assert all(row_of[edge.source] <= row_of[edge.target] for edge in graph.edges)
    wrap(graph, row_of)
    rows = {node: row for node, row in row_of.items()}
    for edge in graph.edges:
        assert edge.source.kind == "again" or rows[edge.source] == rows[edge.target]


def test_the_cut_is_where_the_fewest_go_on():
    """Of two places in the second half of a row, the one before a diamond, not the one inside it."""
    x = tg.Tensor([1.0], requires_grad=True, name="x")
    a = tg.tanh(x).named("a")
    b = tg.tanh(a).named("b")
    c, d, e = (tg.tanh(b).named(name) for name in "cde")
    graph = build_graph([(c * d * e).sum().named("L")], "op")
    row_of = rows_by_place(graph, one_row(graph), room=46.0, for_again=0.0)
    first = {node.title for node, row in row_of.items() if row == 0}
    assert first == {"x", "a", "b"}


def test_a_step_that_is_cut_has_a_box_in_each_row_and_says_that_it_goes_on():
    graph = build_graph([gru_loss(1)], "op")
    row_of = {node: int(at > len(graph.nodes) // 2) for at, node in enumerate(graph.nodes)}
    wrap(graph, row_of)
    titles = [place.title for node in graph.nodes for place in node.place if place.index is not None]
    assert {"step 1", "… step 1"} == set(titles) and graph.rows == 2


def test_one_row_is_left_as_it_is():
    graph = build_graph([gru_loss(2)])
    nodes, edges = list(graph.nodes), list(graph.edges)
    assert wrap(graph, dict.fromkeys(nodes, 0)).nodes == nodes and graph.edges == edges and graph.rows == 1
