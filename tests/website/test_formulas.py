"""Formulas: those of the cells, derived from the code, and set without a script."""

import pytest

from tinygrad_gru import nn
from tinygrad_gru.symbolic.api import equations_of_cell
from website.formulas import lines_of, mathml, page


def test_the_lines_of_a_cell_are_those_that_explain_prints():
    parts = dict(lines_of(equations_of_cell(nn.GRUCell(2, 4)).text("latex")))
    assert list(parts) == ["Given", "Forward", "Backward"]
    assert parts["Forward"][0] == (r"r = \sigma([h, x] \, W_{r} + b_{r})", "(B, H)")
    assert len(parts["Forward"]) == 4 and parts["Backward"][-1] == (
        r"\frac{\partial L}{\partial b_{h}} = \sum_{B} \delta_{\tilde{h}}", "(H,)"
    )  # fmt: skip


@pytest.mark.browser  # its group has latex2mathml
def test_a_formula_becomes_mathml_with_the_dash_beside_its_letter():
    text = mathml(r"\frac{\partial L}{\partial h'}")
    assert text.startswith('<math displaystyle="true"') and "<mfrac>" in text
    assert "<mi>ℎ′</mi>" in text and "msup" not in text


@pytest.mark.browser
def test_the_page_has_all_cells_and_no_latex_is_left():
    text = page()
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## RNN", "## GRU", "## GRU, reset after", "## LSTM",
    ]  # fmt: skip
    assert text.count("<math ") > 80 and "\\" not in text
