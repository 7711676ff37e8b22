"""How large a picture is, laid out to see."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ....errors import MissingExtraError
from ..graphviz_process import NoRanks, TooSlow, render

__all__ = ["Layout", "layout_of"]

PER_INCH = 72.0
AROUND_A_BOX = 8.0  # points that Graphviz leaves around an outer box


@dataclass(frozen=True)
class Layout:
    """Where the nodes of a picture stand, in points."""

    width: float  # of the graph, without what stands below it
    whole: tuple[float, float]  # width and height of all
    ends: dict[str, tuple[float, float]]  # the left and right end of each node


TOO_LARGE = Layout(float("inf"), (float("inf"), float("inf")), {})  # its layout took too long, or there was none


def layout_of(dot: str, what: str) -> Layout:
    """Lay out a DOT text. Raises MissingExtraError where there is no layout program: `what` needs one."""
    try:
        drawn = json.loads(render(dot, "json0"))
    except MissingExtraError:
        raise MissingExtraError("pygraphviz (or Graphviz's dot)", "render", what) from None
    except (NoRanks, TooSlow):  # a graph that is cut elsewhere, or shows less, has one
        return TOO_LARGE
    ends: dict[str, tuple[float, float]] = {}
    left, right = float("inf"), 0.0
    for each in drawn.get("objects", ()):
        if "pos" in each:
            x, half = float(each["pos"].split(",")[0]), float(each["width"]) * PER_INCH / 2
            a, b = ends[each["name"]] = x - half, x + half
        elif "bb" in each:  # a box around nodes
            a, _, b, _ = map(float, each["bb"].split(","))
            a, b = a - AROUND_A_BOX, b + AROUND_A_BOX
        else:
            continue
        left, right = min(left, a), max(right, b)
    for each in drawn.get("edges", ()):
        for point in each.get("pos", "").replace("e,", "").replace("s,", "").split():
            x = float(point.split(",")[0])
            left, right = min(left, x), max(right, x)
    x0, y0, x1, y1 = map(float, drawn["bb"].split(","))
    return Layout(max(right - left, 0.0), (x1 - x0, y1 - y0), ends)
