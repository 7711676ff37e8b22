"""Formulas: those of the cells, derived from the code, and set without a script."""

import re

import pytest

from tinygrad_gru import nn
from tinygrad_gru.symbolic.api import equations_of_cell
from website.formulas import latex_of, lines_of, mathml, page, with_formulas
from website.staging import ROOT


def test_the_lines_of_a_cell_are_those_that_explain_prints():
    parts = dict(lines_of(equations_of_cell(nn.GRUCell(2, 4)).text("latex")))
    assert list(parts) == ["Given", "Forward", "Backward"]
    assert parts["Forward"][0] == (r"r = \sigma([h, x] \, W_{r} + b_{r})", "(B, H)")
    assert len(parts["Forward"]) == 4 and parts["Backward"][-1] == (
        r"\frac{\partial L}{\partial b_{h}} = \sum_{B} \delta_{\tilde{h}}", "(H)"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("equation", "latex"),
    [
        ("r = σ([h, x] W_r + b_r)", r"r = \sigma([h, x] \, W_{r} + b_{r})"),
        ("h̃ = tanh([r ⊙ h, x] W_h + b_h)", r"\tilde{h} = \tanh([r \odot h, x] \, W_{h} + b_{h})"),
        ("h′ = (1 − z) ⊙ h + z ⊙ h̃", r"h' = (1 - z) \odot h + z \odot \tilde{h}"),
        ("∂L/∂h̃ = g ⊙ z", r"\frac{\partial L}{\partial \tilde{h}} = g \odot z"),
        ("δ_h̃ = ∂L/∂h̃ ⊙ (1 − h̃²)",
         r"\delta_{\tilde{h}} = \frac{\partial L}{\partial \tilde{h}} \odot (1 - \tilde{h}^{2})"),
        ("∂L/∂r = (δ_h̃ W_h[:H]ᵀ) ⊙ h",
         r"\frac{\partial L}{\partial r} = (\delta_{\tilde{h}} \, W_{h}[{:}H]^{\top}) \odot h"),
    ],
)  # fmt: skip
def test_an_equation_becomes_the_latex_that_explain_writes(equation, latex):
    assert latex_of(equation) == latex


def test_an_equation_with_a_strange_sign_fails_the_build():
    with pytest.raises(ValueError, match="y = x ⊗ x: no LaTeX for ⊗. try: SIGNS in website/formulas.py"):
        latex_of("y = x ⊗ x")


def test_every_equation_of_the_handout_is_known():
    page = (ROOT / "docs" / "handout.md").read_text(encoding="utf-8")
    equations = re.findall(r"^\| `([^`]* = [^`]*)` \|", page, flags=re.M)
    assert len(equations) == 12 and all(latex_of(equation).isascii() for equation in equations)


@pytest.mark.browser
def test_the_equations_of_a_page_are_set_and_its_other_code_is_not():
    text = with_formulas("| `r = σ(a)` | `W[:H]` |")
    assert text.startswith("| <math ") and text.endswith(" | `W[:H]` |") and "σ" not in text.replace("&#x003C3;", "")


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
