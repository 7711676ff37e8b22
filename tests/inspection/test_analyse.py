"""A layer on a sequence: influence by finite differences, gates and states by the equations."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.inspection.examples import X
from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError, ShapeError
from tinygrad_gru.inspection import analyse
from tinygrad_gru.inspection.analyse import Insides, influence, input_of, look_inside, saturation

pytestmark = pytest.mark.usefixtures("each_engine")


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


@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM", "reset_after"])
def test_the_influence_of_one_layer_is_that_of_finite_differences(cell):
    tg.seed(0)
    layer = tg.nn.GRU(2, 3, reset_after=True) if cell == "reset_after" else getattr(tg.nn, cell)(2, 3)
    layer.astype(np.float64)
    x = np.random.default_rng(1).normal(size=(6, 1, 2))
    step = 1e-6
    expected = np.zeros((6, 6))
    for s in range(6):
        for i in range(2):
            shift = np.zeros_like(x)
            shift[s, 0, i] = step
            slope = (layer(x + shift)[0].numpy() - layer(x - shift)[0].numpy()) / (2 * step)  # (T, 1, H)
            expected[:, s] += np.square(slope[:, 0]).sum(axis=1)
    assert influence(layer, x) == pytest.approx(np.sqrt(expected), rel=1e-6, abs=1e-9)


def test_the_influence_of_a_long_sequence_takes_one_product_a_step_and_not_a_backward_pass(monkeypatch):
    walked = []
    monkeypatch.setattr(analyse, "grad", lambda y, xs, real=analyse.grad: (walked.append(1), real(y, xs))[1])
    layer = tg.nn.GRU(2, 4)
    assert influence(layer, np.ones((50, 1, 2), np.float32)).shape == (50, 50)
    assert len(walked) == 50 and all(layer.cell.W_r.grad is None for _ in walked)
