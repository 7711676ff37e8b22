"""The layers of the Keras face against Keras's own: the same outputs and states for the same weights and masks."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")  # before the first import of keras in this process

import numpy as np
import pytest

from tests.nn.reference import error
from tinygrad_gru.keras import layers

# Keras's own way from a variable to NumPy is deprecated.
pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy"),
    pytest.mark.usefixtures("each_engine"),
]

B, T, I, H = 4, 6, 3, 5
TOLERANCE = 2e-6  # float32


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def pair(keras, name: str, *args, **options):
    """The layer of this name here and there, built for (B, T, I), with the same random weights."""
    ours, theirs = getattr(layers, name)(*args, **options), getattr(keras.layers, name)(*args, **options)
    x = np.zeros((B, T, I), np.float32)
    ours(x)
    theirs(x)
    return with_the_same_weights(ours, theirs)


def with_the_same_weights(ours, theirs):
    rng = np.random.default_rng(7)
    weights = [rng.normal(0, 0.5, w.shape).astype(np.float32) for w in theirs.get_weights()]
    theirs.set_weights(weights)
    ours.set_weights(weights)
    for a, b in zip(ours.get_weights(), weights, strict=True):
        assert a.tobytes() == b.tobytes()
    for layer in (ours, theirs):
        if getattr(layer, "stateful", False):
            layer.reset_state()
    return ours, theirs


def assert_equal(keras, ours, theirs, tolerance=TOLERANCE) -> None:
    ours, theirs = ours if isinstance(ours, list) else [ours], theirs if isinstance(theirs, list | tuple) else [theirs]
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        b = keras.ops.convert_to_numpy(b)
        assert a.shape == b.shape
        assert error(a.data, b) < tolerance


def inputs(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(B, T, I)).astype(np.float32)


RECURRENT = [("SimpleRNN", {}), ("GRU", {}), ("GRU", {"reset_after": False}), ("LSTM", {})]
MASK = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1], [1, 0, 1, 1, 0, 1]], bool)  # with gaps


@pytest.mark.parametrize(("name", "options"), RECURRENT)
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "gaps"])
def test_outputs_and_states_of_the_recurrent_layers(keras, name, options, sequences, backwards, mask):
    options = options | {"return_sequences": sequences, "return_state": True, "go_backwards": backwards}
    ours, theirs = pair(keras, name, H, **options)
    assert_equal(keras, ours(inputs(), mask), theirs(inputs(), mask=mask))


@pytest.mark.parametrize(("name", "options"), RECURRENT)
def test_activations_and_no_bias(keras, name, options):
    gate = {} if name == "SimpleRNN" else {"recurrent_activation": "hard_sigmoid"}
    ours, theirs = pair(keras, name, H, activation="softsign", use_bias=False, **gate, **options)
    assert_equal(keras, ours(inputs()), theirs(inputs()))


@pytest.mark.parametrize("function", ["softsign", "relu", "tanh", "softplus", "linear", "silu", "softmax"])
@pytest.mark.parametrize("reset_after", [False, True])
@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "gaps"])
def test_a_gru_with_any_function_of_its_gates(keras, function, reset_after, mask):
    options = {"reset_after": reset_after, "return_sequences": True, "return_state": True}
    ours, theirs = pair(keras, "GRU", H, recurrent_activation=function, **options)
    x = 0.3 * inputs()
    assert_equal(keras, ours(x, mask), theirs(x, mask=mask), 1e-5)  # z below 0 or above 1 makes roundings grow


@pytest.mark.parametrize(("name", "options"), RECURRENT)
def test_stateful_layers_go_on_where_the_last_batch_ended_until_they_are_reset(keras, name, options):
    ours, theirs = pair(keras, name, H, stateful=True, **options)
    first = None
    for seed in range(3):
        got = ours(inputs(seed))
        first = got.data if first is None else first
        assert_equal(keras, got, theirs(inputs(seed)))
    ours.reset_state()
    theirs.reset_state()
    assert_equal(keras, ours(inputs(0)), theirs(inputs(0)))
    assert (ours.inner.reset_state(), ours(inputs(0)).data.tobytes())[1] == first.tobytes()


@pytest.mark.parametrize(("name", "options"), RECURRENT)
def test_an_initial_state_is_taken(keras, name, options):
    rng = np.random.default_rng(1)
    states = [rng.normal(size=(B, H)).astype(np.float32) for _ in range(2 if name == "LSTM" else 1)]
    ours, theirs = pair(keras, name, H, **options)
    given = [keras.ops.convert_to_tensor(s) for s in states]
    import tinygrad_gru as tg

    assert_equal(
        keras,
        ours(tg.Tensor(inputs()), initial_state=[tg.Tensor(s) for s in states]),
        theirs(keras.ops.convert_to_tensor(inputs()), initial_state=given if len(given) > 1 else given[0]),
    )


@pytest.mark.parametrize(("name", "options"), RECURRENT)
@pytest.mark.parametrize("merge", ["concat", "sum", "mul", "ave", None])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "gaps"])
def test_bidirectional(keras, name, options, merge, sequences, mask):
    def both(module):
        inner = getattr(module, name)(H, return_sequences=sequences, **options)
        return module.Bidirectional(inner, merge_mode=merge)

    ours, theirs = both(layers), both(keras.layers)
    ours(inputs())
    theirs(inputs())
    ours, theirs = with_the_same_weights(ours, theirs)
    assert_equal(keras, ours(inputs(), mask), theirs(inputs(), mask=mask))


def test_bidirectional_with_states(keras):
    ours = layers.Bidirectional(layers.LSTM(H, return_state=True))
    theirs = keras.layers.Bidirectional(keras.layers.LSTM(H, return_state=True))
    ours(inputs())
    theirs(inputs())
    ours, theirs = with_the_same_weights(ours, theirs)
    assert_equal(keras, ours(inputs()), theirs(inputs()))


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        ("Dense", (4,), {"activation": "relu"}),
        ("Dense", (4,), {"use_bias": False, "activation": "softmax"}),
        ("LayerNormalization", (), {}),
        ("LayerNormalization", (), {"epsilon": 0.1}),
        ("Activation", ("tanh",), {}),
        ("Masking", (0.0,), {}),
        ("Flatten", (), {}),
        ("Dropout", (0.5,), {}),
    ],
)
def test_layers_without_a_state(keras, name, args, options):
    ours, theirs = pair(keras, name, *args, **options)
    x = inputs()
    x[1, 3:] = 0
    assert_equal(keras, ours.eval()(x), theirs(x))


def test_time_distributed(keras):
    ours, theirs = (m.TimeDistributed(m.Dense(2, activation="tanh")) for m in (layers, keras.layers))
    ours(inputs())
    theirs(inputs())
    ours, theirs = with_the_same_weights(ours, theirs)
    assert_equal(keras, ours(inputs()), theirs(inputs()))


def test_embedding(keras):
    words = np.array([[1, 2, 0], [3, 9, 9]])
    ours, theirs = layers.Embedding(10, 4, mask_zero=True), keras.layers.Embedding(10, 4, mask_zero=True)
    ours(words)
    theirs(words)
    ours, theirs = with_the_same_weights(ours, theirs)
    assert_equal(keras, ours(words), theirs(words))
    assert (ours.next_mask(words, None) == keras.ops.convert_to_numpy(theirs.compute_mask(words))).all()
