"""What all layers of the Keras face are: built when they first see an input, refusing what they do not have."""

import numpy as np
import pytest

from tinygrad_gru.errors import ArgumentError, ShapeError
from tinygrad_gru.keras.layers import GRU, Dense, Input, LayerNormalization, TimeDistributed
from tinygrad_gru.keras.layers.layer import shape_of

x = np.ones((2, 3), np.float32)


def test_a_layer_has_no_weights_before_its_first_input():
    dense = Dense(4)
    assert not dense.built and dense.parameters() == []
    dense(x)
    assert dense.built and [w.shape for w in dense.get_weights()] == [(3, 4), (4,)] and dense.size((None, 3)) == 16


def test_a_name_is_made_of_the_class_or_is_ones_own():
    assert LayerNormalization().name == "layer_normalization" and Dense(1, name="mine").name == "mine"


def test_what_keras_has_and_we_do_not_is_refused_unless_it_changes_nothing():
    Dense(1, dtype="float32", kernel_regularizer=None)
    with pytest.raises(ArgumentError, match="kernel_regularizer"):
        Dense(1, kernel_regularizer="l2")
    with pytest.raises(ArgumentError, match="did you mean units"):
        GRU(3, unitts=3)


def test_setting_a_layer_sets_those_inside_it():
    outer = TimeDistributed(Dense(1))
    outer.trainable = False
    assert not outer.trainable and not outer.layer.trainable
    with pytest.raises(ArgumentError, match="trainable"):
        outer.trainable = "no"


def test_a_shape_is_known_from_the_first_layer_on():
    assert Input((3, 2)).input_shape == (None, 3, 2) and Dense(1, input_shape=(5,)).input_shape == (None, 5)
    assert shape_of("Dense", "shape", [None, 3]) == (None, 3)
    with pytest.raises((ArgumentError, ShapeError)):
        shape_of("Dense", "shape", "three")
