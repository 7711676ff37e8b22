"""The legend: title, equation, and the scales of what is shown."""

import re

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss, mlp_loss
from tinygrad_gru.diagram.passes.pipeline import Content, graph_of, numbers_of
from tinygrad_gru.diagram.render.legend import legend
from tinygrad_gru.diagram.render.look import Look
from tinygrad_gru.diagram.render.nodes import Nodes


def legend_of(loss, level="gate", heat=None, **look):
    content = Content(level)
    graph = graph_of([loss], content)
    nodes = Nodes(graph, numbers_of([loss], content, graph), Look(**look))
    return re.sub("<[^>]*>", " ", legend(graph, nodes, nodes.theme.heat(heat) if heat else None))


def test_it_holds_the_title_the_equation_and_three_scales():
    text = legend_of(gru_loss(1), title="My <GRU>")
    for part in ("My &lt;GRU&gt;", "hₜ = (1 − zₜ)⊙hₜ₋₁ + zₜ⊙h̃ₜ", "gate: 0 shut", "value −", "grad −"):
        assert part in text


def test_without_values_there_is_no_scale_of_them():
    text = legend_of(gru_loss(1), values=False)
    assert "value" not in text and "shut" not in text and "grad −" in text


def test_at_level_op_words_explain_the_boxes():
    assert "tag: a parameter or constant, drawn again at every use" in legend_of(gru_loss(1), "op")
    assert "white box: an operation" in legend_of(mlp_loss(), "op")


def test_heat_names_the_gradient_of_the_state():
    assert re.search(r"‖∂L/∂h‖ 0\.002 .* 2 .*\(log scale", legend_of(gru_loss(2), "cell", heat=2.0), re.DOTALL)


def test_a_graph_with_nothing_to_say_has_none():
    assert legend_of(tg.Tensor(0.0, requires_grad=True)) == ""
