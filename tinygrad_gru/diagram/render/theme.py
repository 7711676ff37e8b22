"""Colours, checked for readers who see red and green alike: a light theme and a dark one.

Text has a contrast of at least 4.5; the inks of the gates are at least 19 apart in Lab, as seen with normal,
protanope and deuteranope eyes. Values, gates and gradients have scales of their own, so that none is taken for another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ...core.support.arguments import brief
from ...errors import ArgumentError

__all__ = ["DARK", "LIGHT", "THEMES", "Colours", "Heat", "Scale", "Theme", "ink_on", "mixed", "theme_of"]


@dataclass(frozen=True)
class Colours:
    """The colours of a node: of its frame and text, its background, and of edges that only read it."""

    ink: str
    fill: str
    read: str = ""


@dataclass(frozen=True)
class Scale:
    """Numbers to colours: from `low` over `zero` at 0 to `high`, reached at ±`largest`."""

    low: str
    high: str
    largest: float
    zero: str = "#FFFFFF"

    def colour(self, value: float) -> str:
        """The colour of a finite number."""
        share = min(1.0, abs(value) / self.largest) if self.largest > 0 else 0.0
        return mixed(self.zero, self.high if value > 0 else self.low, share)


@dataclass(frozen=True)
class Heat:
    """Sizes to colours and widths, on a log scale of three decades that ends at the largest."""

    ramp: tuple[str, ...]
    largest: float
    decades = 3.0

    def share(self, size: float) -> float:
        """Where a size lies on the scale, from 0 to 1."""
        if not size > 0 or not self.largest > 0:
            return 0.0
        return min(1.0, max(0.0, 1 + math.log10(size / self.largest) / self.decades)) if size < math.inf else 1.0

    def colour(self, size: float) -> str:
        """The darker, the larger (the brighter, in the dark)."""
        return self.ramp[min(len(self.ramp) - 1, int(self.share(size) * len(self.ramp)))]

    def width(self, size: float) -> float:
        """The thicker, the larger: it survives grey printing."""
        return round(0.8 + 6.2 * self.share(size), 2)


@dataclass(frozen=True)
class Theme:
    """All colours of a picture."""

    name: str
    background: str
    zero: str  # the middle of the scales
    text: str
    soft: str  # small words
    frame: str  # around strips
    box_edge: str
    box_fill: str
    blank: Colours
    named: Colours  # of a named tensor without a role, where boxes without a name are blank
    parameter: Colours
    values: tuple[str, str]
    gate: str
    gradients: tuple[str, str]
    heat_ramp: tuple[str, ...]
    path: str  # gradient paths
    faint: Colours  # off the path
    roles: dict[str, Colours] = field(default_factory=dict)

    def colours_of(self, role: str) -> Colours:
        """The colours of a role."""
        return self.roles.get(role, self.blank)

    def value_scale(self, largest: float) -> Scale:
        """Orange below 0, blue above."""
        return Scale(*self.values, _rounded(largest), self.zero)

    def gate_scale(self) -> Scale:
        """Shut is as empty as the paper, open stands out."""
        return Scale(self.gate, self.gate, 1.0, self.zero)

    def gradient_scale(self, largest: float) -> Scale:
        """Purple below 0, green above."""
        return Scale(*self.gradients, _rounded(largest), self.zero)

    def heat(self, largest: float) -> Heat:
        """One colour from weak to strong."""
        return Heat(self.heat_ramp, largest)


def _roles(
    reset: Colours, update: Colours, candidate: Colours, state: Colours, output: Colours, input_: Colours, loss: Colours
) -> dict[str, Colours]:
    return {
        "reset": reset,
        "update": update,
        "candidate": candidate,
        "state": state,
        "input": input_,
        "input gate": reset,  # of an LSTM
        "forget": update,
        "output": output,
        "cell": state,
        "loss": loss,
    }


LIGHT = Theme(
    name="light",
    background="#FFFFFF",
    zero="#FFFFFF",
    text="#333333",
    soft="#444444",
    frame="#888888",
    box_edge="#C8C8C8",
    box_fill="#FAFAFA",
    blank=Colours("#444444", "#FFFFFF", read="#9A9A9A"),
    named=Colours("#444444", "#E3EBEC", read="#9A9A9A"),
    parameter=Colours("#5A4700", "#FFF3C4"),
    values=("#C2591A", "#2166AC"),
    gate="#1A1A1A",
    gradients=("#762A83", "#1B7837"),
    heat_ramp=("#FDDDB9", "#FDBE85", "#FD9A4E", "#F16913", "#C9440B", "#9C2A05", "#661604"),
    path="#9E1B6B",
    faint=Colours("#C4C4C4", "#FDFDFD", read="#E2E2E2"),
    roles=_roles(
        reset=Colours("#C25100", "#FBE6D8"),
        update=Colours("#047857", "#D9EFE6"),
        candidate=Colours("#B0508C", "#F6E1EE"),
        state=Colours("#0B3D91", "#DEE7F5", read="#7C9CD0"),
        output=Colours("#5B1FD6", "#E9E1FB"),
        input_=Colours("#555555", "#F2F2F2", read="#9A9A9A"),
        loss=Colours("#8E0018", "#F8DCE0"),
    ),
)

DARK = Theme(
    name="dark",
    background="#14171C",
    zero="#14171C",
    text="#E4E7EB",
    soft="#B9C0C9",
    frame="#6B7480",
    box_edge="#3B424C",
    box_fill="#1A1E24",
    blank=Colours("#C9CFD6", "#14171C", read="#78818C"),
    named=Colours("#C9CFD6", "#22333A", read="#78818C"),
    parameter=Colours("#F0D578", "#38300F"),
    values=("#FF9A4D", "#5AA9FF"),
    gate="#F5F5F5",
    gradients=("#D58AE6", "#5FD38A"),
    heat_ramp=("#4A2413", "#7A3411", "#A9480F", "#D9650F", "#F98B2B", "#FFB765", "#FFE3B3"),
    path="#FF7AC8",
    faint=Colours("#4A515B", "#16191E", read="#2B3038"),
    roles=_roles(
        reset=Colours("#FF9A4D", "#3B2412"),
        update=Colours("#2FC796", "#0F3128"),
        candidate=Colours("#FF8FD2", "#3C2033"),
        state=Colours("#5F95FF", "#182A4C", read="#4E6FB0"),
        output=Colours("#D6C8FF", "#2B2152"),
        input_=Colours("#BFC5CD", "#262B32", read="#78818C"),
        loss=Colours("#FF8F9A", "#451820"),
    ),
)

THEMES = {"light": LIGHT, "dark": DARK}


def theme_of(name: str) -> Theme:
    """The theme of that name."""
    if not isinstance(name, str) or name not in THEMES:
        raise ArgumentError(f"draw: no theme {brief(name)}, wanted light or dark. try: theme='dark'")
    return THEMES[name]


def _rounded(largest: float) -> float:
    """Up to two digits, so that the legend is short."""
    if not (0 < largest < math.inf):
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(largest)) - 1)
    return math.ceil(largest / unit - 1e-9) * unit if unit > 0 else largest


def ink_on(colour: str) -> str:
    """Black or white, whichever can be read better on a colour: by their contrast, as in WCAG."""
    shares = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "#FFFFFF"


def mixed(zero: str, colour: str, share: float) -> str:
    """The share of a colour that is mixed into another: 0 leaves `zero`, 1 is `colour`."""
    mixed = ""
    for i in (1, 3, 5):
        a, b = int(zero[i : i + 2], 16), int(colour[i : i + 2], 16)
        mixed += f"{round(a + (b - a) * share):02X}"
    return "#" + mixed
