"""Where the first number came from that is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.support.modes import detect_anomaly
from ..errors import AnomalyError

__all__ = ["first_non_finite"]


def first_non_finite(what: Callable[..., Any], *arguments: Any) -> str:
    """Do once more what went wrong, and backward too, looking at each number: the operation, its step and its line.

    `what` returns a loss, alone or first in a tuple, or anything else that has no derivative.

    Returns a sentence, or nothing if every single number was finite: then it was their norm, say, that was too large.
    """
    with detect_anomaly(), np.errstate(all="ignore"):
        try:
            result = what(*arguments)
            loss = result[0] if isinstance(result, tuple) else result
            if hasattr(loss, "backward"):
                loss.backward()
        except AnomalyError as error:
            return f"the first was where {error}. "
    return ""
