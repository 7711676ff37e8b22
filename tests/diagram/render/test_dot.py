"""The DOT text: one small graph word for word, and what the recipe promises for all."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tinygrad_gru.core.support.scopes import scope
from tinygrad_gru.diagram import draw_layer
from tinygrad_gru.diagram.render.graphviz_process import render

GOLDEN = Path(__file__).with_name("golden")


def tiny():
    """One gate and one state: small enough for its picture to be read as text."""
    x = tg.Tensor([[1.0, -1.0]], requires_grad=True, name="x")
    W = tg.Tensor([[0.0, 0.5], [0.25, 0.0]], requires_grad=True, name="W_z")
    with tg.scope("step", 1):
        with scope("update gate", role="update"):
            z = tg.sigmoid(x @ W).named("z")
        with scope("new state", role="state"):
            h = ((1 - z) * x).named("h")
    with scope("loss", role="loss"):
        return h.sum().named("L")


@pytest.mark.parametrize("level", ["gate", "op"])
def test_a_small_graph_is_written_word_for_word(level):
    """After a wanted change: write `tg.draw(tiny(), level=level).dot` to the file, and look at the picture."""
    assert tg.draw(tiny(), level=level, title="tiny").dot == (GOLDEN / f"tiny_{level}.dot").read_text(encoding="utf-8")


def columns_of(dot):
    """Left and right end of each box in the finished layout, by its title."""
    from pygraphviz import AGraph

    laid_out = AGraph(string=AGraph(string=dot).draw(format="dot", prog="dot").decode())
    ends = {}
    for box in laid_out.subgraphs():
        x0, _, x1, _ = map(float, box.graph_attr["bb"].split(","))
        ends[re.sub("<[^>]*>", "", box.graph_attr["label"])] = (x0, x1)
    heights = {n: float(n.attr["pos"].split(",")[1]) for n in laid_out.nodes()}
    return ends, heights


@pytest.mark.parametrize("level", ["gate", "op"])
@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM", "reset_after"])
def test_the_steps_stand_side_by_side_and_the_state_line_is_straight(cell, level):
    tg.seed(0)
    layer = tg.nn.GRU(2, 4, reset_after=True) if cell == "reset_after" else getattr(tg.nn, cell)(2, 4)
    dot = draw_layer(layer, np.ones((3, 1, 2), np.float32), level=level).dot
    ends, heights = columns_of(dot)
    order = [ends[title] for title in ("start", "time step 1", "time step 2", "time step 3", "loss")]
    assert all(before[1] < after[0] for before, after in itertools.pairwise(order))
    line = [m for m in re.findall(r"^\s*(\w+):e -> (\w+):w .*weight=60", dot, re.MULTILINE)]
    assert line and len({round(heights[n]) for pair in line for n in pair}) == 1


def test_without_the_invisible_edges_the_steps_overlap():
    """The measure above fails on a picture that is laid out badly."""
    dot = "\n".join(line for line in tg.draw(gru_loss()).dot.splitlines() if "invis" not in line)
    ends, _ = columns_of(dot)
    assert ends["start"][1] > ends["time step 1"][0] or ends["time step 1"][1] > ends["time step 2"][0]


def test_operands_are_numbered_where_their_order_matters():
    u, v = (tg.Tensor([1.0, 2.0], requires_grad=True, name=name) for name in "uv")

    def numbers(t):
        return re.findall(r"(\w+) -> \w+ \[.*headlabel=(\d)", tg.draw(t.named("y"), "op").dot)

    assert numbers(u - v) == [("u", "1"), ("v", "2")] and numbers(v / u) == [("v", "1"), ("u", "2")]
    assert numbers(u + v) == numbers(u * v) == numbers(1 - u) == []


def test_the_scale_of_heat_ends_where_the_values_end():
    tg.seed(0)
    x = np.random.default_rng(0).normal(size=(3, 1, 2)).astype(np.float32)
    dot = draw_layer(tg.nn.GRU(2, 3, num_layers=2, bidirectional=True), x, level="cell").dot
    shown = [float(n) for n in re.findall(r"‖∂L/∂h[₀-₉][^‖]*‖ ([\d.]+)", dot)]
    (end,) = re.findall(r">([\d.]+)<[^()‖]*\(log scale", dot)
    assert len(shown) == 12 and max(shown) == float(end)


@pytest.mark.parametrize("level", ["cell", "gate", "op"])
def test_each_layer_is_one_box_around_its_directions(level):  # downwards; to the right, each has a row
    x = np.ones((2, 1, 2), np.float32)
    dot = draw_layer(tg.nn.GRU(2, 3, num_layers=2, bidirectional=True), x, level=level, direction="TB").dot
    titles = re.findall(r"<<B>(layer \d|forward|backward)</B>>", dot)
    assert titles == ["layer 1", "forward", "backward", "layer 2", "forward", "backward"]


def test_the_last_states_of_all_layers_and_directions_go_on_as_state_lines():
    x = np.ones((2, 1, 2), np.float32)
    graph = draw_layer(tg.nn.GRU(2, 3, num_layers=2, bidirectional=True), x, level="cell").graph
    assert [bool(edge.line) for edge in graph.edges if edge.target.title == "L"] == [True] * 4


@pytest.mark.parametrize("cell", [tg.nn.LSTM, tg.nn.RNN])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_layers_of_two_directions_have_a_layout_at_level_gate_folded_too(cell, layers):
    x = np.random.default_rng(0).standard_normal((5, 1, 2), dtype=np.float32)
    layer = cell(2, 3, num_layers=layers, bidirectional=True)
    for fold in ("auto", 1):
        assert render(draw_layer(layer, x, fold=fold).dot, "plain")  # Graphviz found no layout: trouble in init_rank


def test_at_level_gate_a_layer_stands_below_the_other_step_below_step():
    layer = tg.nn.GRU(2, 3, num_layers=2)
    plain = render(draw_layer(layer, np.ones((2, 1, 2), np.float32)).dot, "plain").decode()
    places = {words[1]: float(words[2]) for words in map(str.split, plain.splitlines()) if words[0] == "node"}
    for first, second in (("step1_h", "step1_h_2"), ("step2_h", "step2_h_2"), ("step1_r", "step1_r_2")):
        assert places[first] == pytest.approx(places[second], abs=0.5)


@pytest.mark.parametrize("fold", ["auto", 1])
@pytest.mark.parametrize("layers", [2, 3])
def test_layers_of_two_directions_stand_below_each_other_step_below_step(layers, fold):
    tg.seed(0)
    x = np.random.default_rng(0).standard_normal((5, 1, 2), dtype=np.float32)
    gru = tg.nn.GRU(2, 3, num_layers=layers, bidirectional=True)
    picture = draw_layer(gru, x, lambda out, last: tg.square(out).sum().named("L"), level="cell", fold=fold)
    plain = render(picture.dot, "plain").decode()  # Graphviz found no layout: trouble in init_rank
    places = {words[1]: float(words[2]) for words in map(str.split, plain.splitlines()) if words[0] == "node"}
    columns = {round(at, 1) for key, at in places.items() if re.fullmatch(r"step\d_cell(_\d)?", key)}
    assert len(columns) == (5 if fold == "auto" else 2)
