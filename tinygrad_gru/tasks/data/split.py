"""Data with labels: which of them are held out, and how many labels there may be."""

from __future__ import annotations

import numpy as np

from ...core.support.arrays import Array

__all__ = ["MOST_LABELS", "split"]

HELD_OUT = 5  # one in five is held out
SEED = 314159  # which ones: the same for every run
MOST_LABELS = 100


def split(count: int) -> tuple[Array, Array]:
    """The indices of 0 … count − 1 to train on, and of those held out, one at least; both in random order."""
    order = np.random.default_rng(SEED).permutation(count)
    held_out = max(1, count // HELD_OUT)
    return order[held_out:], order[:held_out]
