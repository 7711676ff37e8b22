"""Text to train on: a file, or the help texts that come with every Python."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...core.support.arrays import Array
from .reader import Source, decoded
from .tables.form import Reading

__all__ = ["encode", "of_run", "read_text", "reading_facts", "sha256"]

AT_ONCE = 200_000  # characters encoded at once, so that no second copy of a long text is in memory


def read_text(file: Path | None = None, encoding: str | None = None) -> str:
    """The text of a file, `-` being stdin, in the encoding that it is in, or in this one.

    Without a file, the English help texts of `pydoc_data.topics`, sorted and joined.
    """
    if file is None:
        from pydoc_data.topics import topics

        return "\n\n".join(topics[name] for name in sorted(topics))
    return decoded(file, encoding).text


def of_run(source: Source, facts: Mapping[str, Any]) -> tuple[Source, bool]:
    """A source to be read as a run reads its data, and whether it is that which the run was trained on.

    What the source itself is asked to be read as comes first.
    """
    own = facts.get("sha256") == sha256(source.text)
    asked = {each.name: value for each in fields(Reading) if (value := getattr(source.reading, each.name)) is not None}
    return replace(source, reading=replace(Reading.from_facts(facts, own), **asked)), own


def reading_facts(source: Source, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """How a source is read, for a checkpoint; with the facts of a run as that remembers it."""
    if facts is not None and "reading" in facts:
        return dict(facts["reading"])
    return source.reading.as_facts(source.form)


def sha256(text: str) -> str:
    """The text's fingerprint: two runs on the same text have the same."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def encode(text: str) -> tuple[str, Array]:
    """The vocabulary, the different characters in order, and the text as places in it.

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
