"""Layers of the Keras face: small arrays written out, and what they refuse. tests/parity compares them with Keras."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, CheckpointError, ShapeError
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


def test_dense_multiplies_adds_and_activates():
    layer = Dense(2, activation="relu")
    layer(np.zeros((1, 3), np.float32))
    layer.set_weights([np.array([[1, 0], [0, 1], [1, 1]]), np.array([0.0, -10.0])])
    assert layer(np.array([[1.0, 2.0, 3.0]], np.float32)).data.tolist() == [[4.0, 0.0]]


def test_a_simple_rnn_with_one_unit():
    layer = SimpleRNN(1, activation="linear", return_sequences=True, return_state=True)
    layer(np.zeros((1, 2, 1), np.float32))
    layer.set_weights([np.array([[1.0]]), np.array([[0.5]]), np.array([1.0])])
    out, h = layer(np.array([[[1.0], [2.0]]], np.float32))
    assert out.data.tolist() == [[[2.0], [4.0]]]  # 1 + 1, then 2 + 0.5·2 + 1
    assert h.data.tolist() == [[4.0]]


def test_a_masked_step_repeats_the_output_before_it():
    layer = SimpleRNN(1, activation="linear", return_sequences=True)
    x = np.array([[[1.0], [7.0], [2.0]]], np.float32)
    layer(x)
    layer.set_weights([np.array([[1.0]]), np.array([[1.0]]), np.array([0.0])])
    assert layer(x, np.array([[True, False, True]])).data.tolist() == [[[1.0], [1.0], [3.0]]]


def test_the_default_dialect_of_the_gru_is_that_of_keras_and_one_word_switches():
    x = np.zeros((1, 2, 3), np.float32)
    after, before = GRU(4), GRU(4, reset_after=False)
    after(x)
    before(x)
    assert [w.shape for w in after.get_weights()] == [(3, 12), (4, 12), (2, 12)]
    assert [w.shape for w in before.get_weights()] == [(3, 12), (4, 12), (12,)]


def test_the_forget_bias_of_an_lstm_is_one_also_with_other_initial_biases():
    for options, others in (({}, 0.0), ({"bias_initializer": "random_normal"}, None), ({"unit_forget_bias": False}, 0)):
        layer = LSTM(2, **options)
        layer(np.zeros((1, 1, 1), np.float32))
        bias = layer.get_weights()[2]
        assert (bias[2:4] == (1.0 if options != {"unit_forget_bias": False} else 0.0)).all()
        if others is not None:
            assert (np.delete(bias, [2, 3]) == others).all()


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Dense(4), (3,)),
        (Dense(4, use_bias=False), (2, 3)),
        (GRU(4), (5, 3)),
        (GRU(4, reset_after=False), (5, 3)),
        (GRU(4, use_bias=False, return_sequences=True), (5, 3)),
        (LSTM(4), (5, 3)),
        (SimpleRNN(4), (5, 3)),
        (Bidirectional(LSTM(4, return_sequences=True)), (5, 3)),
        (Bidirectional(GRU(4), merge_mode="sum"), (5, 3)),
        (TimeDistributed(Dense(4)), (5, 3)),
        (LayerNormalization(), (5, 3)),
        (Activation("tanh"), (5, 3)),
        (Dropout(0.5), (5, 3)),
        (Masking(), (5, 3)),
        (Flatten(), (5, 3)),
        (Input((5, 3)), (5, 3)),
        (Embedding(10, 4), (5,)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Layer) else None,
)
def test_the_shape_and_the_number_of_weights_are_known_before(layer, shape):
    size, wanted = layer.size((None, *shape)), layer.output_shape((None, *shape))
    y = layer(np.zeros((2, *shape), np.int64 if isinstance(layer, Embedding) else np.float32))
    assert (None, *y.shape[1:]) == wanted
    assert layer.num_parameters == size


def test_masks_come_from_embedding_and_masking_and_end_where_the_steps_end():
    words = np.array([[1, 2, 0]])
    mask = Embedding(5, 2, mask_zero=True).next_mask(words, None)
    assert mask.tolist() == [[True, True, False]]
    assert Embedding(5, 2).next_mask(words, None) is None
    x = np.array([[[0.0, 0.0], [0.0, 1.0]]], np.float32)
    assert Masking().next_mask(x, None).tolist() == [[False, True]]
    assert Dropout(0.1).next_mask(x, mask) is mask
    assert GRU(2).next_mask(x, mask) is None
    assert GRU(2, return_sequences=True).next_mask(x, mask) is mask
    assert Flatten().next_mask(x, mask) is None


def test_what_a_masking_layer_masks_does_not_leak():
    x = np.array([[[np.nan, np.nan], [1.0, 2.0]]], np.float32)
    x[0, 0] = -1
    assert Masking(-1.0)(x).data.tolist() == [[[0.0, 0.0], [1.0, 2.0]]]


def test_initialisers_by_name_and_by_function():
    for name in ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "uniform", "orthogonal",
                 "random_uniform", "random_normal", "zeros", "ones"):  # fmt: skip
        layer = Dense(5, kernel_initializer=name)
        layer(np.zeros((1, 7), np.float32))
        kernel = layer.get_weights()[0]
        assert kernel.std() == 0 if name in ("zeros", "ones") else 0.02 < kernel.std() < 0.8, name
    layer = Dense(2, kernel_initializer=lambda shape: np.full(shape, 3.0))
    layer(np.zeros((1, 2), np.float32))
    assert (layer.get_weights()[0] == 3).all()
    with pytest.raises(ShapeError, match="an initializer returned shape \\(1,\\), wanted \\(2, 2\\)"):
        Dense(2, kernel_initializer=lambda shape: np.zeros(1))(np.zeros((1, 2), np.float32))


def test_a_stateful_layer_goes_on_until_it_is_reset():
    layer = GRU(3, stateful=True)
    x = np.ones((2, 4, 1), np.float32)
    first, second = layer(x).data, layer(x).data
    assert (first != second).any()
    layer.reset_state()
    assert (layer(x).data == first).all()


def test_dropout_of_the_input_is_the_same_at_every_step():
    with tg.seed(0):
        layer = SimpleRNN(4, dropout=0.5, activation="linear", return_sequences=True)
        x = np.ones((1, 3, 4), np.float32)
        layer(x)
        layer.set_weights([np.eye(4), np.zeros((4, 4)), np.zeros(4)])
        out = layer(x).data[0]  # (T, 4), each 0 or 2
    assert set(out.ravel().tolist()) == {0.0, 2.0}
    assert (out == out[0]).all()
    assert (layer.eval()(x).data == 1).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GRU(4, retrn_sequences=True), "unknown argument 'retrn_sequences'. did you mean return_sequences?"),
        (lambda: GRU(4, kernel_regularizer="l2"), "kernel_regularizer is not supported here. try: to leave it out"),
        (lambda: GRU(4, activation="tahn"), "did you mean tanh?"),
        (lambda: Dense(4, activation="sofmax"), "did you mean softmax?"),
        (lambda: Activation("rellu"), "did you mean relu?"),
        (lambda: LayerNormalization(axis=1), "LayerNormalization: axis=1 is not supported here. try: axis=-1"),
        (lambda: Bidirectional(Dense(4)), "Bidirectional: wants SimpleRNN, GRU or LSTM, got Dense"),
        (lambda: Bidirectional(GRU(4), merge_mode="max"), "Bidirectional: merge_mode: got 'max'"),
        (lambda: Bidirectional(GRU(4), backward_layer=GRU(4)), "both layers read in the same direction"),
        (
            lambda: Bidirectional(GRU(4), backward_layer=GRU(4, go_backwards=True, return_sequences=True)),
            "both layers must have the same return_sequences",
        ),
        (lambda: GRU(4)(np.zeros((2, 3), np.float32)), "GRU: got inputs of shape (None, 3), wanted (batch, time steps"),
        (lambda: Dense(4, kernel_initializer="glorot")(np.zeros((1, 2), np.float32)), "unknown initializer 'glorot'"),
        (lambda: Embedding(4, 2)(np.array([[0.5]])), "Embedding: wants whole numbers"),
        (lambda: Dense(4).get_weights(), "has no weights yet"),
        (lambda: Layer({})(np.zeros((1, 2))), "Layer needs a call(self, x, mask) method"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(make, message):
    with pytest.raises((ArgumentError, NotImplementedError)) as caught:
        make()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="wanted \\(batch, 5\\), by input_length"):
        Embedding(4, 2, input_length=5)(np.zeros((2, 4), int))
    with pytest.raises(ShapeError, match="Input: got shape \\(2, 4\\), wanted \\(batch, 3\\)"):
        Input((3,))(np.zeros((2, 4), np.float32))
    layer = Dense(2)
    layer(np.zeros((1, 3), np.float32))
    with pytest.raises(CheckpointError, match=r"weights\[0\]"):
        layer.set_weights([np.zeros((2, 2)), np.zeros(2)])


def test_every_layer_has_keras_arguments_as_attributes_and_shows_them():
    layer = GRU(4, return_sequences=True)
    assert (layer.units, layer.return_sequences, layer.reset_after) == (4, True, True)
    assert "return_sequences=True" in repr(layer)


def test_the_public_names_are_the_ones_of_the_table():
    assert sorted(layers.__all__, key=str.lower) == sorted(
        ["Activation", "Bidirectional", "Dense", "Dropout", "Embedding", "Flatten", "GRU", "Input", "LSTM", "Layer",
         "LayerNormalization", "Masking", "SimpleRNN", "TimeDistributed"], key=str.lower)  # fmt: skip


@pytest.mark.parametrize("kind", [GRU, LSTM, SimpleRNN])
def test_bidirectional_starts_both_layers_where_it_is_told(kind):
    tg.seed(0)
    layer = Bidirectional(kind(3, return_state=True))
    x = np.ones((2, 4, 2), np.float32)
    _, *ends = layer(x)
    again = layer(x, initial_state=ends)
    half = len(ends) // 2
    forward = layer.layer(x, initial_state=ends[:half])[0].data
    backward = layer.backward_layer(x, initial_state=ends[half:])[0].data
    assert (again[0].data == np.concatenate([forward, backward], axis=-1)).all()
    with pytest.raises(ArgumentError, match=rf"initial_state: got 1, wanted a list of {len(ends)} states"):
        layer(x, initial_state=ends[:1])
    with pytest.raises(ArgumentError, match="initial_state: got Tensor, wanted a list"):
        layer(x, initial_state=ends[0])


def test_zero_output_for_mask_puts_zeros_where_the_mask_leaves_a_step_out():
    mask = np.array([[True, False, True, False]])
    x = np.ones((1, 4, 2), np.float32)
    repeated, zero = GRU(3, return_sequences=True), GRU(3, return_sequences=True, zero_output_for_mask=True)
    repeated.ensure_built((None, 4, 2))
    zero.ensure_built((None, 4, 2))
    zero.set_weights(repeated.get_weights())
    one, other = repeated(x, mask).data, zero(x, mask).data
    assert (one[0, 1] == one[0, 0]).all() and (one[0, 3] == one[0, 2]).all()
    assert not other[0, [1, 3]].any() and (other[0, [0, 2]] == one[0, [0, 2]]).all()


def test_unroll_changes_nothing():
    tg.seed(0)
    x = np.ones((1, 4, 2), np.float32)
    rolled = GRU(3)
    tg.seed(0)
    unrolled = GRU(3, unroll=True)
    tg.seed(1)
    one = rolled(x).data
    tg.seed(1)
    assert (unrolled(x).data == one).all() and unrolled.get_config()["unroll"] is True


@pytest.mark.parametrize("reset_after", [False, True])
def test_with_gates_that_no_change_of_signs_turns_round_z_keeps_the_old_state_as_in_keras(reset_after):
    layer = GRU(1, activation="linear", recurrent_activation="relu", reset_after=reset_after)
    layer(np.zeros((1, 1, 1), np.float32))
    bias = np.float32([3, 0, 0])  # z is relu(3), in Keras's order z r h
    layer.set_weights([np.float32([[0, 0, 1]]), np.zeros((1, 3)), np.stack([bias, 0 * bias]) if reset_after else bias])
    h = layer(np.float32([[[2.0]]]), initial_state=np.float32([[5.0]]))
    assert h.item() == 3 * 5 + (1 - 3) * 2
    assert (layer.get_weights()[2].ravel()[:3] == bias).all() and "Keep" in type(layer.inner.cell).__name__
    assert type(GRU(1, recurrent_activation="hard_sigmoid").make(2)) is tg.nn.GRU
