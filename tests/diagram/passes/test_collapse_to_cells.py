"""Level cell: each step a box, its inputs beside it."""

import numpy as np

import tinygrad_gru as tg
from tests.diagram.examples import edges_of, gru_loss, mlp_loss, nodes_of
from tinygrad_gru.diagram.build import build_graph
from tinygrad_gru.diagram.passes.collapse_to_cells import contract


def contracted(loss):
    graph = build_graph([loss])
    contract(graph)
    return graph


def test_a_step_is_one_node_that_shows_its_state():
    graph = contracted(gru_loss(3))
    assert [node.key for node in graph.nodes] == [
        "h", "step1_x", "step1_cell", "step2_x", "step2_cell", "step3_x", "step3_cell", "L",
    ]  # fmt: skip
    assert [graph.titles[t] for node in graph.nodes if node.kind == "cell" for t in node.shown] == ["h₁", "h₂", "h₃"]
    assert {(e.source.key, e.target.key) for e in graph.edges} == {
        ("h", "step1_cell"), ("step1_cell", "step2_cell"), ("step2_cell", "step3_cell"), ("step3_cell", "L"),
        ("step1_x", "step1_cell"), ("step2_x", "step2_cell"), ("step3_x", "step3_cell"),
    }  # fmt: skip


def test_the_state_line_carries_the_states():
    line = [edge for edge in contracted(gru_loss(3)).edges if edge.line]
    assert [edge.carries.name for edge in line] == ["h"] * 4
    assert len({edge.carries for edge in line}) == 4


def test_the_steps_of_an_lstm_show_both_states_the_last_one_too():
    tg.seed(0)
    x = tg.Tensor(np.ones((3, 1, 2)), requires_grad=True, name="x")
    _, (h, _) = tg.nn.LSTM(2, 3, dtype=np.float64)(x)
    graph = contracted(h.sum().named("L"))
    shown = [{graph.titles[t] for t in node.shown} for node in graph.nodes if node.kind == "cell"]
    assert shown == [{"h₁", "c₁"}, {"h₂", "c₂"}, {"h₃", "c₃"}]


def test_steps_of_two_layers_stay_apart():
    tg.seed(0)
    x = tg.Tensor(np.ones((2, 1, 2)), requires_grad=True, name="x")
    out, _ = tg.nn.GRU(2, 3, num_layers=2, dtype=np.float64)(x)
    graph = contracted(out.sum().named("L"))
    cells = [node for node in graph.nodes if node.kind == "cell"]
    assert len(cells) == 4
    first, second = cells[:2], cells[2:]
    ends = {(e.source.key, e.target.key) for e in graph.edges}
    assert all((a.key, b.key) in ends for a, b in zip(first, second, strict=True))  # h₁ of layer 1 goes up


def test_a_graph_without_steps_stays_as_it_is():
    assert [n.key for n in contracted(mlp_loss()).nodes] == [n.key for n in build_graph([mlp_loss()]).nodes]


def test_hundreds_of_steps_are_a_line_with_heat_on_it():
    dot = tg.draw(gru_loss(120), level="cell", fold="none").dot
    assert len(nodes_of(dot)) == 242 and len(edges_of(dot)) == 241
    widths = [float(part.split()[0].rstrip("]")) for part in dot.split("penwidth=")[2:] if part]
    assert min(widths) < 1.5 and max(widths) == 7.0
