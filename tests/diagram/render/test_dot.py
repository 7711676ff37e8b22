"""The DOT text: one small graph word for word, and what the recipe promises for all."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tinygrad_gru.core.support.scopes import scope
from tinygrad_gru.diagram import draw_layer
from tinygrad_gru.diagram.render.theme import DARK, LIGHT

GOLDEN = Path(__file__).with_name("golden")


def tiny():
    """One gate and one state: small enough for its picture to be read as text."""
    x = tg.Tensor([[1.0, -1.0]], requires_grad=True, name="x")
    W = tg.Tensor([[0.0, 0.5], [0.25, 0.0]], requires_grad=True, name="W_z")
    with tg.scope("step", 1):
        with scope("update gate", role="update"):
            z = tg.sigmoid(x @ W).named("z")
        with scope("new state", role="state"):
            h = ((1 - z) * x).named("h")
    with scope("loss", role="loss"):
        return h.sum().named("L")


@pytest.mark.parametrize("level", ["gate", "op"])
def test_a_small_graph_is_written_word_for_word(level):
    """After a wanted change: write `tg.draw(tiny(), level=level).dot` to the file, and look at the picture."""
    assert tg.draw(tiny(), level=level, title="tiny").dot == (GOLDEN / f"tiny_{level}.dot").read_text(encoding="utf-8")


def columns_of(dot):
    """Left and right end of each box in the finished layout, by its title."""
    from pygraphviz import AGraph

    laid_out = AGraph(string=AGraph(string=dot).draw(format="dot", prog="dot").decode())
    ends = {}
    for box in laid_out.subgraphs():
        x0, _, x1, _ = map(float, box.graph_attr["bb"].split(","))
        ends[re.sub("<[^>]*>", "", box.graph_attr["label"])] = (x0, x1)
    heights = {n: float(n.attr["pos"].split(",")[1]) for n in laid_out.nodes()}
    return ends, heights


@pytest.mark.parametrize("level", ["gate", "op"])
@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM", "reset_after"])
def test_the_steps_stand_side_by_side_and_the_state_line_is_straight(cell, level):
    tg.seed(0)
    layer = tg.nn.GRU(2, 4, reset_after=True) if cell == "reset_after" else getattr(tg.nn, cell)(2, 4)
    dot = draw_layer(layer, np.ones((3, 1, 2), np.float32), level=level).dot
    ends, heights = columns_of(dot)
    order = [ends[title] for title in ("start", "time step 1", "time step 2", "time step 3", "loss")]
    assert all(before[1] < after[0] for before, after in itertools.pairwise(order))
    line = [m for m in re.findall(r"^\s*(\w+):e -> (\w+):w .*weight=60", dot, re.MULTILINE)]
    assert line and len({round(heights[n]) for pair in line for n in pair}) == 1


def test_without_the_invisible_edges_the_steps_overlap():
    """The measure above fails on a picture that is laid out badly."""
    dot = "\n".join(line for line in tg.draw(gru_loss()).dot.splitlines() if "invis" not in line)
    ends, _ = columns_of(dot)
    assert ends["start"][1] > ends["time step 1"][0] or ends["time step 1"][1] > ends["time step 2"][0]


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
    for colours in (*theme.roles.values(), theme.blank, theme.parameter):
        assert contrast(colours.ink, theme.background) >= 4.5
        assert contrast(theme.text, colours.fill) >= 4.5 and contrast(theme.soft, colours.fill) >= 4.5
    assert contrast(theme.parameter.ink, theme.parameter.fill) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
@pytest.mark.parametrize("eyes", [np.eye(3), PROTANOPE, DEUTERANOPE], ids=["normal", "protanope", "deuteranope"])
def test_the_gates_can_be_told_apart_by_all_eyes(theme, eyes):
    seen = [lab(np.array(eyes) @ linear(theme.colours_of(role).ink)) for role in ROLES[:4]]
    assert min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)) >= 19
