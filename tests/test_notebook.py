"""What a notebook shows: a page in a frame, a picture that is never cut, tables, formulas, a bar."""

import sys
import types
import xml.etree.ElementTree as ET
from html import unescape

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tinygrad_gru import nn
from tinygrad_gru.diagram.render import graphviz_process
from tinygrad_gru.errors import MissingExtraError
from tinygrad_gru.keras import layers, models
from tinygrad_gru.notebook import Page, formula, is_notebook, scrolled, table
from tinygrad_gru.training import Config, train_run
from tinygrad_gru.training.console.progress import shown_progress
from tinygrad_gru.updates.bar import notebook_bar

HOSTILE = '</script><img src=x onerror=alert(1)>"&'


class Display:
    """Stands for IPython: what is displayed, and what becomes of it."""

    def __init__(self):
        self.shown = []

    def display(self, value, display_id=False):
        self.shown.append([value])
        kept = self.shown[-1]
        return types.SimpleNamespace(update=kept.append)


@pytest.fixture
def kernel(monkeypatch):
    """An IPython with a kernel, as far as it is asked for anything."""
    display = Display()
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    shows = types.ModuleType("IPython.display")
    shows.HTML, shows.display = str, display.display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", shows)
    return display


def test_only_a_kernel_is_a_notebook(kernel, monkeypatch):
    assert is_notebook()
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: types.SimpleNamespace())  # a terminal's IPython
    assert not is_notebook()
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: None)
    assert not is_notebook()
    monkeypatch.delitem(sys.modules, "IPython")
    assert not is_notebook()


def test_a_page_is_its_text_and_is_shown_in_a_frame_without_rights():
    page = Page("<!doctype html><title>a &lt; b</title>" + HOSTILE)
    assert isinstance(page, str) and page.heading == "a < b" and repr(page).startswith("Page(0 kB). try: ")
    frame = ET.fromstring(page._repr_html_())
    assert frame.tag == "iframe" and frame.get("sandbox") == "allow-scripts" and frame.get("title") == "a < b"
    assert frame.get("srcdoc") == page
    assert Page("no title").heading == ""


def test_pages_of_pictures_players_and_insides_are_pages():
    from tinygrad_gru.inspection import look_inside
    from tinygrad_gru.inspection.page import page
    from tinygrad_gru.playback.page import page_of_layer

    x = np.ones((2, 1, 2), np.float32)
    layer = nn.GRU(2, 2)
    for made in (tg.draw(tg.Tensor([1.0])).html(), page_of_layer(layer, x, "x"), page([("x", look_inside(layer, x))])):
        assert type(made) is Page


def test_a_picture_shrinks_to_its_room_and_scrolls_before_it_is_too_small():
    shown = scrolled('<?xml version="1.0"?>\n<svg width="1000pt" height="200pt" viewBox="0 0 1000 200"><g/></svg>')
    assert "overflow-x: auto" in shown and "width: min(1000pt, max(100%, 600pt))" in shown and 'height="' not in shown
    html = tg.draw(tg.Tensor([1.0], name="x"))._repr_html_()
    assert html.startswith("<div") and "max(100%" in html and html.count("<svg") == 1


def test_a_picture_that_is_wider_than_a_notebook_is_shown_there_in_rows_and_saved_as_it_is():
    picture = tg.draw(gru_loss(3))
    shown = picture._repr_html_()
    assert "width: min(615pt" in shown and shown.count("time step") == 3  # 820 pixels
    assert picture.graph.rows == 1 and "width: min(" not in picture.svg()
    small = tg.draw(gru_loss(1), level="cell")
    assert small.svg().partition("<svg")[2].partition("viewBox")[2] in small._repr_html_()


def test_an_accent_goes_with_its_letter_below_the_line():
    assert formula("δ_h̃₃ W_h[:4]") == "δ<sub>h̃₃</sub> W<sub>h</sub>[:4]"


