"""Labels: escaped text, numbers with a real minus, and strips of at most eight cells."""

import re

import numpy as np
import pytest

from tinygrad_gru.diagram.render.html_labels import Labels, row_of, shape, text, value
from tinygrad_gru.diagram.render.theme import LIGHT


def test_text_is_escaped_cut_and_never_blank():
    assert text("<b> & c") == "&lt;b&gt; &amp; c"
    assert text("abcdef", 4) == "ab…f" and text(" ") == "␣"
    assert text("a\x00b\u202e") == "a\ufffdb\ufffd"


def test_an_accent_on_nothing_gets_a_circle():
    assert text("\u0303x") == "◌\u0303x"


def test_a_number_has_four_digits_and_a_minus():
    assert [value(np.array(v)) for v in (-1.23456, 0.5, np.nan, -np.inf)] == ["−1.235", "0.5", "NaN", "−∞"]


def test_of_a_batch_the_first_row_is_shown():
    assert row_of(np.array([[[1.0, 2.0]], [[3.0, 4.0]]])).tolist() == [1.0, 2.0]
    assert row_of(np.array(5.0)).tolist() == [5.0] and shape(np.zeros((2, 3))) == "2×3"


def test_a_strip_has_a_cell_for_each_number_up_to_eight():
    write, scale = Labels(), LIGHT.value_scale(1.0)
    assert write.strip(np.array([1.0, -1.0]), scale).count("BGCOLOR") == 2
    assert write.strip(np.arange(10.0), scale).count("BGCOLOR") == 8 and "+ 2 more" in write.strip(
        np.arange(10.0), scale
    )
    assert "empty" in write.strip(np.zeros((0,)), scale)


@pytest.mark.parametrize(
    ("shape", "cells"),  # in each row of what is drawn
    [
        ((4,), [4]),
        ((1, 4), [4]),
        ((1, 1, 4), [4]),
        ((4, 1), [1, 1, 1, 1]),
        ((1, 4, 1), [1, 1, 1, 1]),
        ((2, 2), [2, 2]),
        ((2, 1, 2), [2, 2]),
        ((4, 2), [2, 2, 2, 2]),
        ((1, 6), [6]),
        ((6, 1), [1] * 6),
    ],
)
def test_a_row_looks_like_a_row_and_a_column_like_a_column(shape, cells):
    drawn = Labels().strip(np.arange(float(np.prod(shape))).reshape(shape), LIGHT.value_scale(1.0))
    rows = re.findall(r"<TR>(.*?)</TR>", drawn[drawn.index("FIXEDSIZE") :])
    assert [row.count("<TD FIXEDSIZE") for row in rows] == cells


def test_what_follows_an_underscore_is_smaller_unless_it_would_be_too_small():
    assert Labels().words("W_r", 10) == 'W<FONT POINT-SIZE="7">r</FONT>'
    large = '<FONT POINT-SIZE="12">W</FONT><FONT POINT-SIZE="10">r</FONT>'
    assert Labels(smallest=10).words("W_r", 10) == large  # the letter itself is larger then


def test_a_long_formula_is_broken_at_its_blanks():
    box = Labels().box("h", "", "aaaaaaaaaaaaaaaaaaaa + bbbbbbbbbbbbbbbbbbbb", LIGHT.blank, [], [])
    assert box.count("COLSPAN") == 3


def test_a_name_with_an_accent_has_room_above_it_within_a_narrow_frame():
    slim = Labels().slim("h\u0303₁", "", LIGHT.colours_of("state"))
    assert '<TD CELLPADDING="4">' in slim
    assert '<TD CELLPADDING="4">' not in Labels().slim("h₁", "", LIGHT.colours_of("state"))
