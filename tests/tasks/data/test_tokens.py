"""Words: how texts are cut, counted, coded and padded."""

import numpy as np
import pytest

from tinygrad_gru.tasks.data.tokens import MOST_WORDS, coded, composed, vocabulary_of, words_of


def test_words_are_small_letters_and_the_last_of_them_are_read():
    assert words_of("It's GOOD, naïve ½!") == ["it's", "good", ",", "naïve", "½", "!"]
    words = vocabulary_of([["b", "a", "b"], ["c"]])
    assert words == ["", "b", "a", "c"]
    x, lengths = coded([["a", "b", "c"], [], ["?"]], {w: i for i, w in enumerate(words)}, longest=2)
    np.testing.assert_array_equal(x, [[1, 0, 0], [3, 0, 0]])
    np.testing.assert_array_equal(lengths, [2, 0, 1])


def test_punctuation_is_a_word_of_its_own_and_an_apostrophe_is_within_one():
    assert words_of("It's (not) BAD...") == ["it's", "(", "not", ")", "bad", ".", ".", "."]
    assert words_of(" \t\n") == []


def test_a_letter_and_its_accent_are_one_character():
    assert composed("e\N{COMBINING ACUTE ACCENT}") == "\N{LATIN SMALL LETTER E WITH ACUTE}"


def test_a_vocabulary_has_no_more_than_the_most_frequent_words():
    words = vocabulary_of([["twice", "twice"], (str(i) for i in range(MOST_WORDS + 5))])
    assert len(words) == MOST_WORDS + 1 and words[:2] == ["", "twice"]


def test_of_no_texts_there_is_an_array_all_the_same():
    x, lengths = coded([[]], {}, 5)
    assert x.tolist() == [[0]] and lengths.tolist() == [0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("हिन्दी में किताब", ["हिन्दी", "में", "किताब"]),  # vowel signs and virama are combining marks
        ("می\u200cخواهم", ["می\u200cخواهم"]),  # a zero-width non-joiner stands within a word
        ("我爱你，GRU！", ["我", "爱", "你", "，", "gru", "！"]),  # no spaces between words
        ("ภาษาไทยดี", ["ภ", "า", "ษ", "า", "ไ", "ท", "ย", "ดี"]),
        ("한국어 좋아", ["한국어", "좋아"]),  # which has spaces
        ("x\u0300y z", ["x\u0300y", "z"]),  # a mark that has no composed form
        ("👍🏽 👩\u200d👧 ❤\ufe0f!", ["👍🏽", "👩\u200d👧", "❤\ufe0f", "!"]),
        ("İstanbul", ["i\u0307stanbul"]),
    ],
)
def test_a_letter_keeps_its_marks_in_every_script(text, words):
    assert words_of(text) == words


def test_runs_of_earlier_versions_cut_up_texts_as_they_did():
    assert words_of("我爱你，x\u0300", tokeniser=1) == ["我爱你", "，", "x", "\u0300"]
    assert words_of("Not bad, naïve", tokeniser=1) == words_of("Not bad, naïve")
