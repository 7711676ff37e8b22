"""Texts as tokens: cut into words, and each word as its place in a vocabulary."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ...core.support.arrays import Array
from .reader import Record, Source

__all__ = ["MOST_WORDS", "UNKNOWN", "coded", "composed", "refuse_empty_text", "vocabulary_of", "words_of"]

UNKNOWN = 0  # the code of all words that are not in the vocabulary, and of the padding
MOST_WORDS = 20_000


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


def refuse_empty_text(source: Source, record: Record, column: str) -> None:
    """DataError for a text that is empty: there is nothing to classify, and nothing to learn from."""
    if not record.fields[column].strip():
        raise source.error(record.line, f"{column} is empty. try: a text, or leave the row out")


def vocabulary_of(texts: Iterable[Sequence[str]], least: int = 1) -> list[str]:
    """The words that occur at least so often, the most frequent first, behind the place of the unknown ones.

    >>> vocabulary_of([["a", "b"], ["b", "c", "b"]])
    ['', 'b', 'a', 'c']
    """
    counts = Counter(word for text in texts for word in text)
    words = sorted((word for word, n in counts.items() if n >= least), key=lambda word: (-counts[word], word))
    return ["", *words[:MOST_WORDS]]


def coded(texts: Sequence[Sequence[str]], places: Mapping[str, int], longest: int) -> tuple[Array, Array]:
    """Texts as codes (T, B), padded with 0, and their lengths (B,). Of a long text the last words are read."""
    cut = [text[-longest:] for text in texts]
    lengths = np.array([len(text) for text in cut])
    x = np.full((max(1, lengths.max(initial=0)), len(cut)), UNKNOWN)
    for b, text in enumerate(cut):
        x[: len(text), b] = [places.get(word, UNKNOWN) for word in text]
    return x, lengths
