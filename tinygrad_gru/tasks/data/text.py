"""Text to learn from: a UTF-8 file, or the documentation that every Python carries within itself."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ...core.support.arrays import Array
from .reader import decoded

__all__ = ["encode", "read_text", "sha256"]

AT_ONCE = 200_000  # characters that are encoded in one piece: a long text is in memory as its codes and no more


def read_text(file: Path | None = None) -> str:
    """The text of a UTF-8 file, `-` being stdin.

    Without a file, the English help texts of `pydoc_data.topics`, sorted and joined.
    """
    if file is None:
        from pydoc_data.topics import topics

        return "\n\n".join(topics[name] for name in sorted(topics))
    return decoded(file)


def sha256(text: str) -> str:
    """The text's fingerprint: two runs on the same text have the same."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def encode(text: str) -> tuple[str, Array]:
    """The vocabulary, its characters in order, and the text as places in it.

    >>> encode("abba!")
    ('!ab', array([1, 2, 2, 1, 0], dtype=int32))
    """
    vocabulary = "".join(sorted(set(text)))
    places = np.zeros(ord(vocabulary[-1]) + 1 if vocabulary else 1, np.int32)
    places[[ord(c) for c in vocabulary]] = np.arange(len(vocabulary))
    codes = np.empty(len(text), np.int32)
    for i in range(0, len(text), AT_ONCE):
        codes[i : i + AT_ONCE] = places[np.frombuffer(text[i : i + AT_ONCE].encode("utf-32-le"), "<u4")]
    return vocabulary, codes
