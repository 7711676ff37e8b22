"""The bag of words that a network starts from: its logits written out, and texts left out of their own counts."""

import numpy as np
import pytest

from tinygrad_gru.errors import CheckpointError
from tinygrad_gru.tasks.bag import BagOfWords

# Words: 0 unknown, 1 good, 2 bad, 3 film. Labels: 0 no, 1 yes.
TEXTS, LABELS = [[2, 3], [2, 0], [1, 3], [1, 1, 3]], np.array([0, 0, 1, 1])


def written_out(texts, labels, text):
    """log p(c) + Σ log p(w | c) less their mean, a word and a label at a time."""
    logits = []
    for label in (0, 1):
        own = [word for t, k in zip(texts, labels, strict=True) if k == label for word in t if word]
        total = np.log(list(labels).count(label) + 1)
        for word in text:
            total += np.log((own.count(word) + 1) / (len(own) + 4)) if word else 0
        logits.append(total)
    return np.array(logits) - np.mean(logits)


def side_by_side(texts):
    codes = np.zeros((max(map(len, texts)), len(texts)), int)
    for b, text in enumerate(texts):
        codes[: len(text), b] = text
    return codes


def test_its_logits_are_those_of_naive_bayes_and_padding_counts_for_nothing():
    bag = BagOfWords.of(TEXTS, LABELS, words=4, classes=2)
    asked = [[1, 3], [2], [0, 2, 2, 3], [3]]
    wanted = [written_out(TEXTS, LABELS, text) for text in asked]
    np.testing.assert_allclose(bag(side_by_side(asked)).data, wanted, atol=1e-6)


def test_a_text_that_was_counted_is_answered_as_if_it_had_not_been():
    bag = BagOfWords.of(TEXTS, LABELS, words=4, classes=2)
    got = bag.without(side_by_side(TEXTS), LABELS)
    for b, text in enumerate(TEXTS):
        others = [other for i, other in enumerate(TEXTS) if i != b]
        np.testing.assert_allclose(got[b], written_out(others, np.delete(LABELS, b), text), atol=1e-6)
    assert not np.allclose(got, bag(side_by_side(TEXTS)).data, atol=0.1)


def test_a_checkpoint_keeps_its_counts_and_others_are_refused():
    bag = BagOfWords.of(TEXTS, LABELS, words=4, classes=2)
    assert bag.as_facts() == ["2 0 0 2 1", "2 0 3 0 2"]
    again = BagOfWords.from_facts({"bag": bag.as_facts()}, 4, 2)
    np.testing.assert_array_equal(again(side_by_side(TEXTS)).data, bag(side_by_side(TEXTS)).data)
    assert BagOfWords.from_facts({}, 4, 2) is None
    for wrong in ([], "2 0", 7, ["2 0 0 2 1"], ["2 0 0 2", "2 0 3 0"], ["2 0 0 2 -1", "2 0 3 0 2"], ["2 0 0 2 x"] * 2):
        with pytest.raises(CheckpointError, match="the checkpoint's bag cannot be used"):
            BagOfWords.from_facts({"bag": wrong}, 4, 2)


def test_too_many_words_and_labels_are_not_counted():
    assert BagOfWords.of([], np.zeros(0, int), words=20_001, classes=100) is None
