"""What a layer does with a sequence: numbers by finite differences, pictures, and a page that asks nobody."""

import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.diagram.render.theme import DARK, LIGHT
from tinygrad_gru.errors import ArgumentError, ShapeError
from tinygrad_gru.inspection.analyse import Insides, influence, input_of, look_inside, saturation
from tinygrad_gru.inspection.figure import heat_maps, save
from tinygrad_gru.inspection.page import page

pytestmark = pytest.mark.usefixtures("each_engine")


@pytest.fixture
def layer():
    with tg.seed(0):
        return nn.GRU(2, 3, dtype=np.float64)


X = np.random.default_rng(0).normal(size=(4, 1, 2))


def test_influence_is_the_norm_of_the_jacobian_by_central_differences(layer):
    wanted = np.zeros((4, 4))
    for s in range(4):
        columns = []
        for i in range(2):
            up, down = X.copy(), X.copy()
            up[s, 0, i] += 1e-6
            down[s, 0, i] -= 1e-6
            columns.append((layer(up)[0].data - layer(down)[0].data)[:, 0] / 2e-6)  # (T, H)
        wanted[:, s] = np.sqrt(np.square(columns).sum(axis=(0, 2)))

    found = influence(layer, X)

    assert error(found, wanted) < 1e-7
    assert (np.triu(found, 1) == 0).all(), "the future has no influence"


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_gates_states_and_influence_of_every_kind(kind):
    inside = look_inside(kind(2, 3), X.astype(np.float32), labels="abcd")

    assert inside.labels == ("a", "b", "c", "d")
    assert inside.states.shape == (4, 3) and inside.influence.shape == (4, 4)
    assert all(g.shape == (4, 3) for g in inside.gates.values())


def test_the_input_behind_an_embedding_is_found():
    class Model(nn.Module):
        def __init__(self):
            self.embedding = nn.Embedding(5, 2)
            self.layer = nn.GRU(2, 3, batch_first=True)

        def forward(self, words):
            return self.layer(self.embedding(words))[0]

    model = Model()
    layer, x = input_of(model, np.array([[1, 2, 4]]))

    assert layer is model.layer
    assert (x[:, 0] == model.embedding.W.data[[1, 2, 4]]).all()
    with pytest.raises(ArgumentError, match="Linear has no recurrent layer"):
        input_of(nn.Linear(2, 2), np.zeros((1, 2), np.float32))


def test_saturation_counts_what_is_nearly_closed_and_nearly_open():
    z = np.array([[0.0, 0.05], [0.5, 0.95]])
    inside = Insides(("a", "b"), {"z": z}, np.array([[-1.0, 0.0], [0.95, 0.0]]), np.eye(2))

    assert saturation(inside) == [("z", 0.375, 0.5, 0.25), ("h", pytest.approx(-0.0125), 0.25, 0.25)]


HOSTILE = ["</script><img src=x onerror=alert(1)>", "&", "\n", '"', "<!--<script>", "$x_{", "\u202e", "权"]


