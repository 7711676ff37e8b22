"""A curve in a line of text."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

__all__ = ["sparkline"]

BARS = "▁▂▃▄▅▆▇█"
DECADES = 1.5  # from here on between lowest and highest, heights are those of the logarithms


def sparkline(values: Sequence[float], width: int = 20) -> str:
    """The last of the values is on the right; many are brought to `width` by the lowest of each group.

    Heights are on a logarithmic scale where the values are positive and span more than a decade and a half: what
    falls from 0.2 to 0.0001 would otherwise be flat after its first steps.

    >>> sparkline([8, 4, 6, 2, 1])
    '█▄▆▂▁'
    """
    found = [v for v in values if math.isfinite(v)]
    if not found:
        return ""
    if len(found) > width:
        bounds = [round(i * len(found) / width) for i in range(width + 1)]
        found = [min(found[a:b]) for a, b in itertools.pairwise(bounds)]
    low, high = min(found), max(found)
    if low > 0 and math.log10(high / low) > DECADES:
        found = [math.log(v) for v in found]
        low, high = min(found), max(found)
    top = len(BARS) - 1
    return "".join(BARS[round(top * (v - low) / (high - low)) if high > low else 0] for v in found)
