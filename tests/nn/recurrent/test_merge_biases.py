"""Two bias vectors and one: the same outputs, another training."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors, nn

pytestmark = pytest.mark.usefixtures("each_engine")

MAKE = {
    "rnn": lambda bias: nn.RNN(2, 3, bias=bias, dtype=np.float64),
    "gru": lambda bias: nn.GRU(2, 3, bias=bias, dtype=np.float64),
    "gru, reset after": lambda bias: nn.GRU(2, 3, bias=bias, reset_after=True, dtype=np.float64),
    "lstm": lambda bias: nn.LSTM(2, 3, 2, bias=bias, bidirectional=True, dtype=np.float64),
}
EACH = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE.keys())
X = np.random.default_rng(0).normal(size=(6, 2, 2))


@EACH
def test_folding_changes_no_output_and_leaves_the_original_alone(make):
    layer = make("double")
    before = layer.state_dict()
    folded = nn.fold_biases(layer)

    assert np.abs(folded(X)[0].data - layer(X)[0].data).max() < 1e-15
    assert {key.rpartition(".")[2] for key in folded.state_dict()} == {
        key.rpartition(".")[2] for key in make("single").state_dict()
    }
    assert before.keys() == layer.state_dict().keys()
    assert folded.cell.bias == "single" and layer.cell.bias == "double"
    folded.load_state_dict(make("single").state_dict())  # it is one in every respect


@EACH
def test_folding_is_not_exact_for_training(make):
    double = make("double")
    folded = nn.fold_biases(double)
    for layer in (double, folded):
        optimizer = tg.optim.SGD(layer.parameters(), lr=0.1)
        (layer(X)[0] ** 2).mean().backward()
        optimizer.step()

    assert np.abs(folded(X)[0].data - double(X)[0].data).max() > 1e-6


@EACH
def test_each_of_two_vectors_gets_the_whole_gradient(make):
    double = make("double")
    folded = nn.fold_biases(double)
    for layer in (double, folded):
        (layer(X)[0] ** 2).sum().backward()

    name = next(name for name in vars(folded.cell) if name.startswith("b_") and name[2:] in ("r", "i", "h"))
    gradient = getattr(folded.cell, name).grad
    for side in "xh":
        assert np.abs(getattr(double.cell, f"b_{side}{name[2:]}").grad - gradient).max() < 1e-12


def test_what_has_single_biases_or_none_stays_as_it_is():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    bare = nn.fold_biases(nn.GRU(2, 3, bias=False, reset_after=True))

    assert nn.fold_biases(model).state_dict().keys() == model.state_dict().keys()
    assert bare.cell.bias == "none" and not [key for key in bare.state_dict() if ".b_" in key]


def test_the_usual_number_of_vectors_is_that_of_the_libraries_that_have_the_dialect():
    assert nn.GRU(2, 3).cell.bias == nn.LSTM(2, 3).cell.bias == nn.RNN(2, 3).cell.bias == "single"
    assert nn.GRU(2, 3, reset_after=True).cell.bias == "double"
    assert nn.GRU(5, 7, reset_after=True).num_parameters == 3 * (5 * 7 + 7 * 7) + 6 * 7
    assert nn.GRU(5, 7, bias="single", reset_after=True).num_parameters == 3 * (5 * 7 + 7 * 7) + 4 * 7
    assert nn.GRU(5, 7).num_parameters == 3 * (5 * 7 + 7 * 7) + 3 * 7


@pytest.mark.parametrize("bias", ["both", 2, None])
def test_a_bias_that_does_not_exist_is_named(bias):
    with pytest.raises(errors.ArgumentError, match=r'GRUCell: bias: got .*, wanted True, False, "single" or "double"'):
        nn.GRU(2, 3, bias=bias)


def test_a_gru_may_start_by_keeping_and_an_lstm_by_not_forgetting():
    for kind in ("single", "double"):
        gru = nn.GRU(2, 3, bias=kind, keep_bias=2.0).cell
        lstm = nn.LSTM(2, 3, bias=kind, forget_bias=1.0).cell
        with tg.no_grad():
            assert (np.asarray(gru.b_z) == -2).all() and (np.asarray(lstm.b_f) == 1).all()
            assert (np.asarray(gru.b_r) != 0).all()
    with pytest.raises(errors.ArgumentError, match="GRUCell: there is no bias to start at -2.0. try: bias=True"):
        nn.GRU(2, 3, bias=False, keep_bias=2.0)
