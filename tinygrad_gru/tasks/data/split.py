"""Data with labels: which of them are held out, and how many labels there may be."""

from __future__ import annotations

import numpy as np

from ...core.support.arrays import Array

__all__ = ["FLATTERED", "MOST_LABELS", "split", "stratified", "with_validation"]

HELD_OUT = 5  # one in five is held out
SEED = 314159  # which ones: the same for every run
MOST_LABELS = 100
VALIDATED = 10  # one in ten of those to train on chooses the weights that are kept
LEAST_VALIDATED = 100  # where there are so many
FLATTERED = ", and choose the weights that are kept, which flatters them"  # of what is held out, where there are fewer


def split(count: int, seed: int | None = None) -> tuple[Array, Array]:
    """The indices of 0 … count − 1 to train on, and of those held out, one at least; both in random order."""
    order = _generator(seed).permutation(count)
    held_out = max(1, count // HELD_OUT)
    return order[held_out:], order[:held_out]


def stratified(labels: Array, seed: int | None = None) -> tuple[Array, Array]:
    """The indices of labels (N,) to train on, and of those held out: of each class a fifth, as nearly as can be.

    Held out are as many as `split` holds out; a class of one is trained on.

    >>> import numpy as np
    >>> labels = np.array([0] * 10 + [1] * 5)
    >>> [np.bincount(labels[side]).tolist() for side in stratified(labels)]
    [[8, 4], [2, 1]]
    """
    random = _generator(seed)
    classes, counts = np.unique(labels, return_counts=True)
    wanted = max(1, len(labels) // HELD_OUT)
    shares = counts / HELD_OUT
    shares = np.where(counts == 1, 0, shares)
    taken = np.floor(shares).astype(int)
    rest = np.where(counts - taken > 1, shares - taken, -1)  # one at least is trained on
    for place in np.argsort(-rest, kind="stable")[: max(0, wanted - int(taken.sum()))]:
        taken[place] += rest[place] >= 0
    held_out = [random.permutation(np.flatnonzero(labels == k))[:n] for k, n in zip(classes, taken, strict=True)]
    out = random.permutation(np.concatenate(held_out))
    if not len(out):  # all classes are of one
        out = random.permutation(len(labels))[:1]
    return random.permutation(np.setdiff1d(np.arange(len(labels)), out)), out


def with_validation(train: Array, seed: int | None = None) -> tuple[Array, Array]:
    """The indices (N,) to train on in two parts, the second a tenth for validation: none of fewer than a hundred.

    >>> import numpy as np
    >>> [len(part) for n in (200, 99) for part in with_validation(np.arange(n))]
    [180, 20, 99, 0]
    """
    if len(train) < LEAST_VALIDATED:
        return train, train[:0]
    order = _generator(seed).permutation(len(train))
    chosen = np.sort(order[: len(train) // VALIDATED])
    return np.delete(train, chosen), train[chosen]


def _generator(seed: int | None) -> np.random.Generator:
    """What draws a split: the same for every run, but for those with a seed of their own for it."""
    return np.random.default_rng(SEED if seed is None else [SEED, seed])
