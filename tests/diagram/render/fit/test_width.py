"""Pictures into a width, as one sees them: no letter under 9 pixels, nothing on top of anything, on many graphs."""

import re

import numpy as np
import pytest

import tinygrad_gru as tg
from examples.minimal_gated_unit import MinimalGatedUnit
from tests.diagram.examples import edges_of, gru_loss, nodes_of
from tests.diagram.on_screen import OnScreen, meet
from tinygrad_gru.diagram import draw_layer
from tinygrad_gru.diagram.passes.fold_steps import fewer_steps
from tinygrad_gru.diagram.passes.pipeline import Content, graph_of
from tinygrad_gru.diagram.render.fit import width as fit_width
from tinygrad_gru.errors import ArgumentError

PIXELS = {"readme": 1000, "notebook": 820, "page": 640}


def recurrent(cell, steps, **options):
    def drawn(**how):
        tg.seed(0)
        layer = tg.nn.Recurrent(MinimalGatedUnit(2, 4)) if cell == "own" else getattr(tg.nn, cell)(2, 4, **options)
        x = np.random.default_rng(0).normal(size=(steps, 1, 2)).astype(np.float32)
        return draw_layer(layer, x, title=f"{cell}, {steps} steps", **how)

    return drawn


def chain(length):
    def drawn(**how):
        t = tg.Tensor([[1.0, 2.0, 3.0]], requires_grad=True, name="x")
        W = tg.Tensor(np.eye(3) * 0.9, requires_grad=True, name="W")
        for _ in range(length):
            t = tg.tanh(t @ W)
        return tg.draw(t.sum().named("L"), **how)

    return drawn


def mlp(**how):
    tg.seed(0)
    model = tg.nn.Sequential(*[each for _ in range(12) for each in (tg.nn.Linear(4, 4), tg.tanh)])
    return tg.draw(tg.square(model(tg.Tensor(np.ones((2, 4), np.float32), name="x"))).mean().named("L"), **how)


class Attention(tg.nn.Module):
    def __init__(self):
        self.q, self.k, self.v = (tg.nn.Linear(4, 4) for _ in range(3))

    def forward(self, x):
        return x + tg.softmax(self.q(x) @ self.k(x).mT / 2, axis=-1) @ self.v(x)


def attention(**how):
    tg.seed(0)
    x = tg.Tensor(np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32), name="x")
    return tg.draw(Attention()(x).named("y"), **how)


def way_back(steps):
    return lambda **how: recurrent("GRU", steps)(backward=True, **how)


GRAPHS = {
    "GRU of 1": recurrent("GRU", 1),
    "GRU of 3": recurrent("GRU", 3),
    "GRU of 7": recurrent("GRU", 7),
    "GRU of 40": recurrent("GRU", 40),
    "GRU of 100": recurrent("GRU", 100),
    "reset after": recurrent("GRU", 2, reset_after=True),
    "LSTM of 3": recurrent("LSTM", 3),
    "RNN of 5": recurrent("RNN", 5),
    "RNN of 12": recurrent("RNN", 12),
    "the way back through 2": way_back(2),
    "the way back through 4": way_back(4),
    "two layers": recurrent("GRU", 2, num_layers=2),
    "three layers": recurrent("RNN", 3, num_layers=3),
    "both directions": recurrent("GRU", 2, bidirectional=True),
    "two layers in both directions": recurrent("GRU", 3, num_layers=2, bidirectional=True),
    "own cell": recurrent("own", 3),
    "chain of 30": chain(30),
    "MLP": mlp,
    "attention": attention,
}
CASES = [
    *[(name, "gate", "readme") for name in GRAPHS],
    *[(name, "cell", "readme") for name in GRAPHS if " of " in name or "layers" in name],
    *[(name, "op", "readme") for name in ("GRU of 1", "GRU of 3", "RNN of 5", "chain of 30", "MLP", "attention")],
    *[(name, "gate", "notebook") for name in ("GRU of 3", "LSTM of 3", "MLP")],
    *[(name, level, "page") for name in ("GRU of 3", "RNN of 5", "MLP") for level in ("cell", "gate", "op")],
    ("GRU of 40", "cell", "page"),
]


@pytest.mark.parametrize(("name", "level", "width"), CASES)
def test_every_letter_can_be_read_and_nothing_covers_anything(name, level, width):
    picture = GRAPHS[name](level=level, width=width)
    screen = OnScreen(picture.svg())
    assert picture.level == level and not any(
        "letters of" in remark and "px in" in remark for remark in picture.remarks
    )
    assert screen.width <= PIXELS[width] + 2
    assert min(screen.letters()) >= 9 - 0.02
    assert screen.overlaps() == []
    (left, right), (first, last) = screen.legend(), screen.drawn()
    assert right - left <= last - first + 2, "the legend is wider than its graph"


@pytest.mark.parametrize(("cell", "steps", "how"), [("RNN", 2, {"rolled": True}), ("GRU", 3, {})])
def test_two_layers_in_both_directions_are_drawn_where_graphviz_fails_at_some_of_the_ways(cell, steps, how):
    picture = recurrent(cell, steps, num_layers=2, bidirectional=True)(width="page", **how)
    screen = OnScreen(picture.svg())
    small = [remark for remark in picture.remarks if remark.startswith("letters of")]
    assert screen.width <= 642 and (small or min(screen.letters()) >= 9 - 0.02)


@pytest.mark.parametrize(("steps", "most"), [(3, 8), (8, 13)])
def test_what_is_too_large_by_far_is_not_laid_out_in_every_way(steps, most, monkeypatch):
    """Of ten ways, each in a row and in several: a layout of two layers in both directions takes half a second."""
    layouts = []
    measure = fit_width.layout_of
    monkeypatch.setattr(fit_width, "layout_of", lambda dot, what: layouts.append(dot) or measure(dot, what))
    recurrent("GRU", steps, num_layers=2, bidirectional=True)(width="readme")
    assert 4 <= len(layouts) <= most


