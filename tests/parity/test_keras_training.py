"""The README's sketch, trained by Keras and here from the same weights on the same batches: the same losses."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")  # before the first import of keras in this process

import numpy as np
import pytest

from tinygrad_gru.keras import layers, models, optimizers

# Keras's own way from a variable to NumPy is deprecated.
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")]

WORDS, LENGTH = 40, 8


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def sentences(n: int = 96) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.integers(1, WORDS, (n, LENGTH))
    for row, length in zip(x, rng.integers(2, LENGTH + 1, n), strict=True):
        row[length:] = 0
    return x, (x[:, 0] > WORDS // 2).astype(np.int64)


def both(keras, chain, **compiled):
    """The model of these layers here and there, with the same weights."""
    x, _ = sentences()
    ours, theirs = models.Sequential(chain(layers)), keras.Sequential(chain(keras.layers))
    ours.predict(x)
    theirs.predict(x, verbose=0)
    theirs.set_weights([np.asarray(w) for w in ours.get_weights()])
    ours.compile(**compiled)
    theirs.compile(**compiled)
    return ours, theirs


def assert_same_history(ours, theirs, x, y, tolerance=1e-5, **options) -> None:
    options = {"epochs": 2, "batch_size": 16, "shuffle": False, "verbose": 0} | options
    a, b = ours.fit(x, y, **options), theirs.fit(x, y, **options)
    assert sorted(a.history) == sorted(b.history)
    for name in a.history:
        np.testing.assert_allclose(a.history[name], b.history[name], rtol=tolerance, atol=tolerance, err_msg=name)


def sketch(module, mask_zero=False, **gru):
    return [
        module.Embedding(input_dim=WORDS, output_dim=16, mask_zero=mask_zero),
        module.GRU(12, return_sequences=False, **gru),
        module.Dense(1, activation="sigmoid"),
    ]


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
def test_the_sketch_with_every_optimiser(keras, optimizer):
    ours, theirs = both(keras, sketch, optimizer=optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    assert_same_history(ours, theirs, *sentences(), validation_split=0.25)


@pytest.mark.parametrize(
    "options", [{"mask_zero": True}, {"reset_after": False}, {"mask_zero": True, "go_backwards": True}]
)
def test_the_sketch_with_masks_and_the_other_dialect(keras, options):
    ours, theirs = both(
        keras, lambda m: sketch(m, **options), optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"]
    )
    assert_same_history(ours, theirs, *sentences())


@pytest.mark.parametrize("kind", ["LSTM", "SimpleRNN"])
def test_stacked_and_bidirectional(keras, kind):
    def chain(m):
        layer = getattr(m, kind)
        return [
            m.Embedding(WORDS, 6, mask_zero=True),
            m.Bidirectional(layer(5, return_sequences=True)),
            m.LayerNormalization(),
            layer(4),
            m.Dense(1, activation="sigmoid"),
        ]

    ours, theirs = both(keras, chain, optimizer="adam", loss="binary_crossentropy")
    assert_same_history(ours, theirs, *sentences())


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
def test_classes(keras, loss):
    x, y = sentences()
    y = x[:, 0] % 3
    y = np.eye(3)[y] if loss.startswith("cat") else y
    ours, theirs = both(
        keras, lambda m: [m.Embedding(WORDS, 6), m.GRU(5), m.Dense(3, activation="softmax")],
        optimizer="adam", loss=loss, metrics=["accuracy"],
    )  # fmt: skip
    assert_same_history(ours, theirs, x, y)


@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_regression_with_metrics(keras, loss):
    x, _ = sentences()
    y = np.sin(x.sum(axis=1))
    ours, theirs = both(
        keras,
        lambda m: [m.Embedding(WORDS, 6), m.GRU(5), m.Dense(1)],
        optimizer="sgd",
        loss=loss,
        metrics=["mae", "mse"],
    )
    assert_same_history(ours, theirs, x, y)


def test_an_output_for_each_step_with_a_mask(keras):
    x, _ = sentences()
    y = (x % 2)[..., None]
    ours, theirs = both(
        keras, lambda m: [m.Embedding(WORDS, 6, mask_zero=True), m.GRU(5, return_sequences=True),
                          m.TimeDistributed(m.Dense(1, activation="sigmoid"))],
        optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"],
    )  # fmt: skip
    assert_same_history(ours, theirs, x, y)


@pytest.mark.parametrize("weights", ["class", "sample"])  # Keras refuses both at once
def test_weights_of_classes_and_samples(keras, weights):
    x, y = sentences()
    options = {}
    if weights == "class":
        options["class_weight"] = {0: 0.5, 1: 3.0}
    else:
        options["sample_weight"] = np.random.default_rng(1).uniform(0, 2, len(x))
    ours, theirs = both(keras, sketch, optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    assert_same_history(ours, theirs, x, y, **options)


def test_evaluate_and_predict(keras):
    x, y = sentences()
    ours, theirs = both(keras, sketch, optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x, verbose=0), atol=1e-6)
    np.testing.assert_allclose(ours.evaluate(x, y), theirs.evaluate(x, y, verbose=0), rtol=1e-6, atol=1e-6)


def test_small_gradients_with_epsilon_where_keras_has_it(keras):
    x, y = sentences()
    for name in ("Adam", "AdamW", "RMSprop"):
        ours, theirs = both(keras, sketch, optimizer="adam", loss="binary_crossentropy")
        ours.compile(getattr(optimizers, name)(epsilon=1e-2), "binary_crossentropy")
        theirs.compile(getattr(keras.optimizers, name)(epsilon=1e-2), "binary_crossentropy")
        assert_same_history(ours, theirs, x, y)
