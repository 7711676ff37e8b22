"""The graph of the way back: its gradients are those of the engine, and the way there stays out of it."""

from functools import partial

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss, mlp_loss, nodes_of
from tests.diagram.render.test_crossings import crossings
from tests.diagram.test_random_graphs import account, random_loss
from tinygrad_gru.core.backward import toposort
from tinygrad_gru.diagram.api import loss_of_layer
from tinygrad_gru.diagram.model import step_around
from tinygrad_gru.diagram.passes.backward_graph import backward_graph
from tinygrad_gru.diagram.passes.pipeline import Content, graph_of
from tinygrad_gru.diagram.render.graphviz_process import render
from tinygrad_gru.errors import ArgumentError


def mean_loss():
    """Values that are used several times, and a sum that passes one gradient on to both of its terms."""
    numbers = {"a": 2.0, "b": -3.0, "c": 10.0, "f": 4.0}
    a, b, c, f = (tg.Tensor(value, requires_grad=True, name=name) for name, value in numbers.items())
    d = ((a * b).named("e") + c).named("d")
    return (d * f + d * a).named("L")


def lstm_loss():
    tg.seed(0)
    return loss_of_layer(tg.nn.LSTM(2, 3, num_layers=2, bidirectional=True, dtype=np.float64), np.ones((2, 1, 2)))


LOSSES = (mean_loss, mlp_loss, gru_loss, lstm_loss, *(partial(random_loss, seed) for seed in range(30)))


def whats_wrong(graph, loss, level):
    """What the graph says otherwise than `tg.grad`, whose tensors come from a walk of the test's own."""
    tensors = [t for t in account(loss) if t.requires_grad and t is not loss]
    if level == "gate":
        tensors = [t for t in tensors if t.name or t.op is None]
    drawn = {}
    said = []
    for node in graph.nodes:
        if graph.shown_for[node.tensor] in drawn:
            said.append("a gradient is there twice")
        drawn[graph.shown_for[node.tensor]] = node
    for t, g in zip(tensors, tg.grad(loss, tensors), strict=True):
        if (g is None) != (t not in drawn):
            said.append(f"the gradient of {t.name or t.op} is missing")
        elif g is not None and not np.allclose(drawn[t].tensor.data, g, rtol=1e-9, atol=1e-12):
            said.append(f"the gradient of {t.name or t.op} is another")
    if len({node.title for node in graph.nodes}) < len(graph.nodes):
        said.append("two gradients have one title")
    return said


@pytest.mark.parametrize("level", ["gate", "op"])
@pytest.mark.parametrize("make", LOSSES)
def test_it_holds_each_gradient_once_with_the_numbers_of_grad(make, level):
    loss = make()
    assert not whats_wrong(backward_graph([loss], level), loss, level)


def test_the_comparison_catches_planted_faults():
    def planted(change):
        loss = mean_loss()
        graph = backward_graph([loss])
        change(graph)
        return whats_wrong(graph, loss, "gate")

    assert planted(lambda graph: graph.nodes.pop(2))
    assert planted(lambda graph: graph.nodes.append(graph.nodes[0]))
    assert planted(lambda graph: setattr(graph.nodes[1], "title", graph.nodes[0].title))
    assert planted(turned)


def turned(graph):
    g = graph.nodes[0].tensor
    graph.shown_for[minus := tg.Tensor(-g.data)] = graph.shown_for[g]
    graph.nodes[0].tensor = minus


def test_gradients_are_called_as_in_a_textbook():
    formulas = {n.title: n.formula for n in backward_graph([gru_loss(2)]).nodes}
    assert formulas["δ_r₂"] == "∂L/∂r₂ ⊙ r₂ ⊙ (1 − r₂)" and formulas["δ_h̃₁"] == "∂L/∂h̃₁ ⊙ (1 − h̃₁²)"
    assert formulas["∂L/∂W_r"] == "Σₜ [hₜ₋₁, xₜ]ᵀ δ_rₜ" and formulas["∂L/∂b_z"] == "Σₜ δ_zₜ"
    assert formulas["∂L/∂z₁"] == "∂L/∂h₁ ⊙ (h̃₁ − h₀)"
    assert not any("const" in formula for formula in formulas.values())


def test_with_one_step_the_gradient_of_a_weight_is_the_product_itself():
    formulas = {n.title: n.formula for n in backward_graph([gru_loss(1)]).nodes}
    assert formulas["∂L/∂W_r"] == "[h₀, x₁]ᵀ δ_r₁"


def test_a_sum_passes_its_gradient_on_and_each_term_has_its_own():
    titles = [n.title for n in backward_graph([mean_loss()]).nodes]
    assert {"∂L/∂c", "∂L/∂d", "∂L/∂e"} <= set(titles)


def test_what_was_saved_is_a_tag_and_nothing_before_it_is_drawn():
    graph = backward_graph([gru_loss(2)])
    saved = {graph.titles[use[0]] for node in graph.nodes for use in node.tags}
    assert {"z₁", "z₂", "r₂", "h̃₁", "W_r", "h₁", "h₀"} <= saved
    assert all(node.tensor in graph.shown_for for node in graph.nodes)


def test_in_its_boxes_the_formulas_name_what_was_saved_so_that_it_is_hardly_wider_than_the_way_there():
    loss = gru_loss(3)
    there, back = tg.draw(loss), tg.draw(loss, backward=True)
    assert not any(node.tags for node in back.graph.nodes) and "z₃" in back.text()
    widths = [float(render(p.dot, "plain").split()[2]) for p in (there, back)]
    assert widths[1] < 1.2 * widths[0]
    assert any(node.kind == "tag" for node in tg.draw(loss, backward=True, params="tag").graph.nodes)


