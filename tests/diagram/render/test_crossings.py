"""How many lines cross in the finished layout, counted on the curves themselves."""

import itertools
import json

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tinygrad_gru.diagram import draw_layer
from tinygrad_gru.diagram.render.graphviz_process import render


def curves(dot):
    """The drawn lines of a picture: their ends, and points on each curve."""
    found = []
    for edge in json.loads(render(dot, "json0")).get("edges", []):
        if edge.get("style") == "invis":
            continue
        knots = np.array([[float(c) for c in part.split(",")] for part in edge["pos"].split() if part[0] not in "es"])
        u = np.linspace(0, 1, 12)[:, None]
        bend = np.hstack([(1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u**2 * (1 - u), u**3])
        points = np.concatenate([bend @ knots[i : i + 4] for i in range(0, len(knots) - 3, 3)])
        found.append(({edge["tail"], edge["head"]}, points))
    return found


def cross(one, other):
    """Whether two polylines cross anywhere."""
    a, b, c, d = one[:-1, None], one[1:, None], other[None, :-1], other[None, 1:]

    def side(p, q, r):
        return (q - p)[..., 0] * (r - p)[..., 1] - (q - p)[..., 1] * (r - p)[..., 0]

    return bool(((side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)).any())


def crossings(dot):
    """The pairs of lines that cross, those that share an end left out."""
    pairs = itertools.combinations(curves(dot), 2)
    return sum(cross(one, other) for (ends, one), (others, other) in pairs if not ends & others)


@pytest.mark.parametrize("level", ["gate", "op"])
def test_three_steps_of_a_gru_have_at_most_ten_crossings(level):
    assert crossings(tg.draw(gru_loss(3), level=level).dot) <= 10


def test_the_gates_of_an_lstm_read_the_same_h_and_x_on_one_line_each():
    tg.seed(0)
    picture = draw_layer(tg.nn.LSTM(2, 4), np.ones((3, 1, 2), np.float32))
    assert "[h₀, x₁]" in picture.dot
    assert crossings(picture.dot) <= 2  # 18 with lines from h and from x to each gate


def test_one_node_for_each_parameter_is_a_tangle():
    """The measure above finds what it is there to find."""
    assert crossings(tg.draw(gru_loss(3), level="op", params="shared").dot) > 30


def test_level_cell_has_no_crossing_at_all():
    assert crossings(tg.draw(gru_loss(20), level="cell").dot) == 0


def test_two_diagonals_cross_once():
    assert cross(np.array([[0.0, 0], [1, 1]]), np.array([[0.0, 1], [1, 0]]))
    assert not cross(np.array([[0.0, 0], [1, 0]]), np.array([[0.0, 1], [1, 1]]))
