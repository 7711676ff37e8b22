"""Nodes: their labels, tooltips and colours."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tinygrad_gru.diagram.render.look import Look
from tinygrad_gru.diagram.render.nodes import Nodes, is_gate
from tinygrad_gru.diagram.render.theme import DARK, LIGHT


def nodes_of(level="gate", **options):
    picture = tg.draw(gru_loss(1), level, **options)
    return Nodes(picture.graph, picture.numbers, Look()), {node.key: node for node in picture.graph.nodes}


def test_a_gate_is_what_a_sigmoid_gives():
    x = tg.Tensor([1.0], requires_grad=True)
    assert is_gate(tg.sigmoid(x)) and not is_gate(tg.tanh(x)) and not is_gate(x)


def test_a_tooltip_says_name_role_shape_formula_and_gradient():
    nodes, by_key = nodes_of()
    assert nodes.tooltip(by_key["step1_r"]) == (
        "r₁: reset gate, shape (1, 4) = σ([h₀, x₁] W_r + b_r); norm of its gradient 0"
    )


def test_a_small_product_has_the_colour_of_its_factor():
    nodes, by_key = nodes_of()
    assert nodes.colours(by_key["step1_new_state_multiply"]).ink == LIGHT.colours_of("update").ink
    assert nodes.colours(by_key["step1_r"]) == LIGHT.colours_of("reset")


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
def test_at_level_op_a_named_tensor_is_filled_and_an_operation_is_not_as_the_legend_says(theme):
    a = tg.Tensor(2.0, requires_grad=True, name="a")
    picture = tg.draw(tg.tanh((a * 3.0).named("b") + 1.0).sum().named("L"), "op")
    nodes = Nodes(picture.graph, picture.numbers, Look(theme=theme))
    filled = {n.title: nodes.colours(n).fill != theme.background for n in picture.graph.nodes}
    assert filled == {"a": True, "b": True, "+ 1": False, "tanh": False, "L": True}


def test_what_is_off_the_path_is_faint_and_has_no_numbers():
    nodes, by_key = nodes_of(path="W_r@1")
    z = by_key["step1_z"]
    assert nodes.colours(z) == LIGHT.faint and 'BGCOLOR="#FFFFFF"' not in nodes.attributes(z)["label"]


@pytest.mark.parametrize("level", ["cell", "gate", "op"])
def test_nodes_on_a_state_line_are_grouped(level):
    nodes, by_key = nodes_of(level)
    assert {nodes.attributes(n)["group"] for n in by_key.values() if n.line} == {"line_h"}


def test_a_gradient_that_was_not_computed_is_not_a_zero():
    nodes, _ = nodes_of(grads=False)
    assert nodes.norm(tg.Tensor(np.ones(2))) == "not computed"
