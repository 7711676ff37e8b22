"""`compile(jit_compile=...)` as in Keras 3: recurrent layers run as programs, those that can be, or none."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.keras.layers import GRU, LSTM, Bidirectional, Dense, Input, Layer
from tinygrad_gru.keras.models import Sequential, load_model

X = np.random.default_rng(0).normal(size=(4, 5, 3)).astype(np.float32)
Y = np.zeros((4, 1), np.float32)


def model(*layers):
    with tg.seed(0):
        return Sequential([*layers, Dense(1)])


def engines(model):
    return [module.engine for module in model.modules() if isinstance(module, nn.Recurrent)]


def uncompiled(x):
    """An activation that looks at a number."""
    return tg.tanh(x) if float(tg.sum(x)) < 1e9 else x


def test_until_compile_it_runs_eagerly():
    network = model(Input((5, 3)), GRU(2))
    network.predict(X)

    assert engines(network) == ["eager"]


@pytest.mark.parametrize("built", [True, False])
@pytest.mark.parametrize(
    ("option", "wanted"), [({}, "compiled"), ("auto", "compiled"), (True, "compiled"), (False, "eager")]
)
def test_each_recurrent_layer_inside_follows(option, wanted, built):
    network = model(*([Input((5, 3))] if built else []), GRU(2, return_sequences=True), Bidirectional(LSTM(2)))
    network.compile("sgd", "mse", **(option if option == {} else {"jit_compile": option}))
    network.fit(X, Y, verbose=0)

    assert engines(network) == [wanted] * 3


def test_the_numbers_are_the_same():
    found = []
    for option in (True, False):
        network = model(Input((5, 3)), GRU(2))
        network.compile("sgd", "mse", jit_compile=option)
        network.fit(X, Y, epochs=3, verbose=0, shuffle=False)
        found.append(network.predict(X))

    assert np.abs(found[0] - found[1]).max() < 1e-6


def test_auto_leaves_what_cannot_be_compiled_and_true_says_why():
    network = model(Input((5, 3)), GRU(2, activation=uncompiled))

    network.compile("sgd", "mse")
    assert engines(network) == ["eager"] and np.isfinite(network.predict(X)).all()
    with pytest.raises(ArgumentError, match=r"cannot be compiled: its step reads the value.*test_jit_compile.py"):
        network.compile("sgd", "mse", jit_compile=True)


def test_it_may_be_compiled_again_otherwise_and_later_layers_follow():
    network = Sequential([Input((5, 3)), GRU(2, return_sequences=True)])
    network.compile("sgd", "mse", jit_compile=True)
    network.add(GRU(2))
    assert engines(network) == ["compiled", "compiled"]

    network.compile("sgd", "mse", jit_compile=False)
    assert engines(network) == ["eager", "eager"]


def test_a_layer_of_nn_inside_a_layer_of_ones_own_follows_too():
    class Own(Layer):
        def __init__(self):
            super().__init__({})
            self.gru = nn.GRU(3, 2, batch_first=True)

        def call(self, x, mask=None):
            return self.gru(x)[0][:, -1]

        def output_shape(self, shape):
            return (shape[0], 2)

    network = model(Own())
    network.compile("sgd", "mse")

    assert engines(network) == ["compiled"]


def test_what_is_loaded_is_compiled_as_a_model_is_by_default(tmp_path):
    network = model(Input((5, 3)), GRU(2))
    network.compile("sgd", "mse")
    network.save(tmp_path / "model.npz")

    assert engines(load_model(tmp_path / "model.npz")) == ["compiled"]
    assert engines(load_model(tmp_path / "model.npz", compile=False)) == ["eager"]


@pytest.mark.parametrize("wrong", ["yes", None, 2])
def test_anything_else_is_refused(wrong):
    with pytest.raises(ArgumentError, match="compile: jit_compile: got .*, wanted True, False or 'auto'"):
        model(GRU(2)).compile("sgd", "mse", jit_compile=wrong)
