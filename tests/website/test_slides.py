"""Slides for 45 minutes: made of the deck, with pictures that are there, and numbers that are those of the pages."""

import re

import numpy as np
import pytest

import tinygrad_gru as tg
from website.drag.__main__ import data_of
from website.slides.__main__ import PAGE, deck, page, spoken

SLIDES = deck()["slides"]


def test_the_page_is_made_of_the_deck():
    assert PAGE.read_text(encoding="utf-8") == page(), "try: make slides"


def test_they_take_45_minutes_in_the_order_of_the_chapters():
    assert sum(slide["minutes"] for slide in SLIDES) == 45
    chapters = [int(re.search(r"Chapter (\d+)", slide["notes"])[1]) for slide in SLIDES]
    assert chapters == sorted(chapters)


def test_each_shows_something_that_is_there_asks_and_has_words_for_its_minutes():
    for slide in SLIDES:
        shown = f"pictures/{slide['picture']}.svg" if "picture" in slide else f"drag/{slide['page']}.html"
        assert (PAGE.parent / shown).exists(), slide["title"]
        assert slide["question"].endswith("?") and 40 < len(slide["notes"].split()) < 120


def test_notes_are_words_with_code_and_emphasis():
    assert spoken("a <b>\n`x*y*` and *z*") == "a &lt;b&gt; <code>x*y*</code> and <em>z</em>"


def last_gradient(cell, x):
    cell.astype(np.float64)
    h, states = tg.Tensor(np.zeros((1, 16)), requires_grad=True), []
    for x_t in np.asarray(x)[:60, None]:
        (h,) = cell(x_t, h)
        states.append(h)
    return float(np.linalg.norm(tg.grad(states[-1].sum(), states[0])))


@pytest.mark.parametrize(("s", "said"), [(1.05, "10⁻¹⁵"), (2.0, "(0.03)"), (3.0, "(19)")])
def test_what_is_said_of_the_plain_cell_is_so(s, said):
    data, cell = data_of("vanishing"), tg.nn.RNNCell(2, 16, dtype=np.float64)
    cell.W_h.assign(np.concatenate([s * np.array(data["W"]), np.array(data["U"])]))
    cell.b_h.assign(np.array(data["b"]))
    assert said in SLIDES[5]["notes"]
    assert last_gradient(cell, data["x"]) == pytest.approx({1.05: 3.6e-15, 2.0: 0.03, 3.0: 19}[s], rel=0.03)


def test_what_is_said_of_the_bias_is_so():
    data, cell = data_of("horizon"), tg.nn.GRUCell(2, 16, dtype=np.float64)
    for name in ("W_r", "W_z", "W_h", "b_r", "b_h"):
        getattr(cell, name).assign(np.array(data[name]))
    cell.b_z.assign(np.full(16, -4.0))
    assert "(1.4 of 4)" in SLIDES[7]["notes"] and round(last_gradient(cell, data["x"]), 1) == 1.4
