"""What the cells of the library share: kinds of bias, activations, where a bias starts, and two dialects."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError

nn = tg.nn


@pytest.mark.parametrize(
    "cell, names",
    [
        (lambda: nn.RNNCell(2, 3), {"W_h", "b_h"}),
        (lambda: nn.RNNCell(2, 3, bias=False), {"W_h"}),
        (lambda: nn.RNNCell(2, 3, bias="double"), {"W_h", "b_xh", "b_hh"}),
    ],
)
def test_a_gate_has_as_many_biases_as_one_asks_for(cell, names):
    assert set(cell().state_dict()) == names


def test_a_bias_starts_where_one_says():
    cell = nn.GRUCell(2, 3, bias="double")
    cell.start_bias("z", -2.0)
    assert cell.b_xz.data.tolist() == [-2.0] * 3 and cell.b_hz.data.tolist() == [0.0] * 3


def test_a_gate_that_is_not_there_or_has_no_bias_is_named():
    with pytest.raises(ArgumentError, match="there is no gate 'q' with a bias. try: the letter of a gate"):
        nn.GRUCell(2, 3).start_bias("q", 1.0)
    with pytest.raises(ArgumentError, match="there is no bias to start at 1.0. try: bias=True"):
        nn.GRUCell(2, 3, bias=False).start_bias("z", 1.0)


@pytest.mark.parametrize("bias", [None, 1, "both", np.zeros(3)])
def test_other_kinds_of_bias_are_refused(bias):
    with pytest.raises(ArgumentError, match='wanted True, False, "single" or "double"'):
        nn.RNNCell(2, 3, bias=bias)


def test_activations_are_those_chosen():
    cell = nn.GRUCell(1, 1, activation="relu")
    assert cell.φ is tg.relu and nn.GRUCell(1, 1).σ is tg.sigmoid


def test_a_cell_tells_only_what_is_not_as_usual():
    assert nn.GRUCell(2, 3).describe() == "2, 3"
    assert nn.GRUCell(2, 3, bias=False, activation="relu").describe() == "2, 3, bias=False, activation='relu'"


def test_reset_after_makes_the_other_dialect():
    assert type(nn.GRUCell(2, 3, reset_after=True)).__name__ == "ResetAfterGRUCell"
    with pytest.raises(ArgumentError, match="an equation of another class. try: tg.nn.GRUCell"):
        type(nn.GRUCell(2, 3, reset_after=True))(2, 3, reset_after=False)
