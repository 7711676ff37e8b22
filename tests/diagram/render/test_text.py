"""The outline as text and as a page: the same as the picture says, and no name becomes markup or a command."""

import re

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss, mlp_loss
from tests.diagram.test_hostile_names import HOSTILE


def hostile_loss():
    y = tg.Tensor([[1.0, 2.0]], requires_grad=True, name=HOSTILE[0])
    for n, name in enumerate(HOSTILE):
        W = tg.Tensor(np.ones((2, 2)), requires_grad=True, name=name)
        with tg.scope(name, n, role=name), tg.scope(name):
            y = tg.tanh(y @ W).named(name)
    return (y * y).sum().named("L")


def test_a_small_graph_is_printed_line_by_line():
    x = tg.Tensor([[1.0, -0.5]], requires_grad=True, name="x")
    with tg.scope("step", 1):
        h = tg.tanh(x * 2.0).named("h")
    text = tg.draw(h.sum().named("L"), title="tiny").text()
    assert text == (
        "tiny\n\n"
        "x    1×2  = [  1.00  −0.50]  ‖g‖ 0.852\n"
        "time step 1\n"
        "  ⊙ 2  1×2  = 2 x  = [  2.00  −1.00]  ‖g‖ 0.426\n"
        "  h₁   1×2  = tanh(2 x)  = [  0.96  −0.76]  ‖g‖ 1.41\n"
        "L    = Σ h₁  = 0.2024  grad 1\n"
    )


def test_at_level_cell_a_step_is_a_line_with_a_bar_for_its_gradient():
    lines = [line for line in tg.draw(gru_loss(12), level="cell").text().splitlines() if line.startswith("step ")]
    bars = [line.count("█") for line in lines]
    assert len(lines) == 12 and bars == sorted(bars) and bars[-1] == 12


def test_at_level_op_an_operation_says_what_it_is_made_of():
    lines = tg.draw(mlp_loss(), level="op").text().splitlines()
    assert any(line.startswith("@ ") and "@ of x, W1 3×4" in line for line in lines)


def test_long_rows_and_batches_are_summarised():
    y = (tg.Tensor(np.ones((3, 9)), name="x", requires_grad=True) * 1.0).named("y")
    assert "+ 5 more, row 0 of 3]" in tg.draw(y).text()


def test_values_and_gradients_can_be_left_out():
    text = tg.draw(gru_loss(1), values=False, grads=False).text()
    assert "‖g‖" not in text and "[ " not in text


@pytest.mark.parametrize("level", ["cell", "gate", "op"])
def test_no_name_reaches_the_terminal_as_a_command_or_breaks_a_line(level):
    text = tg.draw(hostile_loss(), level=level, fold="none").text()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\ud800-\udfff]", text)
    text.encode()
