"""The figure: the same bytes again, a map for each gate, and a network that diverged."""

import io
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.inspection.examples import X
from tinygrad_gru import inspection, nn
from tinygrad_gru.diagram.render.theme import DARK, LIGHT
from tinygrad_gru.inspection.analyse import look_inside
from tinygrad_gru.inspection.figure import heat_maps, save

pytestmark = pytest.mark.usefixtures("each_engine")


@pytest.mark.parametrize(("form", "theme"), [("png", LIGHT), ("svg", DARK), ("pdf", LIGHT)])
def test_the_picture_of_runs_side_by_side_has_the_same_bytes_again(looks, form, theme):
    written = []
    for _ in range(1 if form == "pdf" else 2):
        file = io.BytesIO()
        save(heat_maps(looks, at=3, theme=theme), file, form)
        written.append(file.getvalue())

    assert written[0] == written[-1] and len(written[0]) > 10_000
    if form == "svg":
        ET.fromstring(written[0])
        assert b"<img" not in written[0] and b"mathdefault" not in written[0]


def test_the_picture_has_a_map_for_each_gate_and_one_of_the_influence(looks):
    figure = heat_maps(looks[1:2])
    names = [axis.get_ylabel() for axis in figure.axes if axis.get_ylabel()]
    assert [name for name in names if not name.startswith("log")] == [
        "output t",
        "h",
        "h",
        "r",
        "z",
        "candidate",
        "‖∂h_8/∂x_s‖",
    ]
    (line,) = figure.axes[-1].get_lines() if figure.axes[-1].get_lines() else figure.axes[-2].get_lines()
    np.testing.assert_array_equal(line.get_ydata(), looks[1][1].influence[-1])


def test_the_picture_of_a_network_that_diverged_is_drawn(looks):
    inside, none = looks[0][1], np.full((8, 3), np.nan)
    diverged = replace(inside, states=none, influence=none @ none.T, others={"c": none})
    save(heat_maps([("diverged", diverged)]), io.BytesIO(), "png")


def test_the_order_is_that_of_the_page():
    """Influence, lines, the state, the gates: as the script of the page has it."""
    figure = heat_maps([("a", look_inside(nn.LSTM(2, 3), X.astype(np.float32)))])
    tops = {axis.get_ylabel(): axis.get_position().y1 for axis in figure.axes if axis.get_ylabel()}
    maps = [axis for axis in figure.axes if axis.get_images() and axis.get_ylabel() != "output t"]
    assert [axis.get_ylabel() for axis in sorted(maps, key=lambda axis: -axis.get_position().y1)] == [
        "h", "i", "f", "g", "o", "c",
    ]  # fmt: skip
    assert tops["output t"] > max(axis.get_position().y1 for axis in maps)
    script = Path(inspection.__file__).with_name("page.html").read_text(encoding="utf-8")
    assert script.index("square(section, run)") < script.index("lines(section, run.maps.at(-1))")
    assert "[run.maps.at(-1), ...run.maps.slice(0, -1)].forEach(m => map(section, m))" in script
