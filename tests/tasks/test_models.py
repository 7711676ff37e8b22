"""The models of the tasks: shapes, lengths, and the rows made of their logits."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import CheckpointError, DataError
from tinygrad_gru.tasks import CELLS, AtEachStep, AtTheEnd, CharModel, Source, WordModel
from tinygrad_gru.tasks.models import classify_texts, last_state, most_likely, outputs, probabilities


@pytest.mark.parametrize("cell", CELLS)
def test_a_sequence_becomes_one_output_or_one_for_each_step(cell):
    x = np.zeros((5, 3, 2), np.float32)
    assert outputs(AtTheEnd(cell, 2, 4, 6), x).shape == (3, 6)
    assert outputs(AtEachStep(cell, 2, 4, 6), x).shape == (5, 3, 6)
    assert outputs(WordModel(cell, 7, 4, 6), np.ones((5, 3), int)).shape == (3, 6)
    logits, _ = CharModel(7, cell, 4)(np.ones((5, 3), int))
    assert logits.shape == (5, 3, 7)


def test_what_stands_past_the_end_of_a_sequence_changes_nothing():
    x = np.random.default_rng(0).standard_normal((5, 1, 2)).astype(np.float32)
    model = AtTheEnd("gru", 2, 4, 1)
    short = outputs(model, x[:3])
    np.testing.assert_allclose(outputs(model, x, np.array([3])), short, rtol=1e-6)
    assert np.abs(outputs(model, x) - short).max() > 1e-3


def test_the_last_state_of_an_lstm_is_h_and_not_c():
    h, c = np.zeros((1, 2, 3)), np.ones((1, 2, 3))
    assert last_state((h, c)) is not None and (last_state((h, c)) == 0).all() and last_state(h).shape == (2, 3)


def test_outputs_record_no_graph():
    recorded = []

    def model(x):
        y = x * tg.Tensor([2.0], requires_grad=True)
        recorded.append(y.requires_grad)
        return y

    assert outputs(model, np.ones(1, np.float32)).tolist() == [2.0] and recorded == [False]


def test_probabilities_are_float64_add_up_to_1_and_do_not_overflow():
    p = probabilities(np.array([[1e4, 0.0], [0.0, np.log(3)]], np.float32))
    assert p.dtype == np.float64 and p.sum(axis=1).tolist() == pytest.approx([1, 1])
    np.testing.assert_allclose(p, [[1, 0], [0.25, 0.75]], rtol=1e-6)


def test_the_most_likely_class_is_named_with_its_probability():
    assert most_likely(np.log([0.2, 0.7, 0.1]), "abc") == {"predicted": "b", "probability": 0.7}


FACTS = {"words": ["", "good", "bad"], "labels": ["no", "yes"]}


class CountsGood:
    """The logit of yes is the number of times that "good" occurs."""

    def __call__(self, codes, lengths=None):
        return np.stack([np.zeros(codes.shape[1]), (codes == 1).sum(axis=0)], axis=1)


def test_texts_are_classified_by_their_words_each_in_its_row():
    rows = list(classify_texts(CountsGood(), FACTS, Source("in", "bad bad\ngood\n" * 50), "text", 10))
    assert rows[:2] == [
        {"text": "bad bad", "predicted": "no", "probability": 0.5},
        {"text": "good", "predicted": "yes", "probability": 0.7311},
    ]
    assert rows == rows[:2] * 50


def test_an_empty_text_is_refused_with_its_line():
    with pytest.raises(DataError, match="in, line 3: text is empty. try:"):
        list(classify_texts(CountsGood(), FACTS, Source("in", "text,n\ngood,1\n ,2\n", "csv"), "text", 10))


@pytest.mark.parametrize("change", [{"words": [1]}, {"labels": []}, {"words": "abc"}, {"words": ["a"] * 20_002}])
def test_words_and_labels_of_a_hostile_checkpoint_are_refused(change):
    with pytest.raises(CheckpointError, match="the checkpoint's .* cannot be used"):
        WordModel.of("gru", 2, FACTS | change)
