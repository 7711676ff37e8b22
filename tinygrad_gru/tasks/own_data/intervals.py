"""Intervals of forecasts: what nine in ten errors of validation stay below, by row ahead and target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...core.support.arrays import Array
from ...errors import CheckpointError

__all__ = ["errors_of", "nine_in_ten", "share_inside"]

INSIDE = 0.9  # of the errors, which an interval holds


def nine_in_ten(errors: Array, horizon: int) -> Array | None:
    """What nine in ten of the errors (n, horizon · C') stay below, (horizon, C').

    That is the one in place ⌈0.9 (n + 1)⌉ of n; None of too few.
    """
    place = int(np.ceil(INSIDE * (len(errors) + 1)))
    if place > len(errors):
        return None
    return np.asarray(np.sort(np.abs(errors), axis=0)[place - 1].reshape(horizon, -1))


def share_inside(errors: Array, bounds: Array) -> float:
    """The share of errors (B, C') that lie within their bounds (C',)."""
    return float((np.abs(errors) <= bounds).mean())


def errors_of(facts: Mapping[str, Any], horizon: int, targets: int) -> Array | None:
    """What nine in ten errors of a run stay below (horizon, C'), scaled; None if it has not measured any."""
    if (known := facts.get("errors")) is None:
        return None
    try:
        errors = np.array(known, np.float64)
        sound = errors.shape == (horizon, targets) and bool(np.isfinite(errors).all()) and errors.min() >= 0
    except (TypeError, ValueError):
        sound = False
    if not sound:
        raise CheckpointError("the checkpoint's errors cannot be used, wanted a number a forecast. try: another one")
    return errors
