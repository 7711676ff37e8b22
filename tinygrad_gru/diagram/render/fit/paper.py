"""What a picture is drawn for: how wide it is shown there, and how small letters may be."""

from __future__ import annotations

from dataclasses import dataclass

from ....core.support.arguments import brief
from ....errors import ArgumentError, did_you_mean

__all__ = ["PAPERS", "PIXELS", "Paper", "paper_of"]

PIXELS = 96 / 72  # in a point
NARROWEST, WIDEST = 200, 20_000


@dataclass(frozen=True)
class Paper:
    """A width in pixels, of which a point has 4/3, and the smallest letters to be read on it."""

    name: str
    width: float
    smallest: float = 9.0

    @property
    def with_width(self) -> str:
        """`a README of 1,000 px`."""
        width = f"{self.width:,.0f} px"
        return width if self.name == width else f"{self.name} of {width}"

    @property
    def points(self) -> float:
        """The width in points: what is as wide is shown as it is."""
        return self.width / PIXELS

    def room(self, smallest: float) -> float:
        """How wide a picture may be, in points, whose smallest letters are so many points: it is scaled down to fit."""
        return max(self.points, self.width * smallest / self.smallest)

    def letters(self, smallest: float, width: float) -> float:
        """The smallest letters, in pixels, of a picture that is so many points wide."""
        return smallest * min(PIXELS, self.width / width)


# GitHub shows a README about 1,000 px wide; JupyterLab 4 in a window of 1,280 has 828 px for what a cell returns; A4
# with margins of 2 cm has 640.
PAPERS = {
    "readme": Paper("a README", 1000),
    "notebook": Paper("a notebook", 820),
    "page": Paper("a page", 640),
}
SLIDE = "slide"


def paper_of(width: str | int) -> Paper | None:
    """The paper of that name, or of so many pixels; None for a slide, which has a height too."""
    if isinstance(width, str) and width == SLIDE:
        return None
    if isinstance(width, str) and width in PAPERS:
        return PAPERS[width]
    is_short = isinstance(width, str) and width.isdecimal() and len(width) < 7
    if (type(width) is int or is_short) and NARROWEST <= int(width) <= WIDEST:
        return Paper(f"{int(width):,} px", int(width))
    names = [*PAPERS, SLIDE]
    hint = did_you_mean(width, names, "try: width=1000") if isinstance(width, str) else "try: width=1000"
    wanted = f"{', '.join(names)} or {NARROWEST} to {WIDEST:,} pixels"
    raise ArgumentError(f"draw: width: got {brief(width)}, wanted {wanted}. {hint}")
