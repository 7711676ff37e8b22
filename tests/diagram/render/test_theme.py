"""Colours: scales that show the sign, heat on a log scale, and words that everybody can read."""

import itertools

import numpy as np
import pytest

from tinygrad_gru.diagram.render.theme import DARK, LIGHT, mixed, theme_of
from tinygrad_gru.errors import ArgumentError


def test_scales_show_the_sign_and_zero_is_the_colour_of_the_paper():
    for theme in (LIGHT, DARK):
        for scale in (theme.value_scale(2.0), theme.gradient_scale(2.0), theme.gate_scale()):
            assert scale.colour(0.0) == theme.background
    assert LIGHT.value_scale(2.0).colour(2.0) == "#2166AC" and LIGHT.value_scale(2.0).colour(-9.0) == "#C2591A"
    assert LIGHT.value_scale(0.0).colour(1.0) == "#FFFFFF"  # all zeros: nothing to compare with
    assert LIGHT.value_scale(0.123456).largest == pytest.approx(0.13)
    assert LIGHT.value_scale(np.inf).largest == 0.0


def test_heat_is_a_log_scale_of_three_decades():
    heat = LIGHT.heat(2.0)
    assert [round(heat.share(size), 6) for size in (2.0, 0.2, 0.02, 0.002, 1e-9, 0.0)] == [
        1.0,
        pytest.approx(2 / 3, abs=1e-5),
        pytest.approx(1 / 3, abs=1e-5),
        0.0,
        0.0,
        0.0,
    ]
    assert heat.share(np.inf) == 1.0 and heat.share(np.nan) == 0.0
    widths = [heat.width(size) for size in (0.002, 0.02, 0.2, 2.0)]
    assert widths == sorted(set(widths))


# --- colours that everybody can read and tell apart ------------------------------------------------------------------

ROLES = ("reset", "update", "candidate", "state", "output", "input", "loss")
# As eyes without the long and the medium cones see it (Machado, Oliveira and Fernandes 2009).
PROTANOPE = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTERANOPE = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]


def linear(colour):
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(light):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x = xyz @ np.clip(light, 0, 1) / np.array([0.9505, 1, 1.089])
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
def test_words_can_be_read_on_what_they_stand_on(theme):
    assert contrast(theme.text, theme.box_fill) >= 4.5
    for colours in (*theme.roles.values(), theme.blank, theme.named, theme.parameter):
        assert contrast(colours.ink, theme.background) >= 4.5
        assert contrast(theme.text, colours.fill) >= 4.5 and contrast(theme.soft, colours.fill) >= 4.5
    assert contrast(theme.parameter.ink, theme.parameter.fill) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
@pytest.mark.parametrize("eyes", [np.eye(3), PROTANOPE, DEUTERANOPE], ids=["normal", "protanope", "deuteranope"])
def test_the_gates_can_be_told_apart_by_all_eyes(theme, eyes):
    seen = [lab(np.array(eyes) @ linear(theme.colours_of(role).ink)) for role in ROLES[:4]]
    assert min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)) >= 19


def test_half_of_white_in_black_is_grey():
    assert mixed("#000000", "#FFFFFF", 0.5) == "#808080" and mixed("#102030", "#FFFFFF", 0.0) == "#102030"


def test_a_theme_that_does_not_exist_is_refused():
    with pytest.raises(ArgumentError, match="no theme 'blue', wanted light or dark. try: theme='dark'"):
        theme_of("blue")
