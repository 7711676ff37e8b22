"""Captions: the rule, its numbers, and how the contributions add up."""

import numpy as np

import tinygrad_gru as tg
from tests.playback.test_frames import X, small
from tinygrad_gru import nn
from tinygrad_gru.diagram.api import loss_of_layer
from tinygrad_gru.diagram.explore.captions import caption, numbers, states
from tinygrad_gru.diagram.explore.trace import trace_of


def words(trace, state):
    return "".join(word for word, _ in caption(trace, state))


def test_captions_tell_the_rule_its_numbers_and_what_it_adds_up_to():
    trace = trace_of(small())
    told = [words(trace, state) for state in states(trace)]
    assert told[0].startswith("Ready.")
    assert told[1].startswith("forward 1 of 3: tanh(x) = [0.762 0.964]  ·  out = tanh(x);  ∂out/∂x = 1 − out²")
    assert told[3].startswith("forward 3 of 3: L = Σ (tanh(x)⊙x) = 2.69")
    assert told[4].startswith("back 1 of 3: ∂L/∂L = 1 goes through Σ") and "∂L/∂(tanh(x)⊙x) = [1 1]" in told[4]
    assert "∂L/∂x = [0.762 0.964] (contribution 1 of 2)" in told[5]
    assert "∂L/∂x += [0.42 0.141] (contribution 2 of 2, together [1.18 1.11])" in told[6]


def test_the_sums_at_the_end_are_the_engines_gradients():
    with tg.seed(0):
        layer = nn.LSTM(2, 4)
    loss = loss_of_layer(layer, X)
    *_, state = states(trace_of(loss))
    for p, wanted in zip(layer.parameters(), tg.grad(loss, layer.parameters()), strict=True):
        np.testing.assert_allclose(state.sums[p], wanted, rtol=1e-5, atol=1e-7)


def test_numbers_are_short_and_honest():
    assert numbers(np.array(0.5)) == "0.5"
    assert numbers(np.array([-0.0, -1.5, np.nan, -np.inf])) == "[0 −1.5 NaN −∞]"
    assert numbers(np.ones((3, 4))) == "[1 1 1 1 … of 3×4, norm 3.46]"
