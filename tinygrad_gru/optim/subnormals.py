"""Subnormal moments are cleared: those of a gradient that has become 0 shrink to subnormal numbers, which are slow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ..core.support.arrays import Array

__all__ = ["SWEEP", "clear_tiny"]

TINY = 1e-30  # float32 moments below this are about to become subnormal, and move nothing
SWEEP = 100  # they are cleared once in so many steps


def clear_tiny(state: Iterable[Mapping[str, Array]]) -> None:
    """Set to 0 what lies below 1e-30 in float32 moments; float64 reaches far below that."""
    for moments in state:
        for moment in moments.values():
            if moment.dtype == np.float32:
                moment[np.abs(moment) < TINY] = 0