def test_without_a_layout_program_a_picture_shows_its_page(monkeypatch):
    def missing(*arguments, **options):
        raise MissingExtraError("pygraphviz", "render", "a picture as svg")

    monkeypatch.setattr(graphviz_process, "_laid_out", missing)
    picture = tg.draw(tg.Tensor([1.0], name="x"))
    assert picture._repr_html_().startswith("<iframe") and picture._repr_svg_() is None
    with pytest.raises(MissingExtraError):
        picture.svg()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("σ(x W_r + b_r)", "σ(x W<sub>r</sub> + b<sub>r</sub>)"),
        ("a_1²", "a<sub>1</sub>²"),
        ("<b>_x & y", "&lt;b&gt;<sub>x</sub> &amp; y"),
    ],
)
def test_what_follows_an_underscore_is_set_lower(text, html):
    assert formula(text) == html


def test_numbers_of_a_table_stand_to_the_right():
    rows = ET.fromstring(table([["x", "1,234"], ["y", "shared"]], ["name", "count"], "a table"))
    sides = [cell.get("style").rsplit(" ", 1)[1] for cell in rows.iter("td")]
    assert sides == ["left", "right", "left", "right"] and rows.find(".//caption").text == "a table"


def test_equations_and_models_are_tables_and_names_in_them_stay_text():
    W = nn.Parameter(np.ones((2, 2), np.float32), name=HOSTILE)
    x = tg.Tensor([[1.0, 2.0]], name="x_1")
    html = tg.equations(tg.tanh(x @ W).sum().named("L"), title=HOSTILE)._repr_html_()
    assert "<img" not in html and "x<sub>1</sub>" in html and HOSTILE in unescape(html)
    model = nn.Module()
    setattr(model, HOSTILE, W)
    html = model._repr_html_()
    assert "<img" not in html and HOSTILE in unescape(html) and ">4</td>" in html
    assert "84" in nn.GRU(2, 4)._repr_html_()


def test_a_history_shows_losses_and_other_figures_apart():
    model = models.Sequential([layers.Input((3,)), layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    history = model.fit(x, (x[:, 0] > 0).astype(int), epochs=3, verbose=0)
    html = history._repr_html_()
    assert html.count("<svg") == 2 and html.count("<polyline") == 2 and ">epochs<" in html
    assert repr(history).startswith("History(3 epochs: loss ") and "accuracy" in repr(history)
    assert repr(type(history)()) == "History(0 epochs)" == type(history)()._repr_html_()


def test_a_run_shows_its_curve_with_baseline_and_goal(tmp_path):
    result = train_run(Config.of("adding", length=5, hidden=4, updates=20, batch=2), tmp_path / "run", quiet=True)
    html = result._repr_html_()
    assert "always answering 1" in html and ">goal<" in html and ">updates<" in html and "<polyline" in html
    assert repr(result).startswith(f"Result({tmp_path / 'run'}: test MSE ") and "after 20 updates" in repr(result)


def test_a_bar_moves_in_place_and_ends_where_training_ended(kernel):
    with notebook_bar(10, "title") as show:
        for update in range(1, 8):
            show(update, lambda update=update: f"figures {update} {HOSTILE}")
    (states,) = kernel.shown
    assert 'value="0"' in states[0] and 'max="10" value="7"' in states[-1] and "figures 7" in states[-1]
    assert "<img" not in states[-1] and len(states) < 5  # not drawn at each update


def test_a_bar_that_is_interrupted_shows_how_far_it_came(kernel):
    with pytest.raises(KeyboardInterrupt), notebook_bar(10) as show:
        show(3, lambda: "three")
        show(4, lambda: "four")
        raise KeyboardInterrupt
    assert 'value="4"' in kernel.shown[0][-1] and "four" in kernel.shown[0][-1]


def test_training_and_fit_use_it_in_a_notebook_and_only_there(kernel, monkeypatch, capsys):
    from tinygrad_gru.training.trainer import Progress

    with shown_progress(4) as show:
        show(Progress(update=4, loss=0.5))
    assert "step 4/4" in kernel.shown[0][-1]
    model = models.Sequential([layers.Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((4, 1), np.float32)
    model.fit(x, x, epochs=2)
    assert len(kernel.shown) == 3 and "Epoch 2/2 · 1/1 · loss" in kernel.shown[2][-1]
    model.fit(x, x, epochs=2, verbose=2)  # a line each, as asked for
    monkeypatch.delitem(sys.modules, "IPython")
    model.fit(x, x)
    assert len(kernel.shown) == 3 and capsys.readouterr().out.count("Epoch") == 3
