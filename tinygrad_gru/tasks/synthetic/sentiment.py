"""Sentiment of made-up reviews: "not bad at all", "good, not bad", "although it was dull, I liked …": order decides.

Every word stands in as many good reviews as bad ones. In most kinds of review each has a twin of the same words with
the other verdict, so counting words is no better than guessing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ... import nn
from ...core.support.arrays import Array
from ..base import Ragged, Rows
from ..baselines import bag_of_words
from ..data.reader import Source
from ..data.tokens import coded, words_of
from ..metrics import confusion, error_rate
from ..models import WordModel, classify_texts, outputs, words_served
from ..served import Served
from .generated import TEST_SEED, Generated

__all__ = ["LABELS", "Sentiment", "review"]

LABELS = ("bad", "good")
SUBJECTS = ("the plot", "the acting", "the music", "the ending", "the dialogue", "the camera", "the pace", "the cast")
GOOD = ("good", "great", "funny", "clever", "moving", "bright")
BAD = ("bad", "awful", "boring", "stupid", "flat", "dull")
DEGREES = ("", "really ", "very ", "quite ", "so ")
TURNS = ("was {}", "felt {}", "seemed {}")
NEGATIONS = ("not {} at all", "not {}", "never {}", "hardly {}", "anything but {}")
TRAIN = 2000  # reviews that the baseline learns from


def review(rng: np.random.Generator, kind: int | None = None) -> tuple[str, int]:
    """A random review, and whether it is good (1) or bad (0). The kinds, each as frequent:

    0  the plot was not bad at all                          negated or not
    1  the plot was good , not bad                          the adjective without "not" counts
    2  the plot was bad but the acting was never dull       the second clause counts, and contradicts the first
    3  although the plot was good , the music felt flat     so does it here
    4  the music felt flat although the plot was good       here the first
    """
    kind = int(rng.integers(5)) if kind is None else kind
    verdict = int(rng.integers(2))
    subjects = rng.permutation(len(SUBJECTS))[:2]
    first, second = (SUBJECTS[i] for i in subjects)
    if kind == 0:
        return f"{first} {_clause(rng, verdict)}", verdict
    if kind == 1:
        meant, denied = _adjective(rng, verdict), _adjective(rng, 1 - verdict)
        clause = _one(rng, TURNS).format(f"{meant} , not {denied}" if rng.integers(2) else f"not {denied} , {meant}")
        return f"{first} {clause}", verdict
    counts, other = f"{first} {_clause(rng, verdict)}", f"{second} {_clause(rng, 1 - verdict)}"
    pattern = ("{1} but {0}", "although {1} , {0}", "{0} although {1}")[kind - 2]
    return pattern.format(counts, other), verdict


def _clause(rng: np.random.Generator, verdict: int) -> str:
    """A predicate with this verdict: an adjective, or the opposite one negated."""
    if rng.integers(2):
        return _one(rng, TURNS).format(_one(rng, NEGATIONS).format(_adjective(rng, 1 - verdict)))
    return _one(rng, TURNS).format(_one(rng, DEGREES) + _adjective(rng, verdict))


def _adjective(rng: np.random.Generator, verdict: int) -> str:
    return _one(rng, GOOD if verdict else BAD)


def _one(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[rng.integers(len(words))]


def _words() -> list[str]:
    """All words of the grammar, in alphabetical order, behind the place of unknown ones."""
    text = " ".join([*SUBJECTS, *GOOD, *BAD, *DEGREES, *TURNS, *NEGATIONS, "but although ,"]).replace("{}", "")
    return ["", *sorted(set(words_of(text)))]


LONGEST = 1000  # words that are read of a review, its last ones


class Sentiment(Generated):
    """Whether a made-up review is good or bad.

    >>> rng = np.random.default_rng(2)
    >>> review(rng)
    ('the music was never great although the plot felt really clever', 0)
    """

    name = "sentiment"
    teaches = "the order of words decides what they mean, which a bag of words cannot tell"
    metric = "share wrong"
    compare = "a bag of words (naive Bayes): about 0.5"
    expect = "0 for gru and lstm within two hundred updates; rnn takes longer"
    accepts = "a review such as: the plot was not bad at all"
    length_is = "words that are read of a review, its last ones"
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 32, "updates": 500, "batch": 32, "lr": 0.005, "length": 20}

    def __init__(self, length: int) -> None:
        self.words = _words()
        self._places = {word: i for i, word in enumerate(self.words)}
        super().__init__(length)

    @property
    def facts(self) -> dict[str, Any]:
        """The words and the labels."""
        return {"words": self.words, "labels": list(LABELS), "length": self.length}

    @cached_property
    def _bag(self) -> float:
        x, y, lengths = self.make(np.random.default_rng(TEST_SEED + 1), TRAIN)
        train = [text[:n] for text, n in zip(x.T, lengths, strict=True)]
        test = [text[:n] for text, n in zip(self._test.x.T, self._test.lengths, strict=True)]
        words = 1 + max(text.max(initial=0) for text in train + test)
        return error_rate(bag_of_words(train, y, test, words, len(LABELS)), self._test.y)

    @property
    def baselines(self) -> dict[str, float]:
        """Naive Bayes, trained on the words of 2,000 reviews."""
        return {"bag of words": self._bag}

    @property
    def goal(self) -> float:
        """One review in a hundred."""
        return 0.01

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> WordModel:
        """An untrained model."""
        return WordModel.of(cell, hidden, facts, keep_bias)

    def make(self, rng: np.random.Generator, batch: int) -> Ragged:
        """Fresh reviews."""
        return self._coded([review(rng) for _ in range(batch)])

    def _coded(self, reviews: list[tuple[str, int]]) -> Ragged:
        x, lengths = coded([words_of(text) for text, _ in reviews], self._places, self.length)
        return Ragged(x, np.array([verdict for _, verdict in reviews]), lengths)

    @classmethod
    def served(cls, model: Any, facts: Mapping[str, Any]) -> Served:
        """Words of the grammar to the probabilities of the labels."""
        return words_served(model, facts, "text", LONGEST)

    def loss(self, model: Any, batch: Ragged, state: Any = None) -> tuple[Any, None]:
        """The cross-entropy in nats."""
        return nn.losses.cross_entropy(model(batch.x, batch.lengths), batch.y), None

    def evaluate(self, model: Any) -> float:
        """The share of 1,000 reviews that are taken for the opposite."""
        return error_rate(self._predicted(model, self._test), self._test.y)

    @staticmethod
    def _predicted(model: Any, batch: Ragged) -> Array:
        return np.asarray(outputs(model, batch.x, batch.lengths).argmax(axis=-1))

    def tables(self, model: Any) -> dict[str, Rows]:
        """The confusion table, and the error by the kind of review."""
        rows = []
        for kind, example in enumerate(("negation", "good , not bad", "… but …", "although … , …", "… although …")):
            rng = np.random.default_rng([TEST_SEED, kind])
            batch = self._coded([review(rng, kind) for _ in range(200)])
            rows.append({"kind": example, "wrong": error_rate(self._predicted(model, batch), batch.y)})
        predicted = self._predicted(model, self._test)
        return {"confusion": confusion(self._test.y, predicted, LABELS), "kinds": rows}

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Reviews, their verdicts, and those of the model."""
        reviews = [review(rng) for _ in range(count)]
        predicted = self._predicted(model, self._coded(reviews))
        return [
            {"input": text, "true": LABELS[verdict], "predicted": LABELS[k]}
            for (text, verdict), k in zip(reviews, predicted, strict=True)
        ]

    @classmethod
    def predict(cls, model: Any, facts: Mapping[str, Any], source: Source) -> Iterator[dict[str, Any]]:
        """The verdict on each line, or on the column `text` of CSV and JSONL."""
        yield from classify_texts(model, facts, source, "text", LONGEST)