def data_of(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


@pytest.fixture
def looks(layer):
    """Three kinds of layer, and what they make of the same eight steps with hostile labels."""
    x = np.random.default_rng(0).normal(size=(8, 1, 2))
    with tg.seed(0):
        kinds = [nn.RNN(2, 3, dtype=np.float64), layer, nn.LSTM(2, 3, dtype=np.float64)]
    return [(f"<b>{type(kind).__name__}</b> ${{", look_inside(kind, x, HOSTILE)) for kind in kinds]


def test_the_page_holds_the_numbers_of_all_runs_and_asks_nobody(looks):
    text = page(looks, "<b>title</b>", at=2)

    data = data_of(text)
    assert data["labels"] == HOSTILE and data["title"] == "<b>title</b>" and data["at"] == 2
    for run, (title, inside) in zip(data["runs"], looks, strict=True):
        assert run["title"] == title and np.allclose(run["influence"], inside.influence, rtol=5e-3)
    assert [[name for name, _, _ in run["maps"]] for run in data["runs"]] == [
        ["h"], ["r", "z", "candidate", "h"], ["i", "f", "g", "o", "c", "h"],
    ]  # fmt: skip
    assert "<img src=x" not in text and "<b>" not in text and text.count("<script") == 2
    without_data = re.sub(r'id="data">.*?</script>', "", text, flags=re.DOTALL)
    assert not re.search(r"(?:src|href)\s*=|https?://|@import|fetch\(|url\(", without_data)
    assert "innerHTML" not in text and "/*" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


def test_the_page_says_so_if_there_is_no_number_and_cuts_very_large_states():
    inside = look_inside(nn.GRU(2, 130), X.astype(np.float32))
    inside = replace(inside, influence=inside.influence * np.nan, gates={"z": inside.gates["z"] + np.inf})
    (run,) = data_of(page([("large", inside)]))["runs"]
    assert run["influence"][1][0] is None and run["maps"][0][1][0][0] is None
    assert run["saturation"][0] == ["z", None, 0.0, 1.0]
    assert [len(row) for row in run["maps"][0][1]] == [128] * 4 and run["maps"][0][2] == 130


@pytest.mark.parametrize("each_engine", ["compiled"], indirect=True)  # which of them made the numbers is no matter here
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
        "r",
        "z",
        "candidate",
        "h",
        "h",
        "output t",
        "‖∂h_8/∂x_s‖",
    ]
    (line,) = figure.axes[-1].get_lines() if figure.axes[-1].get_lines() else figure.axes[-2].get_lines()
    np.testing.assert_array_equal(line.get_ydata(), looks[1][1].influence[-1])


def test_the_picture_of_a_network_that_diverged_is_drawn(looks):
    inside, none = looks[0][1], np.full((8, 3), np.nan)
    diverged = replace(inside, states=none, influence=none @ none.T, others={"c": none})
    save(heat_maps([("diverged", diverged)]), io.BytesIO(), "png")


def test_the_memory_of_an_lstm_is_shown_and_its_output_is_made_of_it():
    layer = nn.LSTM(2, 3, dtype=np.float64)
    inside = look_inside(layer, X)
    np.testing.assert_allclose(inside.states, inside.gates["o"] * np.tanh(inside.others["c"]), rtol=1e-12)
    before = np.vstack([np.zeros(3), inside.others["c"][:-1]])
    made = inside.gates["f"] * before + inside.gates["i"] * inside.gates["g"]
    np.testing.assert_allclose(inside.others["c"], made, rtol=1e-12)
    assert [name for name, *_ in saturation(inside)] == ["i", "f", "g", "o", "h"]


def test_batch_first_dropout_and_a_carried_state_change_nothing():
    plain = nn.GRU(2, 3, num_layers=2, dtype=np.float64)
    other = nn.GRU(2, 3, num_layers=2, batch_first=True, dropout=0.5, stateful=True, dtype=np.float64)
    other.load_state_dict(plain.state_dict())
    other(np.ones((1, 3, 2)))
    carried = other._carried.data.copy()

    one, two = look_inside(plain, X), look_inside(other, X)

    np.testing.assert_array_equal(one.states, two.states)
    np.testing.assert_array_equal(one.influence, two.influence)
    assert list(one.gates) == [f"{gate}, layer {n}" for n in (1, 2) for gate in ("r", "z", "candidate")]
    assert other.training and other.batch_first and (other._carried.data == carried).all()


def test_both_directions_are_shown_and_a_reversed_layer_depends_on_the_future():
    both = look_inside(nn.GRU(2, 3, bidirectional=True), X.astype(np.float32))
    assert list(both.gates)[3] == "r, backward" and both.states.shape == (4, 6) and (both.influence > 0).all()
    reverse = look_inside(nn.GRU(2, 3, go_backwards=True), X.astype(np.float32))
    assert (np.tril(reverse.influence, -1) == 0).all() and (np.diag(reverse.influence) > 0).all()


def test_what_cannot_be_looked_at_is_refused(layer):
    with pytest.raises(ShapeError, match=r"wanted one sequence \(T, 1, I\)"):
        look_inside(layer, np.zeros((4, 2, 2)))
    with pytest.raises(ArgumentError, match="401 steps are too many"):
        look_inside(layer, np.zeros((401, 1, 2)))
    with pytest.raises(ArgumentError, match="got 2 labels for 4 steps"):
        look_inside(layer, X, labels="ab")
