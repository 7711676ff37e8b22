"""Each text of an SVG says how wide it was measured to be."""

import re

import numpy as np
import pytest
from fontTools.ttLib import TTFont

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tests.diagram.test_hostile_names import HOSTILE
from tinygrad_gru.diagram.render.fonts import FOLDER
from tinygrad_gru.diagram.render.fonts.text_length import with_text_lengths
from tinygrad_gru.diagram.render.graphviz_process import render

SVG = '<svg><text text-anchor="start" x="1.5" y="-20" font-size="9.00">h</text>{}</svg>\n'
XDOT = 'digraph { a [_ldraw_="F 9 5 -Times c 7 -#000000 T 1.5 20 -1 6.25 1 -h "]; }\n'
WIDE = ' textLength="6.25" lengthAdjust="spacingAndGlyphs">h</text>'


def texts_of(svg):
    """The words of each text, with its attributes."""
    return [(words, text) for text, words in re.findall(r"<text ([^>]*)>([^<]*)</text>", svg.decode()) if words.strip()]


def test_a_text_is_found_by_where_it_stands():
    assert with_text_lengths((SVG.format("") + XDOT).encode()).decode() == SVG.format("").replace(">h</text>", WIDE)


def test_a_long_line_of_xdot_is_broken_anywhere():
    broken = XDOT.replace("20 -1 6.25", "2\\\n0 -1 6.\\\n25")
    assert WIDE in with_text_lengths((SVG.format("") + broken).encode()).decode()


def test_blanks_and_what_xdot_does_not_know_stay_as_they_are():
    others = '<text x="1.5" y="-20" font-size="9.00"> </text><text x="3" y="-20" font-size="9.00">z</text>'
    assert others in with_text_lengths((SVG.format(others) + XDOT).encode()).decode()


@pytest.mark.parametrize("level", ["op", "gate", "cell"])
def test_every_text_of_a_picture_has_its_width(level):
    texts = texts_of(tg.draw(gru_loss(), level=level, title="A GRU").svg().encode())
    assert len(texts) > 10 and all("textLength=" in attributes for _, attributes in texts)


@pytest.mark.parametrize("level", ["op", "gate"])
def test_whatever_a_tensor_or_a_box_is_called(level):
    y = tg.Tensor([[1.0, 2.0]], requires_grad=True, name="x")
    for n, name in enumerate([*HOSTILE, "T 1 2 0 3 4 -", "\\", "a\\\\b\\"]):
        W = tg.Tensor(np.ones((2, 2)), requires_grad=True, name=name)
        with tg.scope(name, n, role=name), tg.scope(name):
            y = tg.tanh(y @ W).named(name)
    texts = texts_of(tg.draw(y.sum().named("L"), level=level, fold="none").svg().encode())
    assert len(texts) > 100 and [words for words, attributes in texts if "textLength=" not in attributes] == []


@pytest.mark.parametrize(("bold", "file"), [(False, "DejaVuSansCondensed.ttf"), (True, "DejaVuSansCondensed-Bold.ttf")])
@pytest.mark.parametrize("words", ["iiiiiiiiiiii", "WWWWWWWWWWWW", "sigmoid of a reset gate", "h̃₁ = σ(x W) ⊙ ∂L"])
def test_the_width_is_that_of_our_font(words, bold, file):
    """The advances that stand in the font's file, each rounded to Pango's pixels of 0.75 points; kerning aside."""
    label = f"<<B>{words}</B>>" if bold else f'"{words}"'
    svg = render(f'digraph {{ a [shape=plain fontsize=40 fontname="Helvetica,Arial" label={label}] }}', "svg")
    ((_, attributes),) = texts_of(svg)
    font = TTFont(FOLDER / file)
    advances, glyphs = font["hmtx"], font.getBestCmap()
    pixels = 40 / 0.75 / font["head"].unitsPerEm  # of a unit of the font
    width = 0.75 * sum(round(advances[glyphs[ord(c)]][0] * pixels) for c in words if c != "\u0303")
    assert float(re.search(r'textLength="([\d.]+)"', attributes)[1]) == pytest.approx(width, rel=0.02)
