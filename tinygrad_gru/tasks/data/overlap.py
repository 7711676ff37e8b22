"""What of other data than its own a run was trained on: it is left out of a test, or named."""

from __future__ import annotations

from ...core.support.arrays import Array
from ...errors import DataError

__all__ = ["shared_beginning", "without_trained"]


def without_trained(held_out: Array, trained: Array, noun: str) -> tuple[Array, str]:
    """The indices (N,) that are not marked in `trained` (N,), and how many are, in words; DataError if all of them are.

    >>> import numpy as np
    >>> without_trained(np.array([4, 7, 9]), np.array([True, False, False]), "texts")
    (array([7, 9]), '1 of its 3 texts were trained on and are left out')
    """
    if trained.all():
        raise DataError(f"all {len(held_out):,} {noun} were trained on: nothing is left to test. try: without --file")
    count = int(trained.sum())
    return held_out[~trained], f"{count:,} of its {len(held_out):,} {noun} were trained on and are left out"


def shared_beginning(train: Array, held_out: Array, least: int, noun: str) -> str:
    """How many items two series have in common at their beginning, in words; empty if fewer than `least`."""
    n = min(len(train), len(held_out))
    same = (train[:n] == held_out[:n]).reshape(n, -1).all(axis=1)
    length = n if same.all() else int(same.argmin())
    return f"its first {length:,} {noun} were trained on and are tested too" if length >= least else ""
