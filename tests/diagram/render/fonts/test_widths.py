"""Widths of texts in our font, against those that Pango measures."""

import re

import pytest

from tinygrad_gru.diagram.render.fonts.widths import width_of
from tinygrad_gru.diagram.render.graphviz_process import render

WORDS = ["hₜ = (1 − zₜ)⊙hₜ₋₁ + zₜ⊙h̃ₜ", "‖∂L/∂h‖ 0.0021", "A GRU, unrolled for 3 steps", "iiii", "WWWW", "−0.42"]


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("bold", [False, True])
def test_a_text_is_as_wide_as_the_layout_measures_it_to_a_point(words, bold):
    label = f"<<B>{words}</B>>" if bold else f"<{words}>"
    svg = render(f'digraph {{ a [shape=plain fontname="DejaVu Sans Condensed" fontsize=20 label={label}] }}', "svg")
    (measured,) = re.findall(rb'textLength="([\d.]+)"', svg)
    assert width_of(words, 20, bold) == pytest.approx(float(measured), rel=0.02, abs=1.01)


def test_a_character_that_the_font_lacks_is_taken_for_a_wide_one():
    assert width_of("本", 10) == 10 and width_of("", 10) == 0
