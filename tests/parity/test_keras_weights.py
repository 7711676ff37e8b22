"""Weights from Keras's own layers: the same outputs here, and every bit of them back.

Outputs agree to 1e-6 and not better: in float64, too, Keras multiplies matrices in float32 (keras#23223).
"""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")  # before the first import of keras in this process

import numpy as np
import pytest

from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.interop import from_keras, to_keras

# Keras's own way from a variable to NumPy is deprecated.
pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy"),
    pytest.mark.usefixtures("each_engine"),
]

T, B, I, H = 6, 3, 4, 5
KINDS = ["SimpleRNN", "LSTM", "GRU", "GRU, reset before"]


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def their_layer(keras, kind: str, bias: bool = True, **options):
    if kind.startswith("GRU"):
        options["reset_after"] = kind == "GRU"
    name = kind.partition(",")[0]
    return getattr(keras.layers, name)(H, use_bias=bias, return_sequences=True, **options)


def our_layer(kind: str, input_size: int = I, layers: int = 1, bias: bool = True, **options) -> nn.Recurrent:
    if kind.startswith("GRU"):
        return nn.GRU(input_size, H, layers, bias=bias, batch_first=True, reset_after=kind == "GRU", **options)
    return {"SimpleRNN": nn.RNN, "LSTM": nn.LSTM}[kind](input_size, H, layers, bias=bias, batch_first=True, **options)


def randomised(theirs, seed: int = 0):
    """Every weight random: Keras's own biases begin at 0, which would hide the half of all faults."""
    rng = np.random.default_rng(seed)
    theirs.set_weights([rng.normal(0, 0.5, w.shape).astype(np.float32) for w in theirs.get_weights()])
    return theirs


def assert_the_same(keras, theirs, ours, x: np.ndarray) -> None:
    from_keras(ours, theirs.get_weights())
    got = ours(x)
    got = got[0] if isinstance(got, tuple) else got
    assert error(got.data, keras.ops.convert_to_numpy(theirs(x))) < 1e-6
    back = to_keras(ours)
    assert [(w.dtype, w.shape, w.tobytes()) for w in back] == [
        (w.dtype, w.shape, w.tobytes()) for w in theirs.get_weights()
    ]
    theirs.set_weights(back)  # and it takes them back


def sequences() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(B, T, I)).astype(np.float32)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_recurrent_layer_computes_the_same_and_goes_back(keras, kind, backwards, bias):
    theirs = their_layer(keras, kind, bias, go_backwards=backwards)
    theirs.build((B, T, I))
    assert_the_same(keras, randomised(theirs), our_layer(kind, bias=bias, go_backwards=backwards), sequences())


@pytest.mark.parametrize("kind", KINDS)
def test_a_bidirectional_layer_as_well(keras, kind):
    theirs = keras.layers.Bidirectional(their_layer(keras, kind))
    theirs.build((B, T, I))
    assert_the_same(keras, randomised(theirs), our_layer(kind, bidirectional=True), sequences())


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_layers_on_top_of_each_other_are_one_of_ours(keras, kind, both):
    layers = [their_layer(keras, kind) for _ in range(3)]
    if both:
        layers = [keras.layers.Bidirectional(layer) for layer in layers]
    theirs = keras.Sequential([keras.Input((T, I)), *layers])
    assert_the_same(keras, randomised(theirs), our_layer(kind, layers=3, bidirectional=both), sequences())


def test_other_layers_and_other_activations(keras):
    theirs = keras.Sequential(
        [
            keras.Input((T,), dtype="int32"),
            keras.layers.Embedding(11, I),
            their_layer(keras, "GRU", activation="softsign", recurrent_activation="hard_sigmoid"),
            keras.layers.Dropout(0.5),
            keras.layers.LayerNormalization(epsilon=1e-5),
            keras.layers.Dense(3),
        ]
    )

    class Ours(nn.Module):
        def __init__(self):
            self.embedding = nn.Embedding(11, I)
            self.gru = our_layer("GRU", activation="softsign", gate_activation="hard_sigmoid")
            self.head = nn.Sequential(nn.Dropout(0.5), nn.LayerNorm(H), nn.Linear(H, 3))

        def forward(self, x):
            return self.head(self.gru(self.embedding(x))[0])

    assert_the_same(keras, randomised(theirs), Ours().eval(), np.random.default_rng(2).integers(11, size=(B, T)))


def test_the_check_notices_two_gates_that_are_swapped(keras):
    theirs = their_layer(keras, "GRU")
    theirs.build((B, T, I))
    randomised(theirs)
    ours = our_layer("GRU")
    swapped = [np.concatenate([np.split(w, 3, axis=-1)[i] for i in (1, 0, 2)], axis=-1) for w in theirs.get_weights()]
    x = sequences()
    assert error(from_keras(ours, swapped)(x)[0].data, keras.ops.convert_to_numpy(theirs(x))) > 1e-2
