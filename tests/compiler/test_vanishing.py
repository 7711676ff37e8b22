"""Gradients that vanish over many steps are flushed to zero as the engine does it, and then the way back ends."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import difference
from tinygrad_gru import nn
from tinygrad_gru.compiler import compile as caching
from tinygrad_gru.nn import fused

T, B = 400, 4


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch):
    """Small memory, so that there are many chunks of steps to stop between."""
    monkeypatch.setattr(caching, "CACHE", 1 << 12)


class Counting(list):
    """A list that knows how many of its items were asked for in slices, as the way back does chunk by chunk."""

    taken = 0

    def __getitem__(self, key):
        part = list.__getitem__(self, key)
        Counting.taken += len(part)
        return part


@pytest.fixture(name="steps")
def fixture_steps(monkeypatch):
    """How many steps are taken on the way back."""
    rows = fused.Unrolled._rows
    monkeypatch.setattr(fused.Unrolled, "_rows", lambda self, steps: Counting(rows(self, steps)))
    Counting.taken = 0
    return lambda: Counting.taken


def layers(kind="rnn", dtype=np.float32, scale=0.3):
    """The same layer by both engines; with weights so small that a gradient shrinks to a third at each step, or so."""
    made = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind]
    found = [made(3, 5, dtype=dtype, engine=engine) for engine in ("compiled", "eager")]
    rng = np.random.default_rng(0)
    for p in found[0].parameters():
        p.assign((scale * rng.uniform(-0.5, 0.5, p.shape)).astype(dtype))
        if kind == "gru" and p.name and p.name.startswith("b_z"):
            p.assign(np.full(p.shape, 2.0, dtype))  # forget quickly
    found[1].load_state_dict(found[0].state_dict())
    return found


def gradients(layer, weights, dtype=np.float32):
    """Those of Σ weights · outputs."""
    layer.zero_grad()
    x = np.random.default_rng(1).uniform(-1, 1, (T, B, 3)).astype(dtype)
    x = tg.Tensor(x, requires_grad=True)
    out, _ = layer(x)
    tg.sum(out * weights.astype(dtype)).backward()
    return {"out": out.data, "gradient of x": x.grad, **{name: p.grad for name, p in layer.named_parameters()}}


def only_at(*places):
    weights = np.zeros((T, B, 5), np.float32)
    weights[list(places)] = np.random.default_rng(2).uniform(-1, 1, (len(places), B, 5))
    return weights


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("places", [(T - 1,), (0,), (T - 1, 150), (T // 2, 3, 4), tuple(range(T))])
def test_gradients_are_those_of_the_composed_layer(kind, places):
    one, many = layers(kind)

    got, wanted = gradients(one, only_at(*places)), gradients(many, only_at(*places))

    assert difference(got, wanted)[0] < 1e-5
    for name in wanted:  # nothing subnormal is left over
        size = np.abs(got[name])
        assert not ((size > 0) & (size < 1e-36)).any(), name


def test_the_loop_ends_where_nothing_more_flows(steps):
    one, many = layers()

    got = gradients(one, only_at(T - 1))
    taken = steps()

    assert taken < T // 2
    assert (got["gradient of x"][: T - taken] == 0).all()
    assert (gradients(many, only_at(T - 1))["gradient of x"][: T - taken] == 0).all()  # as the engine has it


def test_it_does_not_end_before_a_gradient_that_comes_in_earlier(steps):
    one, many = layers()
    weights = only_at(T - 1, 100)

    got = gradients(one, weights)

    assert T - 101 < steps() < T
    assert difference(got, gradients(many, weights))[0] < 1e-5
    assert np.abs(got["gradient of x"][100]).max() > 1e-3


@pytest.mark.parametrize("how", ["without flushing", "float64"])
def test_otherwise_all_steps_are_taken(how, steps):
    dtype = np.float64 if how == "float64" else np.float32
    one, many = layers(dtype=dtype, scale=1.5)

    with tg.flush_subnormals(how != "without flushing"):
        got, wanted = (gradients(layer, only_at(T - 1), dtype) for layer in (one, many))

    assert steps() == T
    assert difference(got, wanted)[0] < (1e-11 if how == "float64" else 1e-5)


def test_a_nan_is_no_small_number():
    one, many = layers()
    weights = only_at(T - 1)
    weights[T - 1, 0, 0] = np.nan

    got, wanted = gradients(one, weights), gradients(many, weights)

    assert np.isnan(wanted["gradient of x"][0, 0]).all() and not np.isnan(wanted["gradient of x"][0, 1]).any()
    assert all((np.isnan(got[name]) == np.isnan(wanted[name])).all() for name in wanted)


def test_lengths_and_the_gradient_of_the_first_state(steps):
    found = []
    for layer in layers():
        h0 = tg.Tensor(np.full((1, B, 5), 0.5, np.float32), requires_grad=True)
        x = np.random.default_rng(1).uniform(-1, 1, (T, B, 3)).astype(np.float32)
        out, h_n = layer(x, h0, lengths=np.array([T, 300, 2, 0]))
        tg.sum(h_n * h_n).backward()
        found.append({"out": out.data, "gradient of h0": h0.grad,
                      **{name: p.grad for name, p in layer.named_parameters()}})  # fmt: skip
        layer.zero_grad()

    assert difference(*found)[0] < 1e-5
    assert (found[0]["gradient of h0"][0, 0] == 0).all()  # it has come a long way
    assert np.abs(found[0]["gradient of h0"][0, 2:]).min() > 0
    assert steps() == T  # what does not count lets the gradient through
