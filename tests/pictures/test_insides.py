"""What a layer does with a sequence: numbers by finite differences, pictures, and a page that asks nobody."""

import json
import re

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError, ShapeError
from tinygrad_gru.pictures.insides import Insides, heat_maps, influence, input_of, look_inside, saturation
from tinygrad_gru.pictures.insides_page import page


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


def test_the_page_holds_the_numbers_and_asks_nobody(layer):
    inside = look_inside(layer, X, labels=["</script><img src=x onerror=alert(1)>", "&", "\n", '"'])
    text = page(inside, "<b>title</b>")

    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])
    assert data["labels"][0] == "</script><img src=x onerror=alert(1)>" and data["title"] == "<b>title</b>"
    assert np.allclose(data["influence"], inside.influence, rtol=5e-3)
    assert "<img src=x" not in text and "<b>title" not in text
    without_data = re.sub(r'id="data">.*?</script>', "", text, flags=re.DOTALL)
    assert not re.search(r"(?:src|href)\s*=|https?://|@import|fetch\(|url\(", without_data)


def test_the_picture_has_a_map_for_each_gate_and_one_of_the_influence(layer, tmp_path):
    figure = heat_maps(look_inside(layer, X, labels=["$a", " ", "\n", "\x00"]), "gru")
    figure.savefig(tmp_path / "insides.png")

    assert (tmp_path / "insides.png").stat().st_size > 10_000


def test_what_cannot_be_looked_at_is_refused(layer):
    with pytest.raises(ShapeError, match=r"wanted one sequence \(T, 1, I\)"):
        look_inside(layer, np.zeros((4, 2, 2)))
    with pytest.raises(ArgumentError, match="401 steps are too many"):
        look_inside(layer, np.zeros((401, 1, 2)))
    with pytest.raises(ArgumentError, match="got 2 labels for 4 steps"):
        look_inside(layer, X, labels="ab")