def test_an_edge_leads_from_each_gradient_that_stands_in_a_formula():
    edges = {(e.source.title, e.target.title) for e in backward_graph([gru_loss(2)]).edges}
    assert {("∂L/∂h₂", "∂L/∂z₂"), ("∂L/∂z₂", "δ_z₂"), ("δ_z₂", "∂L/∂h₁"), ("∂L/∂h₂", "∂L/∂h₁")} <= edges


def test_a_matrix_is_drawn_whole_in_the_colours_of_gradients():
    picture = tg.draw(gru_loss(1), backward=True)
    assert "row 0" not in picture.dot and "value −" not in picture.dot and "grad −" in picture.dot


def test_a_path_is_not_lit_in_it():
    with pytest.raises(ArgumentError, match="path 'W_r@1': it is lit in the graph of the forward pass"):
        tg.draw(gru_loss(1), backward=True, path="W_r@1")


def test_it_goes_through_the_steps_from_the_last_to_the_first():
    dot = tg.draw(gru_loss(3), backward=True).dot
    places = [dot.index(f"back through step {t}<") for t in (3, 2, 1)]
    assert places == sorted(places) and "time step" not in dot


def test_drawing_it_leaves_the_graph_and_the_gradients_alone():
    loss = mlp_loss()
    before = tg.draw(loss).dot
    tg.draw(loss, backward=True)
    assert tg.draw(loss).dot == before
    assert all(t.grad is None for t in toposort([loss]))


def test_in_a_graph_of_second_order_the_way_back_has_boxes_of_its_own():
    loss = gru_loss(2)
    x = next(t for t in toposort([loss]) if t.op is None and t.name == "x")
    (g,) = tg.grad(loss, [x], create_graph=True)
    dot = tg.draw(tg.square(g).sum().named("G")).dot
    assert all(words in dot for words in ("time step 1<", "time step 2<", "back through step 2<"))
    assert len(nodes_of(dot)) < 60


def test_without_a_single_number_there_is_no_way_back():
    with pytest.raises(ArgumentError, match="the way back begins at single numbers"):
        tg.draw(tg.Tensor([1.0, 2.0], requires_grad=True), backward=True)


def test_in_a_graph_of_second_order_what_was_saved_is_a_word_and_not_a_line_across_the_picture():
    loss = gru_loss(2)
    x = next(t for t in toposort([loss]) if t.op is None and t.name == "x")
    (g,) = tg.grad(loss, [x], create_graph=True)
    graph = graph_of([tg.square(g).sum().named("G")], Content())
    back = {n for n in graph.nodes if any(p.label == "back through step" for p in n.place)}
    assert back and not any(e.target in back and e.source.tensor.scope.role != "backward" for e in graph.edges)
    assert {"z₂", "r₁", "h̃₁"} <= {note for node in back for note in node.notes}


def test_the_gradient_of_the_state_is_one_straight_line():
    graph = graph_of([gru_loss(4)], Content(backward=True))
    line = sorted((e.source.title, e.target.title) for e in graph.edges if e.line)
    assert line == [(f"∂L/∂h{one}", f"∂L/∂h{other}") for one, other in ("₂₁", "₃₂", "₄₃")]
    assert {n.role for n in graph.nodes if n.line} == {"state"}


@pytest.mark.parametrize("level", ["gate", "op"])
def test_no_line_goes_from_step_to_step_but_those_of_the_state(level):
    graph = graph_of([gru_loss(4)], Content(level, backward=True))
    between = [e for e in graph.edges if step_around(e.source) is not step_around(e.target)]
    across = {e.target.title for e in between if step_around(e.source) and step_around(e.target)}
    assert across == {"∂L/∂h₁", "∂L/∂h₂", "∂L/∂h₃"}
    sums = {n.title: n for n in graph.nodes if [p.label for p in n.place] == ["summed over all steps"]}
    assert set(sums) == {"∂L/∂x"} | {f"∂L/∂{kind}_{gate}" for kind in "Wb" for gate in "rzh"}
    noted = {note for n in graph.nodes for note in n.notes}
    assert [n.title for n in graph.nodes[-len(sums) :]] == list(sums)  # they are complete at the end
    assert {"→ ∂L/∂W_r", "→ ∂L/∂b_h", "→ ∂L/∂x"} <= noted


def test_four_steps_of_the_way_back_have_few_crossings():
    """90 before the sums were cut; the rest is where the last step meets the sums."""
    assert crossings(tg.draw(gru_loss(4), backward=True).dot) <= 25


def test_a_sum_within_one_step_stays_where_it_is():
    graph = graph_of([gru_loss(1)], Content(backward=True))
    assert not any(p.label == "summed over all steps" for n in graph.nodes for p in n.place)


def test_what_guards_against_zero_times_infinity_below_a_choice_stays_out_of_the_formulas():
    x, W = (tg.Tensor(np.ones(shape), requires_grad=True, name=name) for name, shape in (("x", (1, 2)), ("W", (2, 2))))
    h = tg.tanh(x @ W).named("h")
    loss = tg.square(tg.maximum((h * h).named("y"), 0.5)).sum().named("L")
    formulas = {n.title: n.formula for n in backward_graph([loss]).nodes}
    assert formulas["∂L/∂h"] == "2 ∂L/∂y ⊙ h"


def test_many_steps_of_the_way_back_are_folded():
    graph = graph_of([gru_loss(40)], Content(backward=True))
    (fold,) = (n for n in graph.nodes if n.kind == "fold")
    assert "36 more" in fold.caption
    assert len(graph.nodes) < 70 and not any(n.title == "share" for n in graph.nodes)
