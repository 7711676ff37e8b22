"""Strips: a column a step, the curve of the gradients above them on a log scale, everything at its place."""

import re

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss, nodes_of
from tests.diagram.on_screen import OnScreen
from tinygrad_gru.diagram import draw_layer
from tinygrad_gru.diagram.gradients import norm
from tinygrad_gru.diagram.render.strip import FEWEST, is_strip
from tinygrad_gru.diagram.render.theme import LIGHT

PLACE = re.compile(r'pos="(-?[\d.]+),(-?[\d.]+)"')


def strip(cell="GRU", steps=30, hidden=4, **options):
    tg.seed(0)
    x = np.random.default_rng(0).normal(size=(steps, 1, 2)).astype(np.float32)
    how = {name: options.pop(name) for name in ("width", "theme", "values", "grads", "slide") if name in options}
    return draw_layer(getattr(tg.nn, cell)(2, hidden, **options), x, level="cell", **how)


def place_of(statement):
    return tuple(map(float, PLACE.search(statement).groups()))


def dots_of(picture):
    """The places of the dots of the curve, from the left to the right."""
    colour = LIGHT.path
    return sorted(place_of(s) for k, s in nodes_of(picture.dot).items() if k.startswith("dot") and f'"{colour}"' in s)


def test_a_dozen_steps_are_boxes_and_one_more_is_a_strip():
    assert not is_strip(strip(steps=FEWEST - 1).graph) and not strip(steps=FEWEST - 1).style.strip
    assert strip(steps=FEWEST).style.strip and FEWEST == 13


@pytest.mark.parametrize(
    "asked", [{"fold": "none"}, {"fold": 3}, {"steps": "1-20"}, {"path": "W_r@1"}, {"params": "tag"}]
)
def test_who_asks_for_something_about_boxes_gets_boxes(asked):
    assert not tg.draw(gru_loss(20), level="cell", **asked).style.strip


def test_each_step_has_a_column_right_of_the_one_before_in_its_values():
    picture = strip(steps=20)
    nodes = nodes_of(picture.dot)
    places = [place_of(nodes[f"step{t}_cell"]) for t in range(1, 21)]
    xs, ys = zip(*places, strict=True)
    assert np.ptp(ys) == 0 and np.allclose(np.diff(xs), xs[1] - xs[0])
    cells = {cell.title: cell.shown[0] for cell in picture.graph.nodes if cell.kind == "cell"}
    largest = max(float(np.abs(h.data).max()) for h in cells.values())
    for t in (1, 20):
        colours = re.findall(r'BGCOLOR="(#\w+)"', nodes[f"step{t}_cell"])
        scale = LIGHT.value_scale(largest)
        assert (
            colours[:4] == [scale.colour(float(v)) for v in cells[f"step {t}"].data[0]] and len(colours) == 8
        )  # h, a gap, x, a gap


def test_the_curve_is_that_of_the_norms_on_a_log_scale():
    picture = strip(steps=30)
    states = [node.shown[0] for node in picture.graph.nodes if node.kind == "cell"]
    logs = np.log([norm(picture.numbers.of[h]) for h in states])
    heights = np.array([y for _, y in dots_of(picture)])
    assert len(heights) == 30
    drawn = (heights - heights.min()) / np.ptp(heights)
    assert drawn == pytest.approx((logs - logs.min()) / np.ptp(logs), abs=1e-3)
    words = re.findall(r"label=<([\d.e−]+)> pos", picture.dot)
    assert f"{np.exp(logs[-1]):.2g}" in words, "the last value stands at its end"


def test_a_curve_is_called_after_the_state_of_all_steps_also_in_layers_and_directions():
    for picture in (strip(), strip(steps=14, num_layers=2, bidirectional=True)):
        assert set(re.findall("label=<(‖∂L/∂[^>]*‖)>", picture.dot)) == {"‖∂L/∂h‖"}


def test_what_has_no_place_on_a_log_scale_is_no_point_of_the_curve():
    with tg.scope("start"):
        h = tg.Tensor([[1.0, 2.0]], requires_grad=True, name="h")
    for t in range(1, 21):
        with tg.scope("step", t), tg.scope("new state", role="state"):
            h = (h * (0.0 if t == 10 else 0.5)).named("h")
    picture = tg.draw(h.sum().named("L"), level="cell")
    sizes = [norm(picture.numbers.of[node.shown[0]]) for node in picture.graph.nodes if node.kind == "cell"]
    assert sizes.count(0.0) == 9  # those before step 10: nothing of them reaches the loss
    dots = [s for key, s in nodes_of(picture.dot).items() if key.startswith("dot") and f'color="{LIGHT.path}"' in s]
    hollow = [s for s in dots if f'fillcolor="{LIGHT.background}"' in s]
    assert len(dots) == 20 and len(hollow) == 9
    lowest = min(place_of(s)[1] for s in dots if s not in hollow)
    assert all(place_of(s)[1] < lowest for s in hollow), "a zero is below every number"


@pytest.mark.parametrize(
    ("cell", "steps", "options"),
    [
        ("GRU", 13, {}),
        ("RNN", 100, {"width": "page"}),
        ("LSTM", 400, {"width": "readme"}),
        ("GRU", 20, {"num_layers": 2, "bidirectional": True}),
        ("GRU", 30, {"num_layers": 3, "theme": "dark", "width": "notebook"}),
        ("RNN", 40, {"values": False}),
        ("RNN", 40, {"grads": False}),
        ("RNN", 40, {"hidden": 40}),
        ("LSTM", 30, {"slide": True}),
    ],
)
def test_it_is_no_wider_than_wanted_and_nothing_covers_anything(cell, steps, options):
    picture = strip(cell, steps, **options)
    screen = OnScreen(picture.svg())
    limit = {"page": 640, "notebook": 820, "slide": 1280}.get(
        "slide" if "slide" in options else options.get("width"), 1000
    )
    assert (
        picture.style.strip
        and screen.width <= limit + 1
        and min(screen.letters()) >= (15.9 if "slide" in options else 9)
    )
    nodes = {key: box for key, box in screen.nodes().items() if not key.startswith("dot")}
    screen.nodes = lambda: nodes  # a curve may be steep
    assert screen.overlaps() == []
    layers = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    assert sum(key.endswith(("_cell", "_cell_2", "_cell_3", "_cell_4")) for key in nodes) == steps * layers


def test_what_is_left_out_is_said():
    assert "the first 16 of 40 numbers" in strip(hidden=40).graph.note and strip().remarks == []
    head = tg.nn.Linear(4, 1)
    tg.seed(0)
    x = np.zeros((20, 1, 2), np.float32)
    picture = draw_layer(tg.nn.GRU(2, 4), x, lambda out, h: tg.square(head(h[-1])).sum().named("L"), level="cell")
    (said,) = picture.remarks
    assert re.match(r"\d+ tensors? before, after or beside the steps: not in the strip\. try: fold='none'", said)
    assert re.search(r"L = [\d.e−]+", picture.dot)


def test_states_joined_for_the_next_layer_are_no_loss():
    assert strip(steps=14, num_layers=2, bidirectional=True).remarks == []


def test_a_batch_shows_its_first_row_and_says_so():
    picture = tg.draw(gru_loss(14, batch=3), level="cell")
    assert "row 0 of the batch" in picture.graph.note and "row 0 of the batch" in picture.dot


def test_the_text_of_a_strip_has_a_line_for_each_step():
    assert sum(line.startswith("step") for line in strip(steps=25).text().splitlines()) == 25
