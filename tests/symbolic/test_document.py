"""Equations written out as text, LaTeX and Markdown."""

import re

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.symbolic.test_api import CELLS, lines_of
from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.symbolic.api import equations_of_cell
from tinygrad_gru.symbolic.document import columns, shown

COMMANDS = set(
    r"\odot \, \tanh \sigma \tilde \delta \frac \partial \top \sum \mathrm \section \subsection \begin \end "
    r"\sqrt \noindent \allowdisplaybreaks \quad \infty \cdot \_ \text "
    r"\documentclass \usepackage \\ \; \exp \max \min \hat \gamma \phi".split()
)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: repr(cell).split(chr(10))[0])
@pytest.mark.parametrize("numbers", [False, True])
def test_latex_is_balanced_and_knows_its_commands(cell, numbers):
    text = equations_of_cell(cell, 1 if numbers else 3).text("latex", numbers)
    assert set(re.findall(r"\\(?:[a-zA-Z]+|[^a-zA-Z])", text)) <= COMMANDS
    depth = 0
    for sign in re.findall(r"[{}]", text):
        depth += 1 if sign == "{" else -1
        assert depth >= 0
    assert depth == 0 and text.isascii()
    assert text.count(r"\begin{") == text.count(r"\end{") and text.startswith(r"\documentclass")


def test_markdown_has_a_formula_and_a_shape_for_each_line():
    found = equations_of_cell(nn.GRUCell(2, 4))
    text = found.text("markdown")
    assert text.count("$$ ") == text.count(" $$") == len(lines_of(found))
    assert "$$ \\frac{\\partial L}{\\partial z} = \\frac{\\partial L}{\\partial h'} \\odot (\\tilde{h} - h) $$" in text
    assert "`∂L/∂W_r` (H+I, H)" in text and found._repr_markdown_() == text


def test_a_form_that_does_not_exist_is_refused():
    with pytest.raises(ArgumentError, match="got the format 'tex', wanted unicode, latex, markdown"):
        tg.equations(tg.Tensor([1.0], requires_grad=True) * 2).text("tex")


def test_numbers_stand_in_a_line_with_four_digits():
    assert shown(np.array([0.12, -0.5])) == "[0.12  −0.5]" and shown(np.array([[1.0, 2.0]])) == "[1  2]"
    assert shown(np.arange(65.0)) == "65 numbers between 0 and 64" and shown(np.array(1e-5)) == "1.000e−5"


def test_an_accent_takes_no_column_and_a_chinese_letter_two():
    assert columns("h̃") == 1 and columns("权") == 2 and columns("W_r") == 3


def test_numbers_that_are_none_and_very_small_ones_are_written():
    x = tg.Tensor([np.nan, np.inf, -np.inf, 1.5e-7, -0.0], requires_grad=True, name="x")
    found = tg.equations((x * 2).named("y"))
    assert "[NaN  ∞  −∞  1.500e−7  0]" in found.text(numbers=True)
    assert r"\infty" in found.text("latex", numbers=True) and r"1.500 \cdot 10^{-7}" in found.text(
        "latex", numbers=True
    )
