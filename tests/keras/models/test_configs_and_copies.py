"""Models as dictionaries and texts, their weights by name, copies and pickles of them."""

import copy
import json
import pickle

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, CheckpointError
from tinygrad_gru.keras.layers import GRU, LSTM, Bidirectional, Dense, Embedding, Input, Layer, TimeDistributed
from tinygrad_gru.keras.models import Sequential, model_from_json

X = np.array([[1, 2, 3, 0], [4, 5, 0, 0]])
Y = np.array([[1.0], [0.0]])


def model(**options):
    return Sequential(
        [
            Embedding(20, 4, mask_zero=True),
            Bidirectional(LSTM(3, return_sequences=True), merge_mode="ave"),
            TimeDistributed(Dense(2)),
            GRU(5),
            Dense(1, activation="sigmoid"),
        ],
        **options,
    )


def trained():
    tg.seed(0)
    built = model(name="mine")
    built.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    built.fit(X, Y, epochs=2, verbose=0)
    return built


def test_a_model_comes_back_from_its_dictionary_and_its_text_with_initial_weights():
    built = trained()
    for again in (Sequential.from_config(built.get_config()), model_from_json(built.to_json())):
        assert again.get_config() == built.get_config() and again.loss is None
        again.set_weights(built.get_weights())
        assert (again.predict(X) == built.predict(X)).all()
    assert json.loads(built.to_json())["class_name"] == "Sequential"


def test_a_model_without_weights_comes_back_without():
    again = Sequential.from_config(Sequential([GRU(3), Dense(1)]).get_config())
    assert [layer.name for layer in again.layers] == ["gru", "dense"] and not any(layer.built for layer in again.layers)
    assert len(Sequential.from_config(Sequential().get_config()).layers) == 0


def test_an_input_comes_back_with_its_shape():
    built = Sequential([Input((4,), dtype="int32"), Embedding(9, 2), GRU(3)])
    config = built.get_config()
    assert config["layers"][0]["class_name"] == "InputLayer" and config["build_input_shape"] == [None, 4]
    assert [layer.built for layer in Sequential.from_config(config).layers] == [True] * 3


def test_custom_objects_are_layers_of_one_s_own():
    class Twice(Layer):
        def __init__(self, **options):
            super().__init__(options)

        def call(self, x, mask=None):
            return x * 2

    text = Sequential([Dense(2), Twice()]).to_json()
    assert type(model_from_json(text, {"Twice": Twice}).layers[1]) is Twice
    with pytest.raises(ArgumentError, match=r"there is no layer 'Twice' here. .*custom_objects"):
        model_from_json(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no JSON"), (None, "no JSON"), (3, "no JSON"), ("[" * 100_000, "no JSON"),
        ("[]", "describes no Sequential"),
        ('{"class_name": "Functional", "config": {}}', "describes no Sequential"),
        ('{"class_name": "Sequential"}', "there is no list of layers"),
        ('{"class_name": "Sequential", "config": 3}', "wanted a dictionary"),
        ('{"class_name": "Sequential", "config": {"layers": [3]}}', "there is no layer None here"),
        ('{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense"}]}}', "wanted a dictionary"),
        ('{"class_name": "Sequential", "config": {"layers": [{"class_name": "Conv1D", "config": {}}]}}', "'Conv1D'"),
        ('{"class_name": "Sequential", "config": {"layers": [], "name": 3}}', "name: got 3"),
        ('{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {"units": 2}}],'
         ' "build_input_shape": "ab"}}', "input_shape"),
    ],
)  # fmt: skip
def test_a_text_that_describes_no_model_is_refused_in_a_line(text, message):
    with pytest.raises(ArgumentError, match=message) as caught:
        model_from_json(text)
    assert "\n" not in str(caught.value)


# --- weights by name -------------------------------------------------------------------------------------------------


