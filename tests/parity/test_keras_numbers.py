"""Where numbers once differed from Keras's in silence: rates that change, labels that are odd, weights, baselines."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")  # before the first import of keras in this process

import numpy as np
import pytest

from tests.parity.test_keras_training import assert_same_history, both
from tinygrad_gru.keras import callbacks, optimizers
from tinygrad_gru.keras.layers.initial import initial

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")]

rng = np.random.default_rng(5)
WORDS = rng.integers(1, 40, (72, 8))  # 72: the last batch of 16 is smaller
REAL = rng.normal(size=72)
BINARY = (REAL > 0).astype(int)
CLASSES = rng.integers(0, 3, 72)


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def chain(units: int, activation=None):
    return lambda m: [m.Embedding(40, 4), m.GRU(4), m.Dense(units, activation)]


@pytest.mark.parametrize("options", [{"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"nesterov": True}])
def test_momentum_when_the_rate_changes(keras, options):
    ours, theirs = both(keras, chain(1), optimizer="sgd", loss="mse")
    ours.compile(optimizers.SGD(0.1, **options), "mse")
    theirs.compile(keras.optimizers.SGD(0.1, **options), "mse")
    for epoch in range(3):
        for model in (ours, theirs):
            model.optimizer.learning_rate = 0.1 * 0.3**epoch
        assert_same_history(ours, theirs, WORDS, REAL)


LABELS = {
    "soft": ((1, "sigmoid"), np.abs(np.tanh(REAL)), "binary_crossentropy", ["accuracy", "binary_accuracy"]),
    "-1 and 1": ((1, "tanh"), 2 * BINARY - 1, "mse", ["binary_accuracy"]),
    "of a regression": ((1,), REAL, "mse", ["accuracy"]),
    "several at once": ((3, "sigmoid"), np.eye(3)[CLASSES], "binary_crossentropy", ["accuracy", "binary_accuracy"]),
    "in a column": ((3, "softmax"), CLASSES[:, None], "sparse_categorical_crossentropy",
                    ["acc", "sparse_categorical_accuracy"]),
    "not whole": ((3, "softmax"), CLASSES * 0.85, "sparse_categorical_crossentropy", ["accuracy"]),
    "one-hot, of what is no softmax": ((3, "softplus"), np.eye(3)[CLASSES], "categorical_crossentropy",
                                       ["categorical_accuracy"]),
    "of what is no softmax": ((3, "softplus"), CLASSES, "sparse_categorical_crossentropy", ["accuracy"]),
}  # fmt: skip


@pytest.mark.parametrize("labels", LABELS)
def test_labels(keras, labels):
    output, y, loss, metrics = LABELS[labels]
    ours, theirs = both(keras, chain(*output), optimizer="sgd", loss=loss, metrics=metrics)
    assert_same_history(ours, theirs, WORDS, y)


@pytest.mark.parametrize(
    "options",
    [
        {"class_weight": {1: 3.0}, "validation_split": 0.3},  # does not count where it is only measured
        {"sample_weight": np.abs(REAL), "validation_split": 0.3},  # does
        {"sample_weight": np.abs(REAL)[:, None]},
        {"sample_weight": (np.arange(72) > 20) * 1.0},
    ],
    ids=["class", "sample", "column", "none in the first batch"],
)
def test_weights(keras, options):
    ours, theirs = both(
        keras, chain(3, "softmax"), optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    assert_same_history(ours, theirs, WORDS, CLASSES, **options)


def test_the_class_of_a_target_is_rounded(keras):
    ours, theirs = both(keras, chain(1, "sigmoid"), optimizer="sgd", loss="binary_crossentropy")
    assert_same_history(ours, theirs, WORDS, np.clip(np.abs(REAL), 0, 1), class_weight={0: 0.5, 1: 3.0})


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("column", [False, True])
def test_weights_of_steps(keras, masked, column):
    ours, theirs = both(
        keras, lambda m: [m.Embedding(40, 4, mask_zero=masked), m.GRU(4, return_sequences=True), m.Dense(1)],
        optimizer="sgd", loss="mse", metrics=["mae"],
    )  # fmt: skip
    x = np.where(np.arange(8) < rng.integers(2, 9, (72, 1)), WORDS, 0)
    weights = np.random.default_rng(1).uniform(size=(72, 8))
    y = np.sin(np.arange(72 * 8.0)).reshape(72, 8, 1)
    assert_same_history(ours, theirs, x, y, sample_weight=weights[..., None] if column else weights)


FIGURES = [
    [3, 2, 2.5, 1, 1.5, 1.2, 0, 4, 4, 4], [3, 2, 0, 0, 0, 0, 0, 1, 1, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    [3, 2.9, 2.8, 2.7, 2.6, 2.5, 2.4, 2.3, 2.2, 2], [5, 5, 5, 5, 0.5, 0.6, 0.7, 0.8, 0.2, 0.9],
    [1, 1.5, 0.9, 0.95, 0.8, 0.85, 0.7, 2, 2, 2],
]  # fmt: skip


@pytest.mark.parametrize("patience", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"baseline": 1.0},
        {"baseline": 2.6, "min_delta": 0.15},
        {"start_from_epoch": 3},
        {"mode": "max", "baseline": 4},
    ],
)
def test_early_stopping_stops_and_restores_where_keras_does(keras, patience, options):
    class Model:
        weights, stop_training, metrics = 0, False, ()

        def get_weights(self):
            return self.weights

        def set_weights(self, weights):
            self.weights = weights

        state_dict, load_state_dict = get_weights, set_weights

    for figures in FIGURES:
        ends = []
        for module in (callbacks, keras.callbacks):
            stopping, model = module.EarlyStopping(patience=patience, restore_best_weights=True, **options), Model()
            stopping.set_model(model)
            stopping.on_train_begin({})
            for epoch, figure in enumerate(figures):
                model.weights = epoch
                stopping.on_epoch_end(epoch, {"val_loss": figure})
                if model.stop_training:
                    break
            stopping.on_train_end({})
            ends.append((stopping.stopped_epoch, model.weights))
        assert ends[0] == ends[1], figures


NAMES = ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "uniform",
         "normal", "random_uniform", "random_normal", "truncated_normal", "orthogonal", "zeros", "ones"]  # fmt: skip


@pytest.mark.parametrize("shape", [(400, 300), (120, 480)])
@pytest.mark.parametrize("name", NAMES)
def test_initial_weights_are_spread_as_kerass(keras, name, shape):
    ours = initial(name, shape)
    theirs = keras.ops.convert_to_numpy(keras.initializers.get(name)(shape))
    at = np.linspace(0, 1, 41)[1:-1]
    assert np.abs(np.quantile(ours, at) - np.quantile(theirs, at)).max() <= 0.03 * theirs.std()
    # not the largest: Keras draws again four times, and then takes what lies beyond
    tails = [np.quantile(np.abs(w), 0.999) for w in (ours, theirs)]
    assert tails[0] == pytest.approx(tails[1], rel=0.06)
