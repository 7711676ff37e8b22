"""A bag of words as the start of a network: what the words alone tell of a label, before any is read in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..core.ops import take
from ..core.support.arrays import Array
from ..core.tensor import Tensor
from ..errors import CheckpointError
from .data.tokens import UNKNOWN

__all__ = ["BagOfWords"]

MOST_COUNTS = 1_000_000  # words times labels


class BagOfWords:
    """Naive Bayes: log p(c) + Σ_t log p(w_t | c) for each label c, less their mean over the labels.

    A word that stands n times among the N words of a label has p = (n + 1)/(N + V), as in `baselines.bag_of_words`;
    unknown words and padding count for nothing.
    """

    def __init__(self, counts: Array, texts: Array) -> None:
        """`counts` (C, V): how often each word stands in the texts of each label; of these there are `texts` (C,)."""
        self.counts, self.texts = counts, texts
        table = np.log(counts + 1) - np.log(self._words_of_labels[:, None])  # (C, V)
        table[:, UNKNOWN] = 0
        self._table = Tensor(_centred(table.T).astype(np.float32), name="W_bag")  # (V, C)
        self._prior = Tensor(_centred(np.log(texts + 1)).astype(np.float32), name="b_bag")  # (C,)

    @property
    def _words_of_labels(self) -> Array:
        """N + V of each label, (C,)."""
        V = self.counts.shape[1]
        return np.asarray(self.counts.sum(axis=1) + V)

    @classmethod
    def of(cls, texts: Iterable[Sequence[int]], labels: Array, words: int, classes: int) -> BagOfWords | None:
        """That of texts as codes and their labels (N,); None where there are too many words and labels to count."""
        if words * classes > MOST_COUNTS:
            return None
        counts = np.zeros((classes, words), np.int64)
        for codes, label in zip(texts, labels, strict=True):
            np.add.at(counts[label], codes, 1)
        counts[:, UNKNOWN] = 0
        return cls(counts, np.bincount(labels, minlength=classes))

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any], words: int, classes: int) -> BagOfWords | None:
        """That of a run, if it has one."""
        if (known := facts.get("bag")) is None:
            return None
        try:
            rows = [[int(n) for n in line.split()] for line in known]
            counts, texts = np.array([row[1:] for row in rows], np.int64), np.array([row[0] for row in rows], np.int64)
            sound = counts.shape == (classes, words) and counts.min() >= 0 <= texts.min() and counts.max() < 10**9
        except (AttributeError, IndexError, TypeError, ValueError, OverflowError):
            sound = False
        if not sound:
            raise CheckpointError("the checkpoint's bag cannot be used, wanted counts of words. try: another one")
        return cls(counts, texts)

    def as_facts(self) -> list[str]:
        """For a checkpoint: of each label how many texts it has, and how often each word stands in them."""
        return [" ".join(map(str, [n, *row])) for n, row in zip(self.texts, self.counts.tolist(), strict=True)]

    def __call__(self, codes: Any) -> Any:
        """Texts as codes (T, B) to the logits of the labels, (B, C)."""
        return take(self._table, codes, axis=0).sum(axis=0) + self._prior

    def without(self, codes: Array, labels: Array) -> Array:
        """The same of texts (T, B) that were counted under these labels (B,): each as if it had not been, (B, C).

        A text that is counted itself seems to be told by its words far more surely than a new one is.
        """
        known = codes != UNKNOWN  # (T, B)
        own = np.zeros((*codes.shape, len(self.texts)), np.int64)  # (T, B, C)
        own[:, np.arange(len(labels)), labels] = ((codes[:, None] == codes[None]) & known).sum(axis=1)
        ours = np.eye(len(self.texts), dtype=np.int64)[labels]  # (B, C)
        n = np.maximum(0, self.counts.T[codes] - own)
        logs = np.log(n + 1) - np.log(self._words_of_labels - ours * known.sum(axis=0)[:, None])
        prior = np.log(np.maximum(0, self.texts - ours) + 1)
        return _centred((logs * known[:, :, None]).sum(axis=0) + prior).astype(np.float32)


def _centred(logs: Array) -> Array:
    """Less their mean over the labels, the last axis."""
    return np.asarray(logs - logs.mean(axis=-1, keepdims=True))
