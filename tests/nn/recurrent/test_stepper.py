"""A layer one step at a time is the layer."""

import numpy as np
import pytest

import tinygrad_gru as tg
from examples.minimal_gated_unit import MinimalGatedUnit
from tinygrad_gru import errors, nn

X = np.random.default_rng(0).normal(size=(6, 3, 2)).astype(np.float32)


class Noisy(nn.Cell):
    """A cell that cannot be compiled: it looks at a number."""

    def step(self, x, h):
        return (h * 0.5 + x if float(x.sum()) < 1e9 else h,)


LAYERS = {
    "rnn": lambda: nn.RNN(2, 4),
    "gru": lambda: nn.GRU(2, 4),
    "gru, reset after": lambda: nn.GRU(2, 4, reset_after=True),
    "lstm": lambda: nn.LSTM(2, 4),
    "three layers": lambda: nn.GRU(2, 4, 3),
    "two layers of lstm": lambda: nn.LSTM(2, 4, 2),
    "minimal gated unit": lambda: nn.Recurrent(MinimalGatedUnit(2, 4)),
    "eager": lambda: nn.GRU(2, 4, engine="eager"),
    "cannot be compiled": lambda: nn.Recurrent(Noisy(2, 2)),
}
EACH = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS.keys())


def whole(state):
    return [s.data if isinstance(s, tg.Tensor) else s for s in (state if isinstance(state, tuple) else (state,))]


@EACH
def test_step_by_step_it_is_the_layer(make):
    layer = make()
    step = nn.Stepper(layer, batch=3)

    outputs = [step(x).copy() for x in X]

    wanted, last = layer(X)
    assert np.abs(np.stack(outputs) - wanted.data).max() < 1e-6
    for got, want in zip(whole(step.state), whole(last), strict=True):
        assert got.shape == want.shape and np.abs(got - want).max() < 1e-6


@EACH
def test_it_starts_from_the_state_it_is_given_and_starts_again(make):
    layer = make()
    _, state = layer(X[:3])
    wanted = layer(X[3:], state)[0].data

    step = nn.Stepper(layer, batch=3, h0=state)
    first = [step(x).copy() for x in X[3:]]
    step.reset(state)
    again = [step(x).copy() for x in X[3:]]
    step.reset()

    assert np.abs(np.stack(first) - wanted).max() < 1e-6
    assert (np.stack(first) == np.stack(again)).all()
    assert np.abs(step(X[0]) - layer(X[:1])[0].data[0]).max() < 1e-6


def test_it_leaves_the_state_it_was_given_alone():
    layer = nn.GRU(2, 4)
    h0 = np.full((1, 3, 4), 0.5, np.float32)
    step = nn.Stepper(layer, batch=3, h0=h0)
    for x in X:
        step(x)

    assert (h0 == 0.5).all()


def test_it_keeps_the_weights_it_was_made_with():
    layer = nn.GRU(2, 4)
    step = nn.Stepper(layer, batch=3)
    before = layer(X[:1])[0].data[0]
    for p in layer.parameters():
        p.assign(np.zeros(p.shape))

    assert np.abs(step(X[0]) - before).max() < 1e-6


def test_what_does_not_fit_is_named():
    with pytest.raises(errors.ArgumentError, match="Stepper: the layer reads backwards"):
        nn.Stepper(nn.GRU(2, 4, bidirectional=True))
    with pytest.raises(errors.ShapeError, match=r"Stepper: x is float32 \(3, 2\), wanted float32 \(1, 2\)"):
        nn.Stepper(nn.GRU(2, 4))(X[0])
    with pytest.raises(errors.ShapeError, match=r"Stepper: x is float64 \(3, 2\), wanted float32"):
        nn.Stepper(nn.GRU(2, 4), batch=3)(X[0].astype(float))
    with pytest.raises(errors.ShapeError, match=r"Stepper: state h is float32 \(3, 4\), wanted \(1, 3, 4\)"):
        nn.Stepper(nn.GRU(2, 4), batch=3, h0=np.zeros((3, 4), np.float32))
