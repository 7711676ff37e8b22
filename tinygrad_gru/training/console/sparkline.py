"""A curve in a line of text."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

__all__ = ["sparkline"]

BARS = "▁▂▃▄▅▆▇█"
DECADES = 1.5  # from here on between lowest and highest, heights are those of the logarithms


def sparkline(values: Sequence[float], width: int = 20, among: Sequence[float] = ()) -> str:
    """The last of the values is on the right; many are brought to `width` by the lowest of each group.

    The scale goes from the lowest to the highest of the values and of those that they stand `among`: the other curves
    of a table, or a baseline and a goal. On a scale of its own, a run that learns nothing would rise and fall too.

    Heights are on a logarithmic scale where the values are positive and span more than a decade and a half: what
    falls from 0.2 to 0.0001 would otherwise be flat after its first steps.

    >>> sparkline([8, 4, 6, 2, 1])
    '█▄▆▂▁'
    >>> sparkline([8, 7, 8], among=[1])
    '█▇█'
    """
    heights = [v for v in values if math.isfinite(v)]
    if not heights:
        return ""
    if len(heights) > width:
        bounds = [round(i * len(heights) / width) for i in range(width + 1)]
        heights = [min(heights[a:b]) for a, b in itertools.pairwise(bounds)]
    scale = [*heights, *(v for v in among if math.isfinite(v))]
    low, high = min(scale), max(scale)
    if low > 0 and math.log10(high / low) > DECADES:
        heights = [math.log(v) for v in heights]
        low, high = math.log(low), math.log(high)
    top = len(BARS) - 1
    return "".join(BARS[round(top * (v - low) / (high - low)) if high > low else 0] for v in heights)
