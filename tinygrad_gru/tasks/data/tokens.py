"""Texts as words: how they are cut and numbered, the model that reads them, and what a bag of words can do."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ... import nn
from ...core.support.arrays import Array
from ...errors import CheckpointError
from ..base import fact, recurrent
from ..models import last_state, outputs
from .reader import Record, Source

__all__ = [
    "WordModel", "answers", "bag_of_words", "coded", "composed", "refuse_without_words", "vocabulary_of", "words_of",
]  # fmt: skip

EMBEDDING = 32  # numbers per word
UNKNOWN = 0  # the place of all words that are not in the vocabulary
MOST_WORDS = 20_000
AT_ONCE = 64  # texts that the model answers side by side


class WordModel(nn.Module):
    """An embedding of words, a recurrent layer, and a linear map of its last state to the logits of the labels."""

    def __init__(self, cell: str, words: int, hidden: int, labels: int) -> None:
        self.embedding = nn.Embedding(words, EMBEDDING)
        self.recurrent = recurrent(cell, EMBEDDING, hidden)
        self.output = nn.Linear(hidden, labels)

    def forward(self, codes: Array, lengths: Array | None = None) -> Any:
        """Words (T, B) to logits (B, C), each text read to its own end."""
        _, state = self.recurrent(self.embedding(codes), lengths=lengths)
        return self.output(last_state(state))

    @classmethod
    def of(cls, cell: str, hidden: int, facts: Mapping[str, Any]) -> WordModel:
        """An untrained model for these words and labels."""
        words, labels = fact(facts, "words", list), fact(facts, "labels", list)
        if not all(type(word) is str for word in [*words, *labels]) or len(words) > MOST_WORDS + 1:
            raise CheckpointError("the checkpoint's words and labels cannot be used, wanted texts. try: another one")
        return cls(cell, len(words), hidden, len(labels))


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, its characters composed; each sign of punctuation is one.

    >>> words_of("Not bad, at ALL!")
    ['not', 'bad', ',', 'at', 'all', '!']
    >>> words_of("cafe\N{COMBINING ACUTE ACCENT}") == words_of("caf\N{LATIN SMALL LETTER E WITH ACUTE}")
    True
    """
    return re.findall(r"\w+(?:['’]\w+)*|[^\w\s]", composed(text.lower()))


def composed(text: str) -> str:
    """The same text with each letter and its accents as one character, where Unicode has it (NFC)."""
    return unicodedata.normalize("NFC", text)


def refuse_without_words(source: Source, record: Record, column: str) -> None:
    """DataError for a text that is empty: nothing can be said about it, and nothing learned from it."""
    if not record.fields[column].strip():
        raise source.error(record.line, f"{column} is empty. try: a text, or leave the row out")


def vocabulary_of(texts: Iterable[Sequence[str]], least: int = 1) -> list[str]:
    """The words that occur at least so often, the most frequent first, and before them the place of all others."""
    counts = Counter(word for text in texts for word in text)
    words = sorted((word for word, n in counts.items() if n >= least), key=lambda word: (-counts[word], word))
    return ["", *words[:MOST_WORDS]]


def coded(texts: Sequence[Sequence[str]], places: Mapping[str, int], longest: int) -> tuple[Array, Array]:
    """Texts as codes (T, B), filled up with 0, and their lengths (B,). Of a long text the last words are read."""
    cut = [text[-longest:] for text in texts]
    lengths = np.array([len(text) for text in cut])
    x = np.full((max(1, lengths.max(initial=0)), len(cut)), UNKNOWN)
    for b, text in enumerate(cut):
        x[: len(text), b] = [places.get(word, UNKNOWN) for word in text]
    return x, lengths


def answers(
    model: Any, facts: Mapping[str, Any], source: Source, column: str, longest: int
) -> Iterator[dict[str, Any]]:
    """The label of each text of a source with its probability."""
    words, labels = fact(facts, "words", list), fact(facts, "labels", list)
    places = {word: i for i, word in enumerate(words)}
    waiting: list[str] = []

    def answered() -> Iterator[dict[str, Any]]:
        x, lengths = coded([words_of(text) for text in waiting], places, longest)
        logits = outputs(model, x, lengths).astype(np.float64)  # (B, C)
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        for text, row in zip(waiting, p, strict=True):
            best = int(row.argmax())
            yield {column: text, "predicted": labels[best], "probability": round(float(row[best]), 4)}

    for record in source.records([column]):
        refuse_without_words(source, record, column)
        waiting.append(record.fields[column])
        if len(waiting) == AT_ONCE:
            yield from answered()
            waiting.clear()
    if waiting:
        yield from answered()


def bag_of_words(
    known: Iterable[Sequence[int]], labels: Array, asked: Iterable[Sequence[int]], words: int, classes: int
) -> Array:
    """The labels (B,) that naive Bayes gives to texts of which only the words are known, not their order.

    `known` and `asked` are texts as codes below `words`; each class has the probability of its share, each word within
    it n + 1 of N + V, as Laplace counts.
    """
    counts = np.ones((classes, words))
    for codes, label in zip(known, labels, strict=True):
        np.add.at(counts[label], codes, 1)
    logs = np.log(counts / counts.sum(axis=1, keepdims=True))  # (C, V)
    share = np.log((np.bincount(labels, minlength=classes) + 1) / (len(labels) + classes))
    return np.array([(share + logs[:, codes].sum(axis=1)).argmax() for codes in asked], np.int64)
