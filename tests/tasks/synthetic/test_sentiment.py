"""Made-up reviews: the grammar against its meaning, words that tell nothing, and what is read and shown."""

import re
from collections import Counter

import numpy as np
import pytest

from tinygrad_gru.tasks import Sentiment
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.data.tokens import words_of
from tinygrad_gru.tasks.synthetic.sentiment import BAD, GOOD, review


def clause_verdict(clause):
    """Read by hand: the adjective that is meant, turned around if it is negated."""
    words = clause.replace("anything but", "not").split()
    if "," in words:
        halves = " ".join(words[3:]).split(" , ")
        (meant,) = (half for half in halves if not half.startswith("not"))
        return int(meant in GOOD)
    (adjective,) = (word for word in words if word in GOOD + BAD)
    return int((adjective in GOOD) != any(word in words for word in ("not", "never", "hardly")))


def verdict(text, kind):
    """Of two clauses the one that counts."""
    text = text.replace("anything but", "not")
    if kind == 2:
        return clause_verdict(text.split(" but ")[1])
    if kind == 3:
        return clause_verdict(text.removeprefix("although ").split(" , ")[1])
    if kind == 4:
        return clause_verdict(text.split(" although ")[0])
    return clause_verdict(text)


@pytest.mark.parametrize("kind", range(5))
def test_a_review_means_what_it_is_labelled(kind):
    rng = np.random.default_rng(kind)
    reviews = [review(rng, kind) for _ in range(300)]
    assert all(verdict(text, kind) == label for text, label in reviews)
    assert np.mean([label for _, label in reviews]) == pytest.approx(0.5, abs=0.1)


def test_no_word_tells_anything():
    rng = np.random.default_rng(0)
    seen = (Counter(), Counter())
    for _ in range(20_000):
        text, label = review(rng)
        seen[label].update(set(words_of(text)))
    for word in seen[0]:
        share = seen[1][word] / (seen[0][word] + seen[1][word])
        assert share == pytest.approx(0.5, abs=0.05), word


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_a_review_has_a_twin_of_the_same_words_with_the_other_verdict(kind):
    rng = np.random.default_rng(0)
    reviews = [review(rng, kind) for _ in range(100)]
    for text, label in reviews:
        if kind == 1:  # what is meant and what is denied change places
            (first, second) = (word for word in text.split() if word in GOOD + BAD)
            twin = text.replace(first, "?").replace(second, first).replace("?", second)
        else:  # what is said of one subject is said of the other
            clauses = [c.strip() for c in re.split("although|(?<!anything) but|,", text) if c.strip()]
            said = [clause.split(" ", 2)[2] for clause in clauses]
            twin = text.replace(said[0], "?", 1).replace(said[1], said[0], 1).replace("?", said[1], 1)
        assert Counter(words_of(twin)) == Counter(words_of(text))
        assert verdict(twin, kind) == 1 - label, twin


def test_a_bag_of_words_can_but_guess():
    assert Sentiment(length=20).baselines["bag of words"] == pytest.approx(0.5, abs=0.05)


class Optimist:
    """Finds everything good."""

    def __call__(self, x, lengths=None):
        return np.eye(2, dtype=np.float32)[np.ones(x.shape[1], int)]


def test_who_finds_everything_good_is_wrong_half_of_the_time():
    task = Sentiment(length=20)
    assert task.evaluate(Optimist()) == pytest.approx(0.5, abs=0.05)
    rows = task.tables(Optimist())["confusion"]
    assert [row["said bad"] for row in rows] == [0, 0] and sum(row["said good"] for row in rows) == 1000


def test_lines_csv_and_jsonl_are_answered():
    facts = Sentiment(length=20).facts
    for kind, text in [
        ("lines", "it was good\n"),
        ("csv", "id,text\n1,it was good\n"),
        ("jsonl", '{"text": "it was good"}\n'),
    ]:
        (row,) = Sentiment.predict(Optimist(), facts, Source("in", text, kind))
        assert row["text"] == "it was good" and row["predicted"] == "good"
