"""Rows: what goes on in another row is drawn again there, and no line leads from row to row."""

import numpy as np

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss, nodes_of
from tinygrad_gru.diagram import draw_layer
from tinygrad_gru.diagram.api import loss_of_layer
from tinygrad_gru.diagram.build import build_graph
from tinygrad_gru.diagram.model import Kind
from tinygrad_gru.diagram.passes.fold_steps import fold
from tinygrad_gru.diagram.passes.wrap_rows import rows_by_place, rows_by_steps, rows_of_layers, wrap


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


def test_a_state_that_comes_out_of_folded_steps_is_a_state_at_the_beginning_of_its_row():
    """Whichever edge leads to it first: on the one to a gate is no line of the state."""
    graph = fold(build_graph([gru_loss(20)]), longest=0, keep=2)
    wrap(graph, rows_by_steps(graph, 2))
    again = [node for node in graph.nodes if node.kind is Kind.AGAIN and node.title == "h₁₈"]
    assert [node.role for node in again] == ["state"] and again[0].line


def test_one_row_is_left_as_it_is():
    graph = build_graph([gru_loss(2)])
    nodes, edges = list(graph.nodes), list(graph.edges)
    assert wrap(graph, dict.fromkeys(nodes, 0)).nodes == nodes and graph.edges == edges and graph.rows == 1


def both_directions(layers, steps=3):
    tg.seed(0)
    layer = tg.nn.GRU(2, 4, num_layers=layers, bidirectional=True)
    return layer, np.ones((steps, 1, 2), np.float32)


def boxes_by_row(graph):
    rows = {}
    for node in graph.nodes:
        rows.setdefault(graph.row_of[node], {}).update(dict.fromkeys(p.title for p in node.place))
    return [list(rows[row]) for row in sorted(rows)]


def test_each_layer_and_direction_has_rows_of_its_own_and_says_what_it_reads():
    graph = rows_of_layers(build_graph([loss_of_layer(*both_directions(2))]))
    layers = ["layer 1, forward", "layer 1, backward", "layer 2, forward", "layer 2, backward"]
    assert [titles[0] for titles in boxes_by_row(graph)] == [*layers, "loss"]
    assert [titles[1:] for titles in boxes_by_row(graph)][:2] == [
        ["step 1", "step 2", "step 3"],
        ["step 3", "step 2", "step 1"],
    ]
    words = {place.title: said for place, said in graph.beside_title.items()}
    assert words == dict.fromkeys(layers[2:], "reads hₜ (1 forward), hₜ (1 backward)")
    assert not any(graph.row_of[edge.source] != graph.row_of[edge.target] for edge in graph.edges)
    ends = sorted(edge.source.title for edge in graph.edges if edge.target.title == "L")
    assert ends == ["h₁ (1 backward)", "h₁ (2 backward)", "h₃ (1 forward)", "h₃ (2 forward)"]


def test_a_row_of_one_step_is_one_box():
    graph = build_graph([loss_of_layer(*both_directions(2, steps=2))])
    wrap(graph, rows_by_steps(graph, 2))
    assert boxes_by_row(graph)[:3] == [
        ["layer 1, forward, time step 1"],
        ["layer 1, forward, time step 2"],
        ["layer 1, backward, time step 2"],
    ]
    assert len(graph.beside_title) == 2  # in the first row of each layer that reads another


def test_layers_that_read_one_other_keep_their_lines_and_a_single_layer_its_rows():
    tg.seed(0)
    x = np.ones((3, 1, 2), np.float32)
    for layer in (tg.nn.GRU(2, 4, num_layers=2), tg.nn.GRU(2, 4, bidirectional=True), tg.nn.GRU(2, 4)):
        assert rows_of_layers(build_graph([loss_of_layer(layer, x)])).rows == 1


def test_in_the_box_of_its_layer_a_state_is_called_by_its_name_alone_and_elsewhere_in_full():
    picture = draw_layer(*both_directions(2))
    words = nodes_of(picture.dot)
    assert ">h₁<" in words["step1_h"] and "(1 forward)" not in words["step1_h"].partition(" tooltip=")[0]
    assert "> h₃ (1 forward) <" in words["row5_step3_h"] and ">r<" in words["step1_r"]  # the r of W_r
    assert "layers." not in words["step1_r"]  # its parameter has the name alone


def test_as_text_a_picture_in_rows_reads_from_the_first_step_to_the_last():
    text = draw_layer(*both_directions(2)).text()
    assert text.index("layer 1") < text.index("layer 2") < text.index("loss")
    assert "h₂ (1 backward)" in text
