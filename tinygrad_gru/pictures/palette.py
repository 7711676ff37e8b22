"""Colours, checked for readers who see red and green alike.

Text on white has a contrast of at least 4.5; the inks of the gates are at least 19 apart in Lab, as seen with normal,
protanope and deuteranope eyes. Values, gates and gradients have scales of their own, so that none is taken for another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["BLANK", "PARAMETER", "Colours", "Scale", "colours_of", "gate_scale", "gradient_scale", "value_scale"]


@dataclass(frozen=True)
class Colours:
    """What a node is drawn in: outline and text, background, and the lines of those who only read it."""

    ink: str
    fill: str
    read: str = ""


RESET = Colours("#C25100", "#FBE6D8")
UPDATE = Colours("#047857", "#D9EFE6")
CANDIDATE = Colours("#B0508C", "#F6E1EE")
STATE = Colours("#0B3D91", "#DEE7F5", read="#7C9CD0")
OUTPUT = Colours("#5B1FD6", "#E9E1FB")
INPUT = Colours("#555555", "#F2F2F2", read="#9A9A9A")
LOSS = Colours("#8E0018", "#F8DCE0")
PARAMETER = Colours("#5A4700", "#FFF3C4")
BLANK = Colours("#444444", "#FFFFFF", read="#9A9A9A")

ROLES = {
    "reset": RESET,
    "update": UPDATE,
    "candidate": CANDIDATE,
    "state": STATE,
    "forget": UPDATE,
    "output": OUTPUT,
    "cell": STATE,
    "loss": LOSS,
}


def colours_of(role: str, gate: bool = False) -> Colours:
    """The colours of a role; the input gate of an LSTM is not an input."""
    if role == "input":
        return RESET if gate else INPUT
    return ROLES.get(role, BLANK)


@dataclass(frozen=True)
class Scale:
    """Numbers to colours: from `low` over white at 0 to `high`, reached at ±`largest`."""

    low: str
    high: str
    largest: float

    def colour(self, value: float) -> str:
        """The colour of a finite number."""
        share = min(1.0, abs(value) / self.largest) if self.largest > 0 else 0.0
        return _mixed(self.high if value > 0 else self.low, share)


def value_scale(largest: float) -> Scale:
    """Orange below 0, blue above."""
    return Scale("#C2591A", "#2166AC", _rounded(largest))


def gate_scale() -> Scale:
    """White is shut, dark is open."""
    return Scale("#1A1A1A", "#1A1A1A", 1.0)


def gradient_scale(largest: float) -> Scale:
    """Purple below 0, green above."""
    return Scale("#762A83", "#1B7837", _rounded(largest))


def _rounded(largest: float) -> float:
    """Up to two digits, so that the legend is short."""
    if not (0 < largest < math.inf):
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(largest)) - 1)
    return math.ceil(largest / unit - 1e-9) * unit if unit > 0 else largest


def _mixed(colour: str, share: float) -> str:
    """White and the colour mixed."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(255 + (c - 255) * share):02X}" for c in parts)