def test_the_first_of_those_that_fit_is_found_wherever_it_is():
    for numbers in ([], [0], [0, 1, 3, 5], list(range(9))):
        for at in range(len(numbers) + 1):
            wanted = numbers[at] if at < len(numbers) else 99
            assert fit_width._first(numbers, lambda n, wanted=wanted: n >= wanted, 99) == wanted


def test_two_layers_in_both_directions_show_all_values_and_are_seen_together():
    picture = GRAPHS["two layers in both directions"](level="gate", width="readme")
    assert picture.remarks == ["names and values alone, to fit a README in letters of 9 px"]
    words = nodes_of(picture.dot)
    assert sum(key.startswith("step") and "FIXEDSIZE" in label for key, label in words.items()) == 12 * 5
    width, height = map(float, re.search(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', picture.svg()).groups())
    assert height <= fit_width.HIGHEST * 750 and width <= 751


@pytest.mark.parametrize("name", [name for name in GRAPHS if " of " in name])
def test_every_step_is_still_there(name):
    whole, wrapped = (GRAPHS[name](level="gate", fold="auto", **how) for how in ({}, {"width": "readme"}))
    kept = set(nodes_of(wrapped.dot))
    assert {key for key in nodes_of(whole.dot) if key.startswith("step")} <= kept
    assert {key for key in nodes_of(whole.dot) if key.startswith("step")} == {k for k in kept if k.startswith("step")}


def test_three_steps_of_a_gru_are_three_rows_with_all_numbers_formulas_and_gradients():
    picture = GRAPHS["GRU of 3"](width="readme")
    assert picture.graph.rows == 3 and picture.remarks == []
    words = "".join(nodes_of(picture.dot).values())
    assert (
        all(word in words for word in ("σ(", ">value<", ">grad<", "reset gate"))
        and len(re.findall(r">0\.\d\d<", words)) > 30
    )
    assert sum(key.startswith("row") for key in nodes_of(picture.dot)) == 2  # h₁ and h₂ are drawn again
    assert not any(re.match(r"row2.*", a) and b.startswith("step1") for a, b in edges_of(picture.dot))


@pytest.mark.parametrize("width", ["readme", "page"])
def test_on_the_way_back_rows_stand_above_each_other_and_the_sums_in_the_last(width):
    graph = GRAPHS["the way back through 4"](width=width).graph
    sums = [node for node in graph.nodes if node.place and node.place[0].label == "summed over all steps"]
    assert graph.rows >= 2 and len(sums) == 7 and {graph.row_of[node] for node in sums} == {graph.rows - 1}
    step = {node.title: graph.row_of[node] for node in graph.nodes if node.kind == "box"}
    assert step["∂L/∂h₄"] < step["∂L/∂h₂"] <= step["∂L/∂h₁"]


def test_what_is_narrow_is_shown_as_it_is():
    screen = OnScreen(GRAPHS["attention"](width="readme").svg())
    assert screen.width < 1000 and screen.scale == 1


def test_a_fan_of_a_hundred_downwards_cannot_fit_and_that_is_said_with_a_page_to_try():
    leaves = [tg.Tensor([1.0], requires_grad=True, name=f"a{i}") for i in range(100)]
    picture = tg.draw(tg.concat(leaves, axis=0).sum().named("L"), "op", direction="TB", width="readme")
    (said,) = picture.remarks
    tries = r"try: a page: save\('graph\.html'\)$"
    smallest = float(re.match(rf"letters of ([\d.]+) px in a README of 1,000 px\. {tries}", said)[1])
    screen = OnScreen(picture.svg())
    assert screen.width <= 1002 and smallest <= min(screen.letters()) < smallest + 0.2 < 9


@pytest.mark.parametrize(
    ("steps", "chosen", "said"), [(1, None, ""), (3, None, "1"), (5, None, "1-3"), (5, "2-3", "2"), (5, "2", "")]
)
def test_fewer_steps_are_proposed_only_where_there_are_more(steps, chosen, said):
    for level in ("gate", "cell"):
        graph = graph_of([gru_loss(steps)], Content(level, steps=chosen))
        assert fewer_steps(graph, chosen) == said or (level == "cell" and chosen and not said)


def test_a_slide_is_a_width_too_and_not_two():
    assert tg.draw(gru_loss(1), width="slide").dot == tg.draw(gru_loss(1), slide=True).dot
    with pytest.raises(ArgumentError, match=r"a slide has a width of its own\. try: slide=False"):
        tg.draw(gru_loss(1), slide=True, width=1000)


def test_as_few_rows_as_fit_and_balanced():
    assert list(fit_width._numbers_of_rows(2.3, 10)) == [2, 3, 4, 5]  # 10 steps in rows of 5, 4, 3 and 2
    assert list(fit_width._numbers_of_rows(0.5, 2)) == []
    assert list(fit_width._numbers_of_rows(float("inf"), 10)) == []  # no layout in one row: a row for each step


def test_the_measure_fails_where_letters_are_small_or_boxes_overlap():
    svg = GRAPHS["GRU of 3"](level="gate").svg()
    screen = OnScreen(svg)
    assert screen.width > 2000  # as it was, without a width
    assert min(screen.letters()) * 1000 / screen.width < 5
    x0, y0, x1, y1 = screen.nodes()["step1_r"]
    assert meet((x0, y0, x1, y1), (x1 - 5, y0, x1 + 5, y1)) and not meet((x0, y0, x1, y1), (x1 + 5, y0, x1 + 9, y1))
