"""Layers as dictionaries of Keras's shape, and back; what a dictionary may not hold."""

import json

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.keras import layers
from tinygrad_gru.keras.layers import (
    GRU,
    LSTM,
    Activation,
    Bidirectional,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    Layer,
    LayerNormalization,
    Masking,
    SimpleRNN,
    TimeDistributed,
)
from tinygrad_gru.keras.layers.config import INITIALISERS, KINDS
from tinygrad_gru.keras.layers.initial import initial

EVERY = [
    Input((5, 3)), Activation("relu"), Dense(3, activation="tanh", use_bias=False), Dropout(0.3), Flatten(),
    Embedding(7, 3, mask_zero=True), LayerNormalization(epsilon=0.01), Masking(-1.0), SimpleRNN(3, go_backwards=True),
    GRU(3, reset_after=False, return_sequences=True, recurrent_initializer="he_normal"), LSTM(3, dropout=0.2),
    GRU(3, zero_output_for_mask=True, unroll=True), TimeDistributed(Dense(2)), Bidirectional(LSTM(2), merge_mode="sum"),
    Bidirectional(GRU(2, return_sequences=True), backward_layer=GRU(2, return_sequences=True, go_backwards=True)),
    TimeDistributed(Bidirectional(GRU(2))),
]  # fmt: skip


@pytest.mark.parametrize("layer", EVERY, ids=[f"{type(layer).__name__} {i}" for i, layer in enumerate(EVERY)])
def test_a_layer_comes_back_from_its_own_dictionary_through_json(layer):
    config = json.loads(json.dumps(layer.get_config()))
    again = type(layer).from_config(config)
    assert again.get_config() == layer.get_config() and again.name == layer.name


def test_every_layer_is_there():
    assert {type(layer).__name__ for layer in EVERY} == {name for name in layers.__all__ if name != "Layer"}
    assert {name for name in layers.__all__ if name != "Layer"} <= set(KINDS)


def test_a_dictionary_has_keras_s_names_and_what_we_have_not_at_its_default():
    config = Dense(2, name="top").get_config()
    assert config == {
        "name": "top", "trainable": True, "units": 2, "activation": "linear", "use_bias": True,
        "dtype": {
            "module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None},
        "kernel_initializer": {
            "module": "keras.initializers", "class_name": "GlorotUniform", "registered_name": None,
            "config": {"seed": None, "input_axes": None, "output_axes": None},
        },
        "bias_initializer": {
            "module": "keras.initializers", "class_name": "Zeros", "registered_name": None, "config": {}},
        "kernel_regularizer": None, "bias_regularizer": None, "kernel_constraint": None, "bias_constraint": None,
        "quantization_config": None,
    }  # fmt: skip


def test_every_initialiser_that_we_have_has_keras_s_name():
    for name in INITIALISERS:
        assert initial(name, (3, 3)).shape == (3, 3)
        config = Dense(2, kernel_initializer=name).get_config()
        assert config["kernel_initializer"]["class_name"] == INITIALISERS[name][0]
        assert Dense.from_config(config).get_config() == config


class Doubled(Layer):
    def __init__(self, times=2.0, **options):
        super().__init__(options, times=times)

    def call(self, x, mask=None):
        return x * self.times


def test_a_layer_of_one_s_own_inside_another_goes_by_custom_objects():
    wrapped = TimeDistributed(Doubled(3.0, name="mine"))
    config = wrapped.get_config()
    assert config["layer"]["registered_name"] == "Doubled"
    again = TimeDistributed.from_config(config, custom_objects={"Doubled": Doubled})
    assert again(np.ones((1, 2, 1), np.float32)).data.tolist() == [[[3.0], [3.0]]]
    with pytest.raises(ArgumentError, match="there is no layer 'Doubled' here"):
        TimeDistributed.from_config(config)
    with pytest.raises(ArgumentError, match="custom_objects: 'Doubled' is no class"):
        TimeDistributed.from_config(config, {"Doubled": 3})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": 3}, "unknown argument 'unit'. did you mean units"),
        ({"units": "3"}, "units: got '3', wanted a whole number"),
        ({"kernel_regularizer": {"class_name": "L2"}}, "kernel_regularizer is not supported here"),
        ({"kernel_initializer": {"class_name": "Truncated", "config": {}}}, "there is no 'Truncated' here"),
        ({"kernel_initializer": {"class_name": "Zeros", "config": 3}}, "Zeros with 3 is not supported"),
        ({"kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": 3}}}, "is not supported here"),
        ({"dtype": {"class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}}, "dtype is not supported here"),
        ({"dtype": {"class_name": "DTypePolicy"}}, "dtype is not supported here"),
        ({"activation": {"class_name": "function"}}, "activation"),
    ],
)
def test_what_we_have_not_is_refused_by_name(change, message):
    with pytest.raises(ArgumentError, match=message) as caught:
        Dense.from_config(Dense(2).get_config() | change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("config", [None, 3, "Dense", [], {3: 4}])
def test_what_is_no_dictionary_of_names_is_refused(config):
    with pytest.raises(ArgumentError, match="wanted a dictionary"):
        Dense.from_config(config)


def test_layers_inside_are_few():
    config = Dense(1).get_config()
    for _ in range(7):
        config = {
            "name": "t",
            "layer": {"class_name": "Dense" if "units" in config else "TimeDistributed", "config": config},
        }
    with pytest.raises(ArgumentError, match="more than 4 layers within layers"):
        TimeDistributed.from_config(config)


@pytest.mark.parametrize(
    "layer", [Dense(2, activation=tg.tanh), Dense(2, kernel_initializer=np.ones), Activation(lambda x: x)],
    ids=["a name", "an initialiser", "a function"],
)  # fmt: skip
def test_a_function_with_a_name_goes_by_it_and_another_has_no_place(layer):
    if layer.activation is tg.tanh:
        assert layer.get_config()["activation"] == "tanh"
        return
    with pytest.raises(ArgumentError, match="get_config: .* is a .*function, not a name"):
        layer.get_config()
