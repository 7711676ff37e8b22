"""RNN, GRU and LSTM as one writes them: the options of PyTorch, and those of the cells."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError

KINDS = [tg.nn.RNN, tg.nn.GRU, tg.nn.LSTM]


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_and_states_have_the_shapes_of_pytorch(kind):
    layer = kind(2, 3, num_layers=2, bidirectional=True)
    out, state = layer(np.zeros((5, 4, 2), np.float32))
    assert out.shape == (5, 4, 6)
    states = state if isinstance(state, tuple) else (state,)
    assert [s.shape for s in states] == [(4, 4, 3)] * len(states) and len(states) == (2 if kind is tg.nn.LSTM else 1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_batch_may_come_first(kind):
    out, _ = kind(2, 3, batch_first=True)(np.zeros((4, 5, 2), np.float32))
    assert out.shape == (4, 5, 3)


def test_options_of_a_cell_are_options_of_its_layer():
    gru = tg.nn.GRU(2, 3, reset_after=True, keep_bias=2.0)
    assert gru.cell.reset_after and np.all(gru.cell.b_xz.data + gru.cell.b_hz.data == -2.0)
    assert np.all(tg.nn.LSTM(2, 3, forget_bias=1.0).cell.b_f.data == 1.0)


@pytest.mark.parametrize("options", [{"num_layers": 0}, {"hidden": 3}, {"dropout": 1.0}, {"engine": "fast"}])
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises((ArgumentError, TypeError)):
        tg.nn.GRU(2, 3, **options)
