"""Elements of values in a native loop: numbers are arguments, and what has no form is refused."""

import pytest

import tinygrad_gru as tg
from tests.compiler.code.native.test_step import Own, body, loop_of, step_of
from tinygrad_gru import nn
from tinygrad_gru.compiler.code.native.forms import SPECIAL
from tinygrad_gru.compiler.plan import Unplannable


def test_an_operation_without_a_form_has_no_native_loop(monkeypatch):
    monkeypatch.delitem(SPECIAL, "tanh")

    with pytest.raises(Unplannable, match="tanh has no form number by number"):
        body(nn.RNNCell(2, 4))


def test_numbers_are_arguments_but_for_the_usual_ones():
    loop = loop_of(Own(lambda cell, h: 0.7 * h))

    assert loop.arguments["number_1"] == ("real0", "memory.scalar(0.7)")
    assert "half = real(0.5)" in "\n".join(loop.text())


def test_minus_nothing_is_an_argument_and_keeps_its_sign():
    loop = loop_of(Own(lambda cell, h: h * -0.0))

    assert loop.arguments["number_1"] == ("real0", "memory.scalar(-0.0)")
    assert "        t2_j = h_j * number_1" in loop.body


def test_a_number_that_is_read_twice_is_one_argument():
    loop = loop_of(Own(lambda cell, h: 0.7 * tg.sin(h * 0.7) + 0.3))

    assert [passed for kind, passed in loop.arguments.values() if kind == "real0"] == [
        "memory.scalar(0.7)", "memory.scalar(0.3)",
    ]  # fmt: skip


def test_one_argument_is_one_number():
    """A size that is told twice, and once wrongly, is noticed: all loops over it would be too long or too short."""
    step, _ = step_of(nn.RNNCell(2, 4))
    assert step.whole(4, "columns") == step.whole(4, "columns")

    with pytest.raises(AssertionError, match="is 4, and cannot be 5 too"):
        step.whole(5, "columns")
