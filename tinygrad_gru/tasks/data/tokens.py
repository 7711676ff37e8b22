"""Texts as tokens: cut into words, and each word as its place in a vocabulary."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from ...core.support.arrays import Array

__all__ = ["MOST_WORDS", "TOKENISER", "UNKNOWN", "coded", "composed", "rules_of", "vocabulary_of", "words_of"]

UNKNOWN = 0  # the code of all words that are not in the vocabulary, and of the padding
MOST_WORDS = 20_000
TOKENISER = 2  # the rules of words_of: runs remember theirs, and 1 are those of version 0.2
WORDS = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")

# Scripts that write no spaces between words: a letter with its marks is a word there.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df"  # Thai, Lao, Burmese, Khmer, Tai
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana and Han
    "\uff66-\uff9f\U00020000-\U000323af"
)
JOINERS = "\u200c\u200d"  # zero width: within words of Persian and Hindi, and between the parts of an emoji
LAST_MARK = 0x1F000  # of the combining marks, but for the tags and selectors behind


def words_of(text: str, tokeniser: int = TOKENISER) -> list[str]:
    """The words of a text in small letters, its characters composed; each sign of punctuation is one.

    A letter keeps its combining marks. Where a script has no spaces between words, each letter with its marks is one.

    >>> words_of("Not bad, at ALL!")
    ['not', 'bad', ',', 'at', 'all', '!']
    >>> words_of("cafe\N{COMBINING ACUTE ACCENT}") == words_of("caf\N{LATIN SMALL LETTER E WITH ACUTE}")
    True
    >>> words_of("我爱GRU")
    ['我', '爱', 'gru']
    """
    text = composed(text.lower())
    if tokeniser == 1 or text.isascii():
        return WORDS.findall(text)
    special, words = _all_scripts()
    return (words if special.search(text) else WORDS).findall(text)


def rules_of(tokeniser: int = TOKENISER) -> dict[str, str]:
    """How words_of cuts up a text, for other programs: in small letters and a normal form, the matches of a regex."""
    pattern = WORDS if tokeniser == 1 else _all_scripts()[1]
    return {"case": "lower", "normal form": "NFC", "regex": pattern.pattern}


@lru_cache(1)
def _all_scripts() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What calls for more than WORDS, and the words of all scripts; of combining marks re knows nothing: a list."""
    marks = [chr(code) for code in range(0x300, LAST_MARK) if unicodedata.category(chr(code))[0] == "M"]
    joined = f"{''.join(marks)}\U000e0100-\U000e01ef\U0001f3fb-\U0001f3ff{JOINERS}"  # with the skin tones of emoji
    mark = f"[{joined}]"
    letter = rf"(?:(?![{UNSPACED}])\w{mark}*)"
    return re.compile(f"[{UNSPACED}{joined}]"), re.compile(
        rf"[{UNSPACED}]{mark}*"
        rf"|{letter}+(?:['’]{letter}+)*"
        rf"|[^\w\s{''.join(marks)}{JOINERS}](?:{mark}+(?:(?<=\u200d)[^\w\s])?)*"
    )


def composed(text: str) -> str:
    """The same text with each letter and its accents as one character, where Unicode has it (NFC)."""
    return unicodedata.normalize("NFC", text)


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
