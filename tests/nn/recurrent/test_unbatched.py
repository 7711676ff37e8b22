"""One sequence without the axis of a batch."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors, nn

pytestmark = pytest.mark.usefixtures("each_engine")

x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_a_sequence_alone_is_a_batch_of_one(kind, bidirectional, batch_first):
    layer = kind(3, 4, num_layers=2, bidirectional=bidirectional, batch_first=batch_first)
    axis, directions = (0 if batch_first else 1), 2 if bidirectional else 1
    h0 = np.random.default_rng(1).normal(size=(2 * directions, 4)).astype(np.float32)
    start, batch_start = ((h0, h0), (h0[:, None], h0[:, None])) if kind is nn.LSTM else (h0, h0[:, None])

    out, last = layer(x, start)
    wanted, wanted_last = layer(np.expand_dims(x, axis), batch_start)

    assert out.shape == (5, 4 * directions) and (out.data == wanted.data.squeeze(axis)).all()
    pairs = zip(last, wanted_last, strict=True) if kind is nn.LSTM else [(last, wanted_last)]
    for s, w in pairs:
        assert s.shape == (2 * directions, 4) and (s.data == w.data[:, 0]).all()


def test_gradients_reach_x_h0_and_the_weights():
    layer = nn.GRU(3, 4, dtype=np.float64)
    h0 = np.random.default_rng(1).normal(size=(1, 4))
    assert tg.gradcheck(lambda x, h0: layer(x, h0)[0], x.astype(np.float64), h0)
    layer(x.astype(np.float64))[0].sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


def test_its_gates_have_no_batch_either():
    _, _, (gates,) = nn.GRU(3, 4)(x, return_gates=True)
    assert {name: g.shape for name, g in gates.items()} == dict.fromkeys(["r", "z", "candidate"], (5, 4))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.GRU(4, 4)(x), r"x \(5, 3\) does not fit, wanted \(T, B, 4\), or one sequence \(T, 4\)"),
        (lambda: nn.GRU(3, 4)(x, lengths=[5]), "lengths is for a batch, and x is one sequence.*try: x"),
        (lambda: nn.GRU(3, 4)(x, mask=np.ones((5, 1), bool)), "mask is for a batch"),
        (lambda: nn.GRU(3, 4)(x, np.zeros((1, 1, 4), np.float32)), r"state .* does not fit, wanted \(L·D, H\)"),
        (lambda: nn.GRU(3, 4)(x, np.zeros((2, 4), np.float32)), r"wanted \(1, 1, 4\)"),
    ],
)
def test_what_is_for_a_batch_is_named(call, message):
    with pytest.raises(errors.TinygradError, match=message):
        call()
