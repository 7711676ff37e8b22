"""The base of all tasks: cells by name, the model's input, the labels of its time steps."""

import numpy as np
import pytest

from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError, DataError
from tinygrad_gru.tasks import CELLS, TASKS, Chars, OneLine, Order, Parity, Sentiment, recurrent


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_is_a_layer_over_time_by_its_name(cell):
    layer = recurrent(cell, 2, 3)
    assert isinstance(layer, nn.Recurrent) and (layer.input_size, layer.hidden_size) == (2, 3)
    assert getattr(layer.cell, "reset_after", False) == (cell == "gru-after")


def test_a_cell_of_another_name_is_refused_with_those_that_there_are():
    with pytest.raises(ArgumentError, match="got 'gur', wanted rnn, gru, gru-after, lstm or FILE.py:CLASS. try: 'gru'"):
        recurrent("gur", 2, 3)


def test_symbols_are_one_hot_and_padding_is_all_zeros():
    x = Order.model_input(np.array([[2], [-1]]))  # of eight symbols
    assert x.dtype == np.float32 and x.flags.c_contiguous
    assert x[:, 0].tolist() == [[0, 0, 1, 0, 0, 0, 0, 0], [0] * 8]


def test_numbers_and_codes_of_words_are_the_models_input_as_they_are():
    x = np.zeros((3, 1, 1), np.float32)
    assert Parity.model_input(x) is x
    codes = np.zeros((3, 1), int)
    assert Sentiment.model_input(codes) is codes


def test_a_time_step_is_labelled_with_its_symbol_word_or_numbers():
    assert Order.step_labels(np.array([[4], [0], [-1]]), {}) == ["X", "a", ""]
    assert Sentiment.step_labels(np.array([[1], [0]]), {"words": ["", "good"]}) == ["good", ""]
    assert Chars.step_labels(np.array([[1]]), {"vocabulary": "ab"}) == ["b"]
    assert Parity.step_labels(np.array([[[0.5, 1.0]], [[0.125, 0.0]]]), {}) == ["0.5 1", "0.12 0"]


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"labelled", "table"}))
def test_one_sequence_is_the_beginning_of_the_first_of_a_batch(name):
    task = TASKS[name].create(TASKS[name].defaults["length"])
    x, labels = task.one_sequence(np.random.default_rng(0), 4)
    whole = next(task.batches(np.random.default_rng(0), 1)).x
    np.testing.assert_array_equal(x, task.model_input(whole)[:4])
    assert labels == task.step_labels(whole, task.facts)[:4]
    assert len(x) == len(labels) == 4 and x.shape[1] == 1


def test_data_that_are_all_held_out_are_not_trained_on():
    task = Parity(4)
    task.refuse_to_train()
    task.all_held_out = True
    with pytest.raises(DataError, match="these are not the data of the run"):
        task.refuse_to_train()


def test_a_task_that_lacks_a_method_cannot_be_made():
    class Lacking(OneLine):
        """No data, no model, no loss."""

    with pytest.raises(TypeError, match=r"abstract methods?.*loss.*make"):
        Lacking(4)
