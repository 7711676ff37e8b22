"""Simple predictors, the yardstick for a network: counts, a bag of words, the nearest mean, least squares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from ..core.support.arrays import Array

__all__ = [
    "bag_of_words", "bits_per_character", "count_model", "followers", "majority_class", "nearest_mean",
    "ridge_regression",
]  # fmt: skip

AT_ONCE = 200_000  # symbols


# --- of classes ------------------------------------------------------------------------------------------------------


def majority_class(labels: Array) -> int:
    """The most frequent of the labels (N,), whole numbers from 0 on."""
    return int(np.bincount(labels).argmax())


def nearest_mean(features: Array, labels: Array, test: Array) -> Array:
    """For each row of `test` (M, C) the class whose mean among `features` (N, C) is nearest; labels (N,) and (M,)."""
    classes = np.unique(labels)
    means = np.array([features[labels == k].mean(axis=0) for k in classes])  # (K, C)
    distances = ((test[:, None] - means) ** 2).sum(axis=-1)  # (M, K)
    return np.asarray(classes[distances.argmin(axis=1)])


def bag_of_words(
    train: Iterable[Sequence[int]], labels: Array, test: Iterable[Sequence[int]], words: int, classes: int
) -> Array:
    """The labels (B,) that naive Bayes gives to texts: it knows their words, and not their order.

    `train` and `test` are texts as codes below `words`. A class has the probability of its share; a word that occurs n
    times among the N words of a class has (n + 1)/(N + V): Laplace's smoothing.
    """
    counts = np.ones((classes, words))
    for codes, label in zip(train, labels, strict=True):
        np.add.at(counts[label], codes, 1)
    logs = np.log(counts / counts.sum(axis=1, keepdims=True))  # (C, V)
    prior = np.log((np.bincount(labels, minlength=classes) + 1) / (len(labels) + classes))
    return np.array([(prior + logs[:, codes].sum(axis=1)).argmax() for codes in test], np.int64)


# --- of numbers ------------------------------------------------------------------------------------------------------


def ridge_regression(A: Array, b: Array, penalty: float) -> Array:
    """The w that minimises |A w − b|²/N + penalty |w|², N being the rows of A.

    >>> ridge_regression(np.array([[1.0], [1.0]]), np.array([1.0, 3.0]), penalty=1.0)
    array([1.])
    """
    return np.linalg.solve(A.T @ A + penalty * len(A) * np.eye(A.shape[1]), A.T @ b)


# --- of symbols ------------------------------------------------------------------------------------------------------


def followers(texts: Iterable[str], context: int) -> dict[str, Counter[str]]:
    """How often each symbol followed each run of `context` symbols; at the beginning of a text, of fewer.

    >>> followers(["abab"], context=1)
    {'a': Counter({'b': 2}), 'b': Counter({'a': 1})}
    """
    counts: dict[str, Counter[str]] = {}
    for text in texts:
        for t in range(len(text) - 1):
            counts.setdefault(text[max(0, t + 1 - context) : t + 1], Counter())[text[t + 1]] += 1
    return counts


def count_model(train: Array, held_out: Array, symbols: int, order: int) -> Array:
    """The probability that a count model of this order gives to each symbol of `held_out`, having counted `train`.

    Both are arrays of whole numbers below `symbols`; `held_out` follows `train`. A context c that was followed by T
    different symbols, N times in all, leaves a share T/(N + T) to the context one shorter, and in the end to all
    symbols alike: p(s | c) = (n(cs) + T p(s | shorter))/(N + T). Source: Witten and Bell 1991, interpolated.
    """
    start = len(train)
    p = np.full(len(held_out), 1 / symbols)
    for k in range(order + 1):
        seen, n = _counted(train, k + 1, symbols)
        if not len(seen):
            break
        contexts, first, T = np.unique(seen // symbols, return_index=True, return_counts=True)
        N = np.add.reduceat(n, first)

        before = train[max(0, start - k) :]  # the context of the first held-out symbol
        grams = _grams(np.concatenate([before, held_out]), k + 1, symbols)  # each ends at one held-out symbol
        shorter = p[len(p) - len(grams) :]  # a text shorter than the context has none for its first symbols
        N_before = _look_up(contexts, N, grams // symbols)
        T_before = _look_up(contexts, T, grams // symbols)
        mixed = (_look_up(seen, n, grams) + T_before * shorter) / np.maximum(1, N_before + T_before)
        shorter[...] = np.where(N_before > 0, mixed, shorter)
    return p


def bits_per_character(train: Array, held_out: Array, symbols: int, order: int) -> float:
    """How many bits a count model needs on average for a character of `held_out`."""
    return float(-np.log2(count_model(train, held_out, symbols, order)).mean())


def _counted(text: Array, size: int, symbols: int) -> tuple[Array, Array]:
    """The runs of `size` symbols that there are, as numbers in order, and how often each is there.

    They are counted piece by piece: a long text has few different ones.
    """
    seen, n = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for i in range(0, max(0, len(text) - size + 1), AT_ONCE):
        new, times = np.unique(_grams(text[i : i + AT_ONCE + size - 1], size, symbols), return_counts=True)
        seen, places = np.unique(np.concatenate([seen, new]), return_inverse=True)
        n = np.bincount(places, np.concatenate([n, times])).astype(np.int64)
    return seen, n


def _grams(text: Array, size: int, symbols: int) -> Array:
    """Each run of `size` symbols as one number, the first symbol counting most."""
    count = max(0, len(text) - size + 1)
    grams = np.zeros(count, np.int64)
    for i in range(size):
        grams = grams * symbols + text[i : i + count]
    return grams


def _look_up(keys: Array, values: Array, wanted: Array) -> Array:
    """The value of each wanted key, 0 where there is none; `keys` are sorted."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)
