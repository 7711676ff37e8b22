"""`tg.compile`: which layers it switches, that they then run as programs, and what it says where they cannot."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn.reference import error
from tinygrad_gru import errors, nn
from tinygrad_gru.core.backward import toposort
from tinygrad_gru.core.ops.activations import Tanh
from tinygrad_gru.nn.fused import Unrolled

T, B, I, H = 5, 3, 2, 4
X = np.random.default_rng(0).normal(size=(T, B, I))


class Hasty(nn.Cell):
    """It looks at a number."""

    def step(self, x, h):
        return (h if float(tg.sum(h)) > 0 else tg.tanh(h),)


class Drops(nn.Cell):
    """It draws random numbers, in training only."""

    def __init__(self):
        super().__init__(I, I)
        self.dropout = nn.Dropout(0.5)

    def step(self, x, h):
        return (self.dropout(0.5 * h + x),)


class Network(nn.Module):
    """Recurrent layers at several places: an attribute, a list, a dictionary, and a module inside."""

    def __init__(self):
        self.below = nn.GRU(I, H, dtype=np.float64)
        self.middle = [nn.LSTM(H, H, bidirectional=True, dtype=np.float64)]
        self.above = {"top": nn.Sequential(nn.Linear(2 * H, I, dtype=np.float64))}

    def forward(self, x, **options):
        x, _ = self.below(x, **options)
        x, _ = self.middle[0](x, **options)
        return self.above["top"](x)


def programs(*results):
    """How many layers, in one direction, ran as a program to make these."""
    return sum(isinstance(t.op, Unrolled) for t in toposort(results, everything=True))


def gradients(module, x=X, seed=0, **options):
    module.zero_grad()
    tg.seed(seed)
    x = tg.Tensor(x, requires_grad=True)
    y = module(x, **options)
    y = y[0] if isinstance(y, tuple) else y
    tg.sum(y * y).backward()
    return [y.data, x.grad, *(p.grad for p in module.parameters())], programs(y)


def test_it_returns_the_module_and_switches_every_layer_inside():
    network = Network()
    eager, none = gradients(network)

    assert tg.compile(network) is network
    compiled, three = gradients(network)

    assert (none, three) == (0, 3)  # the GRU, and the LSTM's two directions
    assert all(error(a, b) < 1e-12 for a, b in zip(compiled, eager, strict=True))


def test_it_can_be_undone():
    network = Network()
    before, _ = gradients(network)
    again, none = gradients(tg.compile(tg.compile(network), engine="eager"))

    assert none == 0 and all((a == b).all() for a, b in zip(again, before, strict=True))
    assert tg.compile(nn.Linear(2, 3), engine="eager") is not None  # there is nothing to undo


def test_a_breakpoint_in_a_vjp_is_met_until_the_layer_is_compiled(monkeypatch):
    calls, real = [], Tanh.vjp
    monkeypatch.setattr(Tanh, "vjp", lambda self, g, y, x: calls.append(y.shape) or real(self, g, y, x))
    layer = nn.GRU(I, H, dtype=np.float64)

    gradients(layer)
    assert calls == [(B, H)] * T
    tg.compile(layer)
    calls.clear()
    gradients(layer)
    assert calls == []


@pytest.mark.parametrize(
    "options",
    [{}, {"lengths": [5, 0, 3]}, {"mask": np.arange(T * B).reshape(T, B) % 3 > 0}],
    ids=["whole", "lengths", "mask"],
)
@pytest.mark.parametrize("training", [True, False])
def test_it_counts_in_training_and_evaluation_with_dropout_and_lengths(options, training):
    layer = nn.GRU(I, H, 2, dropout=0.3, recurrent_dropout=0.4, dtype=np.float64).train(training)
    eager, _ = gradients(layer, **options)
    compiled, two = gradients(tg.compile(layer), **options)

    assert two == 2 and all(error(a, b) < 1e-12 for a, b in zip(compiled, eager, strict=True))
    layer.train(not training)
    assert gradients(layer, **options)[1] == 2


def test_it_counts_with_an_initial_state_into_which_gradients_flow():
    found = []
    for layer in (nn.LSTM(I, H, dtype=np.float64), nn.LSTM(I, H, dtype=np.float64, engine="compiled")):
        for p in layer.parameters():
            p.assign(np.random.default_rng(p.size).normal(size=p.shape))
        start = [tg.Tensor(np.full((1, B, H), n), requires_grad=True) for n in (0.1, 0.2)]
        out, (h_n, c_n) = layer(X, tuple(start))
        found.append(tg.grad(tg.sum(out * h_n[0]) + tg.sum(c_n), start))

    assert all(error(a, b) < 1e-12 for a, b in zip(*found, strict=True))


def test_it_stays_after_loading_copying_and_pickling(tmp_path):
    layer = tg.compile(nn.GRU(I, H))
    tg.save(layer, tmp_path / "layer.npz")

    for other in (tg.load(layer, tmp_path / "layer.npz"), copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert programs(other(X.astype(np.float32))[0]) == 1


def test_what_was_pickled_by_the_old_words_still_runs():
    layer = nn.GRU(I, H, dtype=np.float64)
    wanted = layer(X)[0].data
    for word in ("auto", "composed"):
        vars(layer)["engine"] = word
        assert (pickle.loads(pickle.dumps(layer))(X)[0].data == wanted).all()


def test_repr_says_which_layers_run_compiled():
    model = nn.Sequential(tg.compile(nn.RNN(2, 3)), nn.RNN(3, 3))

    assert "layers.0: RNN(2, 3, engine='compiled')" in repr(model)
    assert "layers.1: RNN(3, 3) " in repr(model)


def test_a_cell_of_ones_own_is_compiled_too():
    class Leaky(nn.Cell):
        def step(self, x, h):
            return (0.5 * h + x,)

    x = tg.Tensor(X.astype(np.float32), requires_grad=True)
    assert programs(tg.compile(nn.Recurrent(Leaky(I, I)))(x)[0]) == 1


def test_where_nothing_can_be_compiled_it_is_an_error_that_says_why():
    layer = nn.Recurrent(Hasty(2, 2))

    with pytest.raises(errors.ArgumentError, match=r"^compile: Hasty cannot be compiled: its step reads.*compiling.py"):
        tg.compile(layer)
    assert layer.engine == "eager"


def test_one_that_cannot_be_among_others_stays_eager_and_a_warning_says_which_and_why():
    model = nn.Sequential(nn.GRU(2, 2), nn.Recurrent(Hasty(2, 2)))

    with pytest.warns(errors.NotCompiledWarning) as told:
        tg.compile(model)

    (line,) = [str(w.message) for w in told]
    assert line.startswith("compile: layers.1: Hasty cannot be compiled: its step reads")
    assert line.endswith("; this layer stays eager") and "\n" not in line and told[0].filename == __file__
    assert [layer.engine for layer in model] == ["compiled", "eager"]


@pytest.mark.parametrize("training", [True, False])
def test_what_cannot_be_compiled_in_training_alone_is_said_at_once(training):
    layer = nn.Recurrent(Drops()).train(training)

    with pytest.raises(errors.ArgumentError, match="Drops cannot be compiled: its step draws random numbers"):
        tg.compile(layer)
    assert [m.training for m in layer.modules()] == [training] * 3


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        (nn.Linear(2, 3), "Linear has no recurrent layer, and nothing else is compiled"),
        (nn.GRUCell(2, 3), r"GRUCell has no recurrent layer.*try: tg.nn.Recurrent\(cell\)"),
        (tg.tanh, "got a function, wanted a module"),
        ("gru", "got a str, wanted a module"),
    ],
)
def test_what_holds_nothing_to_compile_is_named(thing, message):
    with pytest.raises(errors.ArgumentError, match=f"^compile: {message}"):
        tg.compile(thing)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("auto", '\'auto\' is gone, wanted "eager" or "compiled". try: engine="compiled", or tg.compile'),
        ("composed", "'composed' is gone.*try: engine=\"eager\""),
        ("fast", 'got \'fast\', wanted "eager" or "compiled"'),
        (False, "got False, wanted"),
    ],
)
def test_another_engine_is_refused_and_the_old_words_name_the_new(word, message):
    for call in (lambda: tg.compile(nn.GRU(2, 3), word), lambda: nn.GRU(2, 3, engine=word)):
        with pytest.raises(errors.ArgumentError, match=f"engine: {message}") as failure:
            call()
        assert "\n" not in str(failure.value)


def test_nothing_is_warned_of_where_all_is_well():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tg.compile(Network())
