"""Whole models in files: the same predictions back, and nothing hostile gets past."""

import json
import zipfile

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, CheckpointError
from tinygrad_gru.keras.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Dense,
    Embedding,
    Input,
    LayerNormalization,
    TimeDistributed,
)
from tinygrad_gru.keras.models import Sequential, load_model


def model() -> Sequential:
    built = Sequential(
        [
            Embedding(20, 4, mask_zero=True),
            Bidirectional(LSTM(3, return_sequences=True), merge_mode="ave"),
            LayerNormalization(),
            GRU(5, return_sequences=True),
            TimeDistributed(Dense(2, activation="softmax")),
        ]
    )
    built.compile(tg.keras.optimizers.Adam(learning_rate=0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return built


X = np.array([[1, 2, 3, 0], [4, 5, 0, 0]])
Y = np.array([[0, 1, 1, 0], [1, 0, 0, 0]])


@pytest.fixture
def saved(tmp_path):
    built = model()
    built.fit(X, Y, verbose=0)
    path = tmp_path / "model.npz"
    built.save(path)
    return built, path


def test_a_saved_model_predicts_the_same_bits_and_learns_on(saved):
    built, path = saved
    again = load_model(path)
    assert again.predict(X).tobytes() == built.predict(X).tobytes()
    assert again.evaluate(X, Y) == built.evaluate(X, Y)
    assert again.fit(X, Y, verbose=0).history["loss"] == [pytest.approx(built.evaluate(X, Y)[0])]
    assert again.maker == tg.keras.optimizers.Adam(learning_rate=0.01)
    assert [layer.name for layer in again.layers] == [layer.name for layer in built.layers]


def test_weights_alone(saved, tmp_path):
    built, _ = saved
    built.save_weights(tmp_path / "weights.npz")
    other = model()
    with pytest.raises(ArgumentError, match="load_weights: dense_?.* has no weights yet"):
        Sequential([Dense(2)]).load_weights(tmp_path / "weights.npz")
    other.load_weights(tmp_path / "weights.npz")
    assert other.predict(X).tobytes() == built.predict(X).tobytes()


def test_a_model_whose_settings_are_functions_is_refused(tmp_path):
    built = Sequential([Input((2,)), Dense(2, activation=tg.tanh)])
    with pytest.raises(
        ArgumentError, match="activation is a .*, not a name. try: a name for activation, or save_weights"
    ):
        built.save(tmp_path / "model.npz")
    assert not (tmp_path / "model.npz").exists()
    with pytest.raises(ArgumentError, match="save: .* has no weights yet"):
        Sequential([Dense(2)]).save(tmp_path / "model.npz")


def rewritten(path, change) -> None:
    """The same file with other JSON in it."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    meta = json.loads(members["meta.json"])
    change(meta)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, json.dumps(meta) if name == "meta.json" else data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(format="x"), "format is 'x', wanted 'tinygrad_gru model 1'"),
        (lambda m: m.pop("layers"), "layers"),
        (lambda m: m["layers"][0].update(kind="os.system"), "unknown layer 'os.system'"),
        (lambda m: m["layers"][0].update(kind="Layer"), "unknown layer 'Layer'"),
        (lambda m: m["layers"][0]["settings"].update(input_dim=10**12), "more than the file can hold"),
        (lambda m: m["layers"][3]["settings"].update(units=10**6), "more than the file can hold"),
        (lambda m: m["layers"][3]["settings"].update(units=-5), "a size is -5"),
        (lambda m: m["layers"][3]["settings"].update(units=6), "does not fit"),
        (lambda m: m["layers"][3]["settings"].update(evil=1), "unknown setting 'evil'"),
        (lambda m: m["layers"][3]["settings"].update(activation=[1]), "is damaged"),
        (lambda m: m["layers"][3]["settings"].update(activation="nope"), "is damaged"),
        (lambda m: m.update(compiled=["adam"]), "is damaged"),
        (lambda m: m.update(compiled=[{"name": "adam", "evil": 1}, "mse", []]), "is damaged"),
        (lambda m: m.update(input_shape=[None, "x"]), "a size is 'x'"),
        (lambda m: m.update(layers=7), "is damaged"),
        (lambda m: m["layers"].pop(), "unexpected"),
    ],
)
def test_a_hostile_file_is_one_clear_error(saved, change, message):
    _, path = saved
    rewritten(path, change)
    with pytest.raises(CheckpointError) as caught:
        load_model(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_layers_nested_without_end_are_refused(saved):
    _, path = saved

    def nest(meta):
        inner = meta["layers"][4]
        for _ in range(50):
            inner = {"kind": "TimeDistributed", "name": "n", "settings": {"layer": inner}}
        meta["layers"][4] = inner

    rewritten(path, nest)
    with pytest.raises(CheckpointError, match="layers within layers within layers"):
        load_model(path)


def test_a_file_that_is_no_model(tmp_path):
    (tmp_path / "x.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(CheckpointError, match="is damaged, or no checkpoint"):
        load_model(tmp_path / "x.npz")
    with pytest.raises(CheckpointError, match="there is no such file"):
        load_model(tmp_path / "y.npz")


def test_a_frozen_layer_is_frozen_in_the_file_and_any_other_is_written_as_in_0_1_0(tmp_path):
    model = Sequential([Input((4, 2)), TimeDistributed(Dense(2)), GRU(2), Dense(1)])
    model.save(tmp_path / "all.npz")
    model.layers[1].layer.trainable = model.layers[2].trainable = False
    model.save(tmp_path / "some.npz")
    again = load_model(tmp_path / "some.npz")
    assert [layer.trainable for layer in again.layers] == [True, True, False, True]
    assert not again.layers[1].layer.trainable
    with zipfile.ZipFile(tmp_path / "all.npz") as archive:
        assert b"trainable" not in archive.read("meta.json")
    rewritten(tmp_path / "some.npz", lambda m: m["layers"][2].update(trainable="no"))
    with pytest.raises(CheckpointError, match="is damaged, or no model: gru: trainable: got 'no'"):
        load_model(tmp_path / "some.npz")
