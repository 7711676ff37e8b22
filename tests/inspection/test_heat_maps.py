"""Heat maps for a notebook: a PNG that other programs read, with the colours of the scales."""

import base64
import io
import re

import numpy as np
from matplotlib.image import imread

from tinygrad_gru import nn
from tinygrad_gru.diagram.render.theme import LIGHT
from tinygrad_gru.inspection import look_inside
from tinygrad_gru.inspection.heat_maps import figure, png


def rgb(colour):
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def pictures(html):
    """Their pixels as another program reads them."""
    data = re.findall(r'base64,([^"]+)"', html)
    return [np.round(imread(io.BytesIO(base64.b64decode(each)), "png")[..., :3] * 255).astype(int) for each in data]


def test_a_png_has_the_pixels_that_were_written():
    pixels = np.arange(2 * 3 * 3).reshape(2, 3, 3) * 10
    read = imread(io.BytesIO(png(pixels)), "png")
    np.testing.assert_array_equal(np.round(read[..., :3] * 255), pixels)


def test_gates_are_grey_values_are_orange_and_blue_and_nan_is_yellow():
    gates, state = np.array([[0.0, 1.0]]), np.array([[-2.0, 2.0, np.nan]])
    html = figure([("r", gates), ("h", state)], np.array([[4.0]]), ["a"], frozenset({"r"}))
    gate, values, influence = pictures(html)
    assert gate[:, 0].tolist() == [rgb(LIGHT.zero), rgb(LIGHT.gate)]  # units below each other
    assert values[:, 0].tolist() == [rgb(LIGHT.values[0]), rgb(LIGHT.values[1]), [255, 212, 0]]
    assert influence[0, 0].tolist() == rgb(LIGHT.heat_ramp[-1])
    assert "h, 3 × 1, from −2 to 2" in html and "r, 2 × 1, from 0 to 1" in html


def test_insides_show_all_maps_and_the_candidate_has_a_sign():
    x = np.random.default_rng(0).normal(size=(5, 1, 2)).astype(np.float32)
    inside = look_inside(nn.GRU(2, 3), x, list("ab<c&"))
    html = inside._repr_html_()
    assert [each.shape for each in pictures(html)] == [(3, 5, 3)] * 4 + [(5, 5, 3)]
    assert "candidate, 3 × 5, from −" in html and "5 steps, from a to &amp;" in html
    assert repr(inside) == "Insides(5 steps of 3 units: r, z, candidate, h). try: in a notebook"


def test_what_is_all_zero_or_not_finite_is_drawn_too():
    for values in (np.zeros((2, 2)), np.full((2, 2), np.nan)):
        assert len(pictures(figure([("h", values)], values, [], frozenset()))) == 2
