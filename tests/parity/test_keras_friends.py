"""What a Keras user brings along, against Keras itself: dictionaries, own losses, learning rates, states, names."""

import json
import os

os.environ.setdefault("KERAS_BACKEND", "torch")  # before the first import of keras in this process

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn.reference import error
from tests.parity.test_keras_layers import (
    MASK,
    RECURRENT,
    TOLERANCE,
    B,
    H,
    assert_equal,
    inputs,
    pair,
    with_the_same_weights,
)
from tests.parity.test_keras_training import assert_same_history, both, sentences, sketch
from tinygrad_gru.keras import callbacks, layers, models

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")]


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


# --- dictionaries ----------------------------------------------------------------------------------------------------

LAYERS = {
    "Dense": lambda L: L.Dense(2, activation="relu", kernel_initializer="he_normal", name="a"),
    "Activation": lambda L: L.Activation("tanh", name="a"),
    "GRU": lambda L: L.GRU(2, dropout=0.25, return_sequences=True, name="a"),
    "GRU, before": lambda L: L.GRU(2, reset_after=False, use_bias=False, stateful=True, unroll=True, name="a"),
    "LSTM": lambda L: L.LSTM(2, go_backwards=True, recurrent_activation="hard_sigmoid", name="a"),
    "SimpleRNN": lambda L: L.SimpleRNN(2, return_state=True, zero_output_for_mask=True, name="a"),
    "Bidirectional": lambda L: L.Bidirectional(L.GRU(2, name="b"), name="a"),
    "Bidirectional, all": lambda L: L.Bidirectional(L.LSTM(2, return_sequences=True, name="b"), "ave", name="a"),
    "TimeDistributed": lambda L: L.TimeDistributed(L.Dense(2, name="b"), name="a"),
    "frozen": lambda L: L.Dense(2, trainable=False, name="a"),
    "Embedding": lambda L: L.Embedding(3, 2, mask_zero=True, embeddings_initializer="random_normal", name="a"),
    "Dropout": lambda L: L.Dropout(0.5, name="a"),
    "LayerNormalization": lambda L: L.LayerNormalization(epsilon=0.01, name="a"),
    "Masking": lambda L: L.Masking(-1.0, name="a"),
    "Flatten": lambda L: L.Flatten(name="a"),
}


@pytest.mark.parametrize("name", LAYERS)
def test_the_dictionary_of_a_layer_is_keras_s_and_each_reads_the_other_s(keras, name):
    ours, theirs = LAYERS[name](layers), LAYERS[name](keras.layers)
    config = theirs.get_config()
    assert ours.get_config() == config
    assert type(ours).from_config(json.loads(json.dumps(config))).get_config() == config
    assert type(theirs).from_config(ours.get_config()).get_config() == config


def chain(L):
    return [
        L.Embedding(40, 4, mask_zero=True, name="words"), L.Bidirectional(L.GRU(3, return_sequences=True), name="both"),
        L.TimeDistributed(L.Dense(2, name="inside"), name="each"), L.LSTM(4, name="over"),
        L.LayerNormalization(name="even"), L.Dense(1, activation="sigmoid", name="top"),
    ]  # fmt: skip


def test_a_model_goes_there_and_comes_from_there_with_its_weights(keras):
    x, _ = sentences()
    theirs = keras.Sequential([keras.Input((8,), dtype="int32"), *chain(keras.layers)], name="mine")
    theirs.set_weights([np.random.default_rng(1).normal(0, 0.5, w.shape) for w in theirs.get_weights()])
    wanted = theirs.predict(x, verbose=0)

    ours = models.model_from_json(theirs.to_json())
    ours.set_weights(theirs.get_weights())
    assert error(ours.predict(x), wanted) < 1e-5
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]
    for mine, other in zip(ours.weights, theirs.weights, strict=True):
        assert mine.name == other.name and mine.shape == tuple(other.shape)

    for back in (keras.models.model_from_json(ours.to_json()), keras.Sequential.from_config(ours.get_config())):
        back.set_weights(ours.get_weights())
        assert error(back.predict(x, verbose=0), wanted) < 1e-6


# --- states, masks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "options"), RECURRENT)
@pytest.mark.parametrize("masked", [False, True])
def test_bidirectional_takes_an_initial_state(keras, name, options, masked):
    def made(L):
        return L.Bidirectional(getattr(L, name)(H, return_state=True, return_sequences=True, **options))

    ours, theirs = made(layers), made(keras.layers)
    x = inputs()
    ours(x)
    theirs(x)
    with_the_same_weights(ours, theirs)
    states = [inputs(i + 1)[:, 0, :1].repeat(H, axis=1) for i in range(4 if name == "LSTM" else 2)]
    mask = MASK if masked else None
    there = theirs(x, initial_state=[keras.ops.convert_to_tensor(s) for s in states], mask=mask)
    assert_equal(keras, ours(x, mask, initial_state=states), there)


@pytest.mark.parametrize(("name", "options"), RECURRENT)
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("zero", [False, True])
def test_zero_output_for_mask_and_unroll(keras, name, options, sequences, zero):
    options = options | {"return_sequences": sequences, "return_state": True, "zero_output_for_mask": zero}
    for unroll in (False, True):
        ours, theirs = pair(keras, name, H, unroll=unroll, **options)
        assert_equal(keras, ours(inputs(), MASK), theirs(inputs(), mask=MASK))


