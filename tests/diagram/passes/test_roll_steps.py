"""The rolled view: one step for all of them, and an arrow back."""

import re

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tinygrad_gru.diagram import draw_layer
from tinygrad_gru.errors import ArgumentError


def rolled(cell, steps=30, level="gate", **options):
    tg.seed(0)
    x = np.ones((steps, 1, 2), np.float32)
    return draw_layer(getattr(tg.nn, cell)(2, 4, **options), x, level=level, rolled=True)


def titles(picture):
    return [node.title for node in picture.graph.nodes]


def loops(picture):
    return [(e.source.title, e.target.title, e.loop) for e in picture.graph.edges if e.loop]


def test_a_gru_is_one_step_with_a_loop_of_thirty():
    picture = rolled("GRU")
    assert titles(picture) == ["h₀", "hₜ₋₁", "xₜ", "rₜ", "zₜ", "r ⊙", "h̃ₜ", "(1 − z) ⊙", "z ⊙", "+", "hₜ", "L"]
    assert loops(picture) == [("hₜ", "hₜ₋₁", 30)]
    formulas = {node.title: node.formula for node in picture.graph.nodes}
    assert formulas["rₜ"] == "σ([hₜ₋₁, xₜ] W_r + b_r)" and formulas["hₜ"] == "(1 − zₜ)⊙hₜ₋₁ + zₜ⊙h̃ₜ"
    assert "step t  × 30" in picture.dot and 'label="× 30"' in picture.dot


def test_it_has_the_lines_of_a_step_each_once_and_the_first_state_comes_in_where_the_last_one_does():
    steps, one = rolled("GRU", 5).graph.edges, rolled("GRU", 2).graph.edges
    assert [(e.source.title, e.target.title) for e in steps] == [(e.source.title, e.target.title) for e in one]
    assert len({(e.source, e.target, e.operand) for e in steps}) == len(steps)
    assert [(e.source.title, e.target.title) for e in steps if e.source.title == "h₀"] == [("h₀", "hₜ₋₁")]


def test_an_lstm_has_two_states_and_one_arrow_and_a_word():
    picture = rolled("LSTM")
    assert loops(picture) == [("cₜ", "cₜ₋₁", 30)]
    assert next(n for n in picture.graph.nodes if n.title == "hₜ").notes == ("× 30: back to hₜ₋₁",)
    assert "[hₜ₋₁, xₜ]" in titles(picture)


def test_at_level_cell_it_is_one_box_that_feeds_itself():
    picture = rolled("GRU", level="cell")
    assert titles(picture) == ["h₀", "xₜ", "step t  × 30", "L"]
    assert loops(picture) == [("step t  × 30", "step t  × 30", 30)]


@pytest.mark.parametrize("level", ["cell", "gate", "op"])
@pytest.mark.parametrize(
    "options", [{"num_layers": 2}, {"bidirectional": True}, {"num_layers": 2, "bidirectional": True}]
)
def test_each_layer_and_direction_is_rolled_up_by_itself(level, options):
    picture = rolled("GRU", 6, level, **options)
    count = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    assert [loop for *_, loop in loops(picture)] == [6] * count
    assert all(e.source in picture.graph.nodes and e.target in picture.graph.nodes for e in picture.graph.edges)
    assert picture.svg()


@pytest.mark.parametrize(("cell", "candidate"), [("GRU", "tanh([rₜ⊙hₜ₋₁, xₜ] W_h + b_h)"), ("LSTM", None)])
def test_formulas_of_layers_and_directions_speak_of_step_t_alone(cell, candidate):
    picture = rolled(cell, 12, num_layers=2, bidirectional=True)
    nodes = [n for n in picture.graph.nodes if any("step t" in place.label for place in n.place)]
    assert len(nodes) > 30 and not [n.formula for n in nodes if re.search("(?<!ₜ₋)[₀₁₂₃₄₅₆₇₈₉]", n.formula)]
    inside = {n.title: n.formula for n in nodes}
    assert inside["xₜ (2 forward)"] == inside["xₜ (2 backward)"] == "[hₜ (1 forward), hₜ (1 backward)]"
    assert candidate is None or inside["h̃ₜ (2 backward)"] == candidate


def test_what_every_step_reads_of_one_step_elsewhere_keeps_its_number():
    W = tg.Tensor(np.eye(2), requires_grad=True, name="W")
    states = {}
    for part in ("encoder", "decoder"):
        h = tg.Tensor([[1.0, 2.0]], requires_grad=True, name=f"h_{part}")
        with tg.scope(part):
            for t in (1, 2, 3):
                with tg.scope("step", t):
                    h = tg.tanh((h + states.get("encoder", 0.0)) @ W).named(f"h_{part}")
        states[part] = h
    nodes = tg.draw(h.sum().named("L"), rolled=True).graph.nodes
    (formula,) = (node.formula for node in nodes if node.title == "h_decoderₜ")
    assert formula == "tanh((h_decoderₜ₋₁ + h_encoder₃) W)"


def test_no_number_of_one_step_is_shown_for_all():
    dot = rolled("GRU").dot
    assert ">value<" not in dot and ">grad<" not in dot and "FIXEDSIZE" not in dot


def test_steps_with_weights_of_their_own_are_not_rolled_up():
    h = tg.Tensor([[1.0, 2.0]], requires_grad=True, name="h")
    for t in (1, 2, 3):
        with tg.scope("step", t):
            h = tg.tanh(h @ tg.Tensor(np.eye(2), requires_grad=True, name="W")).named("h")
    picture = tg.draw(h.sum().named("L"), rolled=True)
    assert picture.remarks == ["there are no two equal steps to roll up: drawn as it is"]
    assert sum(node.title.startswith("h") for node in picture.graph.nodes) == 4
    assert tg.draw(gru_loss(1), rolled=True).remarks == picture.remarks


@pytest.mark.parametrize("asked", [{"steps": "1-2"}, {"path": "W_r@1"}, {"backward": True}])
def test_what_asks_for_single_steps_does_not_go_with_it(asked):
    (name,) = asked
    with pytest.raises(ArgumentError, match=re.escape(f"one step stands for all. try: rolled=True without {name}")):
        tg.draw(gru_loss(3), rolled=True, **asked)
