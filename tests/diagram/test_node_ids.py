"""Identifiers: readable, deterministic, free."""

import tinygrad_gru as tg
from tinygrad_gru.diagram.node_ids import Identifiers, slug


def test_a_slug_has_letters_digits_and_underscores_alone():
    assert slug("∂L/∂W_r") == "L_W_r" and slug("h̃") == "h" and slug("权") == "" and len(slug("a" * 99)) == 40


def test_a_name_stands_behind_its_steps():
    with tg.scope("step", 2), tg.scope("reset gate"):
        t = (tg.Tensor([1.0], requires_grad=True) * 2).named("r")
    identify = Identifiers()
    assert identify(t, "") == "step2_r" and identify(t, "multiply") == "step2_reset_gate_multiply"


def test_a_name_that_is_no_ascii_is_replaced_by_its_scope():
    with tg.scope("candidate"):
        t = (tg.Tensor([1.0], requires_grad=True) * 2).named("h̃")
    assert Identifiers()(t, "") == "candidate"


def test_a_name_that_is_taken_gets_the_next_number():
    identify = Identifiers(taken=["x", "x_2"])
    assert [identify.free("x"), identify.free("x"), identify.free("y")] == ["x_3", "x_4", "y"]
