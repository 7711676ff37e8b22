"""Learning curves as SVG."""

import itertools
import math
import re
from xml.etree import ElementTree

import pytest

from tinygrad_gru.updates.learning_curve import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    curves,
    curves_of_cells,
    standalone,
)

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*arguments):
    return ElementTree.fromstring(curves(*arguments).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '))


def points(svg, name):
    line = svg.find(f"{SVG}polyline[@class='{name}']")
    return [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]


def test_the_ends_of_a_curve_are_at_the_ends_of_the_axes():
    svg = drawn([], [(0, 3.0), (10, 2.0)], {}, "test MSE")
    assert points(svg, "test") == [(LEFT, TOP), (WIDTH - RIGHT, HEIGHT - BOTTOM)]


def test_decades_are_equally_far_apart():
    svg = drawn([], [(0, 1.0), (5, 0.1), (10, 0.01)], {}, "m")
    heights = [y for _, y in points(svg, "test")]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], abs=0.2)
    assert [t.text for t in svg.iter(f"{SVG}text") if t.get("text-anchor") == "end"] == ["0.01", "0.1", "1"]


def test_levels_and_curves_are_named_and_no_name_covers_another():
    levels = {"goal": 0.5, "always 1": 0.5001, "<b>": 0.5002}
    svg = drawn([(1, 0.5)], [(1, 0.5)], levels, "test MSE")
    names = [(float(t.get("y")), t.text) for t in svg.iter(f"{SVG}text") if "name" in t.get("class")]
    assert {text for _, text in names} == {"goal", "always 1", "<b>", "loss", "test MSE"}
    heights = sorted(y for y, _ in names)
    assert all(b - a >= 14.9 for a, b in itertools.pairwise(heights))


def test_what_is_not_finite_is_not_drawn():
    assert curves([], [], {"goal": 1.0}, "m") == "" == curves([(1, math.nan)], [], {}, "m")
    assert "nan" not in curves([(1, 0.5), (2, math.inf)], [(1, math.nan), (2, 1.0)], {"goal": -math.inf}, "m")


def test_long_curves_are_thinned():
    text = curves([(i, 1.0 + i) for i in range(100_000)], [], {}, "m")
    assert len(re.findall(r"\d,\d", text)) < 2000


def test_the_runs_of_a_cell_have_one_colour_and_one_name():
    svg = curves_of_cells({"gru": [[(0, 1.0), (5, 0.5)], [(0, 2.0)]], "<b>": [[(0, math.nan)], [(5, 1.5)]]}, {}, "m")
    assert re.findall(r'polyline class="(\w+)"', svg) == ["run0", "run0", "run1"]
    assert re.findall(r'<text class="name run\d" [^>]*>([^<]*)', svg) == ["&lt;b&gt;", "gru"]
    assert curves_of_cells({"gru": [[]]}, {"goal": 0.1}, "m") == ""


def test_a_curve_in_a_file_of_its_own_brings_its_colours():
    svg = standalone(curves_of_cells({"gru": [[(0, 1.0), (5, 0.5)]]}, {"goal": 0.1}, "m"))
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg" and ".run0 { stroke: #0b62a8; }" in root.find(f"{SVG}style").text


def test_long_names_get_room_and_names_that_are_longer_still_their_beginning():
    metric = "test RMSE in standard deviations"
    svg = drawn([], [(0, 3.0), (10, 2.0)], {"always answering " + 40 * "x": 2.5}, metric)
    (_, _), (right, _) = points(svg, "test")
    names = {t.get("class"): t for t in svg.iter(f"{SVG}text") if "name" in t.get("class")}
    assert names["name test"].text == metric  # 32 letters, bold
    assert names["name level"].text.startswith("always answering x") and names["name level"].text.endswith("x…")
    for name in names.values():
        assert float(name.get("x")) > right and float(name.get("x")) + 7.2 * len(name.text) <= WIDTH


def test_names_at_the_bottom_move_up_and_those_at_the_top_stay():
    svg = drawn([], [(0, 1.0), (10, 0.0)], {"top": 1.0, "goal": 0.0, "bottom": 0.001}, "m")
    places = {t.text: float(t.get("y")) for t in svg.iter(f"{SVG}text") if "name" in t.get("class")}
    assert places["top"] == TOP + 4
    low = sorted([places["goal"], places["bottom"], places["m"]])
    assert low[2] == HEIGHT - BOTTOM + 4 and low[1] == low[2] - 15 and low[0] == low[1] - 15
