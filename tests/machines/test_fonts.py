"""The tests see the fonts that Matplotlib brings, whatever the machine has; a picture can be drawn with any."""

import pytest
from fontTools.ttLib import TTFont  # Matplotlib brings it

import tinygrad_gru as tg
from tests.machines.fonts import FONTS
from tinygrad_gru.diagram.render.graphviz_process import NoFonts, render

FILES = {"DejaVu Sans": "DejaVuSans.ttf", "DejaVu Sans Mono": "DejaVuSansMono.ttf", "STIXGeneral": "STIXGeneral.ttf"}
WORDS = ("iiiiiiiiiiii", "WWWWWWWWWWWW", "sigmoid of a reset gate")


def laid_out(words):
    """The width of a text in points of 1/72 inch, as Graphviz measures it at 14 points."""
    dot = f'digraph {{ a [shape=plain fontsize=14 fontname="Helvetica,Arial,sans-serif" label="{words}"] }}'
    return 72 * float(render(dot, "plain").decode().splitlines()[1].split()[4])


def from_the_file(file, words):
    """The same, adding up the advances of its letters that stand in the font's file."""
    with TTFont(FONTS / file) as font:
        advances, glyphs = font["hmtx"], font.getBestCmap()
        return sum(advances[glyphs[ord(letter)]][0] for letter in words) * 14 / font["head"].unitsPerEm


@pytest.mark.parametrize("words", WORDS)
def test_the_tests_measure_text_in_the_same_font_on_every_machine(words):
    assert laid_out(words) == pytest.approx(from_the_file("DejaVuSans.ttf", words), rel=0.05)


@pytest.mark.parametrize("family", FILES)
def test_a_test_can_choose_another_family(family, fonts):
    fonts(family)
    assert laid_out(WORDS[2]) == pytest.approx(from_the_file(FILES[family], WORDS[2]), rel=0.05)


def test_the_three_families_differ_by_more_than_the_tolerance():
    widths = sorted(from_the_file(file, WORDS[2]) for file in FILES.values())
    assert widths[1] > 1.1 * widths[0] and widths[2] > 1.1 * widths[1]


def test_without_fonts_a_png_is_refused_and_an_svg_is_drawn(fonts):
    fonts(None)
    with pytest.raises(NoFonts, match="this machine has no fonts, so a png would show no text"):
        render("digraph { a }", "png")
    assert b"<svg" in render("digraph { a }", "svg")


@pytest.mark.parametrize("family", FILES)
def test_any_font_is_a_font_also_one_whose_letters_are_all_as_wide(family, fonts, tmp_path):
    fonts(family)
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    assert tg.draw((x * x).sum()).save(tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