def test_weights_have_keras_s_names_in_the_order_of_get_weights():
    built = trained()
    assert [w.path for w in built.weights] == [
        "mine/embedding/embeddings",
        "mine/bidirectional/forward_lstm/lstm_cell/kernel",
        "mine/bidirectional/forward_lstm/lstm_cell/recurrent_kernel",
        "mine/bidirectional/forward_lstm/lstm_cell/bias",
        "mine/bidirectional/backward_lstm/lstm_cell/kernel",
        "mine/bidirectional/backward_lstm/lstm_cell/recurrent_kernel",
        "mine/bidirectional/backward_lstm/lstm_cell/bias",
        "mine/time_distributed/dense/kernel",
        "mine/time_distributed/dense/bias",
        "mine/gru/gru_cell/kernel",
        "mine/gru/gru_cell/recurrent_kernel",
        "mine/gru/gru_cell/bias",
        "mine/dense/kernel",
        "mine/dense/bias",
    ]
    for w, array in zip(built.weights, built.get_weights(), strict=True):
        assert w.shape == array.shape and (w.numpy() == array).all() and w.path.endswith(w.name)


def test_a_weight_is_replaced_by_name_and_must_fit():
    built = trained()
    before = built.get_weights()
    by_path = {w.path: w for w in built.weights}
    by_path["mine/gru/gru_cell/bias"].assign(np.full((2, 15), 0.5))
    after = built.get_weights()
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if (a != b).any()]
    assert [built.weights[i].path for i in changed] == ["mine/gru/gru_cell/bias"] and (after[changed[0]] == 0.5).all()
    with pytest.raises(CheckpointError, match=r"is \(3,\), wanted \(2, 15\)"):
        by_path["mine/gru/gru_cell/bias"].assign(np.zeros(3))
    assert (built.get_weights()[changed[0]] == 0.5).all()


def test_frozen_layers_have_no_trainable_weights():
    built = trained()
    built.get_layer("gru").trainable = False
    assert [w.path for w in built.non_trainable_weights] == [
        f"mine/gru/gru_cell/{name}" for name in ("kernel", "recurrent_kernel", "bias")
    ]
    assert len(built.trainable_weights) == len(built.weights) - 3
    assert built.get_layer("gru").trainable_weights == [] and len(built.get_layer("gru").non_trainable_weights) == 3


def test_there_are_no_weights_before_there_are_any():
    assert Sequential([GRU(3), Dense(1)]).weights == [] and GRU(3).weights == []
    assert [w.path for w in Sequential([Input((3,)), Dense(2, use_bias=False)]).weights] == ["sequential/dense/kernel"]


# --- copies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"])
def test_a_copy_predicts_and_learns_as_the_model_does_and_alone(how):
    built = trained()
    again = how(built)
    before = built.predict(X)
    assert (again.predict(X) == before).all() and again.evaluate(X, Y) == built.evaluate(X, Y)
    tg.seed(3)
    loss = again.fit(X, Y, epochs=3, verbose=0).history["loss"]
    assert (built.predict(X) == before).all()  # it has learned alone
    tg.seed(3)
    assert built.fit(X, Y, epochs=3, verbose=0).history["loss"] == loss  # the optimiser's moments are copied too
    assert (again.predict(X) == built.predict(X)).all()


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"])
def test_layers_are_copied_before_and_after_they_have_weights(how):
    layer = Bidirectional(GRU(3, return_sequences=True))
    assert how(layer).get_config() == layer.get_config()
    x = np.ones((2, 4, 2), np.float32)
    out = layer(x).data
    assert (how(layer)(x).data == out).all()


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"])
@pytest.mark.parametrize("engine", ["eager", "compiled"])
def test_layers_of_nn_are_copied_with_a_graph_of_their_own(how, engine):
    layer = tg.nn.LSTM(2, 3, num_layers=2, bidirectional=True, engine=engine)
    x = np.ones((4, 2, 2), np.float32)
    out = layer(x)[0]
    out.sum().backward()
    again = how(layer)
    assert (again(x)[0].data == out.data).all()
    again(x)[0].sum().backward()
    for p, q in zip(layer.parameters(), again.parameters(), strict=True):
        assert p is not q and p.requires_grad == q.requires_grad and p.name == q.name
