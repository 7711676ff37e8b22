"""The layers without a state, by hand."""

import numpy as np
import pytest

from tinygrad_gru.errors import ArgumentError, ShapeError
from tinygrad_gru.keras.layers import (
    Activation,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    LayerNormalization,
    Masking,
    TimeDistributed,
)

x = np.array([[1.0, -2.0]], np.float32)


def test_dense_is_a_product_a_bias_and_an_activation():
    dense = Dense(1, "relu")
    dense(x)
    dense.set_weights([np.array([[2.0], [3.0]]), np.array([5.0])])
    assert dense(x).data.tolist() == [[1.0]] and dense(-2 * x).data.tolist() == [[13.0]]
    dense.set_weights([np.array([[2.0], [3.0]]), np.array([0.0])])
    assert dense(x).data.tolist() == [[0.0]]


def test_an_activation_goes_by_name():
    assert Activation("relu")(x).data.tolist() == [[1.0, 0.0]]
    with pytest.raises(ArgumentError, match="did you mean relu"):
        Activation("rellu")


def test_an_input_says_what_it_takes():
    assert Input((2,))(x).shape == (1, 2)
    with pytest.raises(ShapeError, match=r"Input: got shape \(1, 2\), wanted \(batch, 3\)"):
        Input((3,))(x)


def test_flatten_and_time_distributed_keep_the_batch():
    sequence = np.arange(12.0, dtype=np.float32).reshape(2, 3, 2)
    assert Flatten()(sequence).shape == (2, 6) and TimeDistributed(Dense(4))(sequence).shape == (2, 3, 4)


def test_an_embedding_picks_rows():
    embedding = Embedding(3, 2)
    embedding(np.array([[0]]))
    embedding.set_weights([np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])])
    assert embedding(np.array([[2, 0]])).data.tolist() == [[[4.0, 5.0], [0.0, 1.0]]]


def test_dropout_is_at_work_only_in_training():
    dropout = Dropout(0.5)
    dropout.eval()
    assert dropout(x).data.tolist() == x.tolist()


def test_normalised_rows_have_mean_zero_and_spread_one():
    row = LayerNormalization()(np.array([[1.0, 2.0, 3.0, 4.0]], np.float32)).data
    assert abs(row.mean()) < 1e-6 and abs(row.std() - 1) < 1e-3


def test_masking_says_which_steps_count():
    steps = np.array([[[0.0], [1.0]]], np.float32)
    assert Masking(0.0).next_mask(steps, None).tolist() == [[False, True]]
