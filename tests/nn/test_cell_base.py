"""The base class of all cells: states, checks before and after a step, weights and biases."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, DtypeError, ShapeError


class Adding(tg.nn.Cell):
    """h + x, where both have one size."""

    def step(self, x, h):
        return (h + x,)


class Two(tg.nn.Cell):
    def __init__(self):
        super().__init__(2, 2, states=("h", "c"))

    def step(self, x, h, c):
        return h + c, c + x


x = tg.Tensor([[1.0, 2.0]])


def test_a_cell_called_makes_one_step_from_zeros_or_from_a_state():
    cell = Adding(2, 2)
    assert cell(x)[0].data.tolist() == [[1.0, 2.0]] and cell(x, x)[0].data.tolist() == [[2.0, 4.0]]


def test_several_states_go_in_and_come_out_in_order():
    h, c = Two()(x)
    h, c = Two()(x, h, c)
    assert h.data.tolist() == [[1.0, 2.0]] and c.data.tolist() == [[2.0, 4.0]]


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ((np.ones((1, 3), np.float32),), ShapeError, r"input .* does not fit, wanted \(B, 2\)"),
        ((np.ones((1, 2)),), DtypeError, "is float64, the parameters are float32"),
        ((x, np.ones((1, 3), np.float32)), ShapeError, r"state h is float32 \(1, 3\), wanted \(1, 2\)"),
        ((x, x, x), ArgumentError, "got 2 states, wanted 1: h"),
    ],
)
def test_what_does_not_fit_a_step_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        Adding(2, 2)(*arguments)


@pytest.mark.parametrize(
    "result, error, message",
    [
        (lambda h: h, ArgumentError, r"wanted a tuple of 1 state: h.*try: return \(h,\)"),
        (lambda h: (h.data,), ArgumentError, "carries no gradient"),
        (lambda h: (h[:, :1],), ShapeError, "went in as .* and came back as"),
        (lambda h: (h.astype(np.float64),), DtypeError, "went in as float32 and came back as float64"),
        (lambda h: (h, h), ArgumentError, "2 states"),
    ],
)
def test_what_a_step_must_not_return_is_named(result, error, message):
    class Wrong(tg.nn.Cell):
        def step(self, x, h):
            return result(h)

    with pytest.raises(error, match=message):
        Wrong(2, 2)(x)


def test_weights_have_the_rows_of_h_first_and_biases_the_kind_asked_for():
    cell = Adding(2, 3)
    assert [W.shape for W in cell.weights(2)] == [(5, 3), (5, 3)]
    assert [b.shape for b in cell.biases("r", "z")] == [(3,), (3,)]
    assert cell.biases("r", kind="none") == [0.0] and len(cell.biases("r", kind="double")[0]) == 2


def test_a_cell_without_a_step_says_what_to_write():
    with pytest.raises(NotImplementedError, match=r"needs a step\(self, x, \*state\) method"):
        tg.nn.Cell(2, 2)(x)


def test_an_init_that_was_not_called_is_named():
    class Forgetful(tg.nn.Cell):
        def __init__(self):
            pass

    with pytest.raises(ArgumentError, match="its __init__ has not called that of Cell"):
        Forgetful()(x)