def test_training_says_whether_dropout_works_in_this_call(keras):
    x = np.ones((B, 5, 8), np.float32)
    for module, numbers in ((layers, lambda y: y.data), (keras.layers, keras.ops.convert_to_numpy)):
        layer = module.GRU(4, dropout=0.5, return_sequences=True)
        still, again = numbers(layer(x, training=False)), numbers(layer(x, training=False))
        wet, other = numbers(layer(x, training=True)), numbers(layer(x, training=True))
        assert (still == again).all() and (wet != other).any() and (wet != still).any()


# --- own losses, metrics, rates --------------------------------------------------------------------------------------


def cubed(y_true, y_pred):
    return abs((y_true - y_pred) * (y_true - y_pred) * (y_true - y_pred)).mean(axis=-1)


def of_all(y_true, y_pred):
    return ((y_true - y_pred) * (y_true - y_pred)).mean()


def far(y_true, y_pred):
    return abs(y_true - y_pred).mean(axis=-1)


def tags(L):
    return [L.Embedding(40, 4, mask_zero=True), L.GRU(5, return_sequences=True), L.Dense(1)]


@pytest.mark.parametrize("loss", [cubed, of_all])
@pytest.mark.parametrize("weighted", [False, True])
def test_own_losses_and_metrics(keras, loss, weighted):
    x, y = sentences()
    ours, theirs = both(keras, sketch, optimizer="adam", loss=loss, metrics=[far])
    options = {"sample_weight": np.linspace(0.1, 2, len(x))} if weighted else {}
    assert_same_history(ours, theirs, x, y.astype(np.float32)[:, None], **options)


@pytest.mark.parametrize("loss", [cubed, of_all])
@pytest.mark.parametrize("weights", ["none", "steps"])  # those of samples beside a mask are an error in Keras
def test_own_losses_with_a_mask(keras, loss, weights):
    x, _ = sentences()
    y = np.random.default_rng(2).normal(size=(*x.shape, 1)).astype(np.float32)
    ours, theirs = both(keras, tags, optimizer="adam", loss=loss)
    options = {"sample_weight": np.random.default_rng(3).uniform(size=x.shape)} if weights == "steps" else {}
    assert_same_history(ours, theirs, x, y, **options)


def test_a_schedule_of_rates(keras):
    ours, theirs = both(keras, sketch, optimizer="adam", loss="binary_crossentropy")
    options = {"epochs": 4, "batch_size": 16, "shuffle": False, "verbose": 0}
    rate = lambda epoch, lr: lr * 0.5 if epoch else 0.01  # noqa: E731
    a = ours.fit(*sentences(), callbacks=[callbacks.LearningRateScheduler(rate)], **options).history
    b = theirs.fit(*sentences(), callbacks=[keras.callbacks.LearningRateScheduler(rate)], **options).history
    assert sorted(a) == sorted(b)
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-5, err_msg=name)


@pytest.mark.parametrize("cooldown", [0, 2])
@pytest.mark.parametrize("patience", [0, 1, 3])
def test_a_rate_that_falls_on_a_plateau(keras, cooldown, patience):
    ours, theirs = both(keras, sketch, optimizer="sgd", loss="binary_crossentropy", metrics=["accuracy"])
    options = {"epochs": 12, "batch_size": 16, "shuffle": False, "verbose": 0, "validation_split": 0.25}
    plateau = {"monitor": "val_loss", "factor": 0.3, "patience": patience, "cooldown": cooldown, "min_delta": 0.004,
               "min_lr": 1e-5}  # fmt: skip
    a = ours.fit(*sentences(), callbacks=[callbacks.ReduceLROnPlateau(**plateau)], **options).history
    b = theirs.fit(*sentences(), callbacks=[keras.callbacks.ReduceLROnPlateau(**plateau)], **options).history
    assert sorted(a) == sorted(b) and len(set(a["learning_rate"])) > 1
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-5, atol=1e-6, err_msg=name)


# --- the sketch ------------------------------------------------------------------------------------------------------

SKETCH = """
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import Embedding, GRU, Dense

model = Sequential([
    Embedding(input_dim=vocab_size, output_dim=128, input_length=max_len),
    GRU(64, return_sequences=False),
    Dense(1, activation='sigmoid')
])
model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy'])
"""
AS_ATTRIBUTES = """
from tensorflow import keras
from tensorflow.keras import layers

model = keras.Sequential([
    keras.Input((max_len,)),
    layers.Embedding(vocab_size, 128),
    layers.GRU(64),
    keras.layers.Dense(1, activation='sigmoid'),
])
model.compile(optimizer=keras.optimizers.Adam(0.001), loss='binary_crossentropy', metrics=['accuracy'])
"""


@pytest.mark.parametrize("text", [SKETCH, SKETCH.replace("tensorflow.keras", "tensorflow"), AS_ATTRIBUTES])
def test_the_sketch_runs_with_another_word_as_its_only_change_and_as_in_keras(keras, text):
    x, y = sentences()
    scope = {"vocab_size": 40, "max_len": 8}
    exec(text.replace("tensorflow", "tinygrad_gru"), scope)
    ours = scope["model"]
    tg.seed(0)
    ours.predict(x)
    theirs = keras.Sequential([keras.layers.Embedding(40, 128), keras.layers.GRU(64), keras.layers.Dense(1, "sigmoid")])
    theirs.predict(x, verbose=0)
    theirs.set_weights(ours.get_weights())
    theirs.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    assert_same_history(ours, theirs, x, y, validation_split=0.2)
    assert error(ours.predict(x), theirs.predict(x, verbose=0)) < 50 * TOLERANCE
