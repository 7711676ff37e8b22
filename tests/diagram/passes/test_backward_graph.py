"""The graph of the way back: its gradients are those of the engine, and the way there stays out of it."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss, mlp_loss, nodes_of
from tests.diagram.render.test_crossings import crossings
from tinygrad_gru.core.backward import toposort
from tinygrad_gru.diagram.model import outline, step_around
from tinygrad_gru.diagram.passes.backward_graph import backward_graph
from tinygrad_gru.diagram.passes.pipeline import Content, prepare
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.symbolic.short import is_guard


def test_it_ends_in_the_gradients_of_the_leaves():
    loss = gru_loss(2)
    back = backward_graph([loss])
    leaves = [t for t in toposort([loss]) if t.op is None]
    want = dict(zip((t.name for t in leaves), tg.grad(loss, leaves), strict=True))
    got = {back.nicknames[g].removeprefix("∂L/∂"): g.data for g in back.roots}
    assert set(got) == set(want)
    for name, g in want.items():
        np.testing.assert_allclose(got[name], g, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("level", ["gate", "op"])
def test_tensors_of_the_way_there_are_tags_and_nothing_before_them_is_drawn(level):
    back = backward_graph([gru_loss(2)])
    made = outline(back.roots, level, back.given, back.nicknames)
    assert not any(node.tensor in back.given for node in made.nodes)
    used = {made.titles[use[0]] for node in made.nodes for use in node.tags}
    assert {"z₁", "z₂", "r₂", "h̃₁", "W_r", "h₁"} <= used and "(1 − z₂)" in used


def test_gradients_are_called_after_what_they_are_the_gradient_of():
    titles = [n.title for n in outline(*_arguments(gru_loss(2))).nodes]
    assert {"∂L/∂h₂", "∂L/∂h₁", "∂L/∂z₂", "∂L/∂W_r", "∂L/∂x"} <= set(titles)
    assert "backward" not in titles


def _arguments(loss):
    back = backward_graph([loss])
    return back.roots, "gate", back.given, back.nicknames, back.roles


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
    made = prepare([tg.square(g).sum().named("G")], Content()).outline
    back = {n for n in made.nodes if any(p.label == "back through step" for p in n.place)}
    assert back and not any(e.target in back and e.source.tensor.scope.role != "backward" for e in made.edges)
    assert {"z₂", "r₁", "h̃₁"} <= {note for node in back for note in node.notes}


def test_at_level_gate_each_gradient_of_a_name_is_a_box_with_what_is_derived_on_paper():
    formulas = {n.title: n.formula for n in outline(*_arguments(gru_loss(3))).nodes}
    assert formulas["∂L/∂h̃₃"] == "∂L/∂h₃⊙z₃"
    assert formulas["∂L/∂z₃"] == "∂L/∂h₃⊙h̃₃ − (∂L/∂h₃⊙h₂)"
    assert "share" not in formulas


def test_the_gradient_of_the_state_is_one_straight_line():
    made = prepare([gru_loss(4)], Content(backward=True)).outline
    line = sorted((e.source.title, e.target.title) for e in made.edges if e.line)
    assert line == [(f"∂L/∂h{one}", f"∂L/∂h{other}") for one, other in ("₂₁", "₃₂", "₄₃")]
    assert {n.role for n in made.nodes if n.line} == {"state"}


@pytest.mark.parametrize("level", ["gate", "op"])
def test_no_line_goes_from_step_to_step_but_those_of_the_state(level):
    made = prepare([gru_loss(4)], Content(level, backward=True)).outline
    between = [e for e in made.edges if step_around(e.source) is not step_around(e.target)]
    across = {e.source.title for e in between if step_around(e.source) and step_around(e.target)}
    assert across <= {"∂L/∂h₁", "∂L/∂h₂", "∂L/∂h₃"}
    sums = {n.title: n for n in made.nodes if [p.label for p in n.place] == ["summed over all steps"]}
    assert set(sums) == {"∂L/∂x"} | {f"∂L/∂{kind}_{gate}" for kind in "Wb" for gate in "rzh"}
    noted = {note for n in made.nodes for note in n.notes}
    assert [n.title for n in made.nodes[-len(sums) :]] == list(sums)  # they are complete at the end
    assert {"→ ∂L/∂W_r", "→ ∂L/∂b_h", "→ ∂L/∂x"} <= noted


def test_four_steps_of_the_way_back_have_few_crossings():
    """90 before the sums were cut; the rest is where the last step meets the sums."""
    assert crossings(tg.draw(gru_loss(4), backward=True).dot) <= 25


def test_a_sum_within_one_step_stays_where_it_is():
    made = prepare([gru_loss(1)], Content(backward=True)).outline
    assert not any(p.label == "summed over all steps" for n in made.nodes for p in n.place)


def test_what_guards_against_zero_times_infinity_below_a_choice_stays_out_of_the_formulas():
    x, W = (tg.Tensor(np.ones(shape), requires_grad=True, name=name) for name, shape in (("x", (1, 2)), ("W", (2, 2))))
    h = tg.tanh(x @ W).named("h")
    loss = tg.square(tg.maximum((h * h).named("y"), 0.5)).sum().named("L")
    made = outline(*_arguments(loss))
    formulas = {n.title: n.formula for n in made.nodes}
    assert any(is_guard(t) for t in made.casting.tensors)
    assert formulas["∂L/∂h"] == "∂L/∂y⊙h + ∂L/∂y⊙h"


def test_many_steps_of_the_way_back_are_folded():
    made = prepare([gru_loss(40)], Content(backward=True)).outline
    (fold,) = (n for n in made.nodes if n.kind == "fold")
    assert "36 more" in fold.caption
    assert len(made.nodes) < 70 and not any(n.title == "share" for n in made.nodes)
