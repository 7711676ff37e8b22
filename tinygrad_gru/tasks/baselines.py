"""Count models: what can be predicted of a text by counting which characters follow which.

They are the honest yardstick for a network: a model of order 2 knows how often each character followed each pair.
"""

from __future__ import annotations

import numpy as np

from ..core.support.arrays import Array

__all__ = ["bits_per_character", "count_model"]

AT_ONCE = 200_000  # symbols


def count_model(known: Array, held_out: Array, symbols: int, order: int) -> Array:
    """The probability that a count model of this order gives to each symbol of `held_out`, having counted `known`.

    Both are arrays of whole numbers below `symbols`; `held_out` follows `known`. A context c that was followed by T
    different symbols, N times in all, leaves a share T/(N + T) to the context one shorter, and in the end to all
    symbols alike: p(s | c) = (n(cs) + T p(s | shorter))/(N + T). Source: Witten and Bell 1991, interpolated.
    """
    start = len(known)
    p = np.full(len(held_out), 1 / symbols)
    for k in range(order + 1):
        seen, n = _counted(known, k + 1, symbols)
        if not len(seen):
            break
        contexts, first, T = np.unique(seen // symbols, return_index=True, return_counts=True)
        N = np.add.reduceat(n, first)

        before = known[max(0, start - k) :]  # the context of the first held-out symbol
        asked = _grams(np.concatenate([before, held_out]), k + 1, symbols)  # each ends at one held-out symbol
        p_known = p[len(p) - len(asked) :]  # a text shorter than the context has none for its first symbols
        N_asked = _look_up(contexts, N, asked // symbols)
        T_asked = _look_up(contexts, T, asked // symbols)
        mixed = (_look_up(seen, n, asked) + T_asked * p_known) / np.maximum(1, N_asked + T_asked)
        p_known[...] = np.where(N_asked > 0, mixed, p_known)
    return p


def bits_per_character(known: Array, held_out: Array, symbols: int, order: int) -> float:
    """How many bits a count model needs on average for a character of `held_out`."""
    return float(-np.log2(count_model(known, held_out, symbols, order)).mean())


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


def _look_up(keys: Array, values: Array, asked: Array) -> Array:
    """The value of each key asked for, 0 where there is none; `keys` are sorted."""
    places = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.where(keys[places] == asked, values[places], 0)
