"""The look of a picture: which numbers and words are shown, and in which colours."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...core.support.arguments import ShortRepr, brief, flag, some_text
from ...errors import ArgumentError
from ..model import Graph
from .theme import LIGHT, Theme

__all__ = ["DIRECTIONS", "Look", "warmed"]

DIRECTIONS = ("LR", "TB")


@dataclass(frozen=True, repr=False)
class Look(ShortRepr):
    """Options of rendering; none of them changes the graph."""

    values: bool = True
    title: str | None = None
    theme: Theme = LIGHT
    direction: str = "LR"  # of time: LR to the right, TB downwards
    heat: bool = False  # the state line in the colour and width of ‖∂L/∂h‖
    smallest: float = 0  # points, of letters
    narrow: bool = False  # boxes close together, what is beside a name in boxes below it
    numbers: bool = True  # up to four numbers are written into their cells
    slide: float = 0  # how much it is enlarged on a slide, if it is for one
    width: float = 0  # inches that it may be wide: what is wider is drawn smaller
    strip: bool = False  # many steps as columns, with the curve of their gradients
    room: float = 0  # points for a line of the legend, where the width of the graph is known
    brief: int = 0  # 1: without shapes and small words, 2: without formulas too, 3: nor gradients, 4: a line per node
    words: bool = True  # "value" and "grad" beside strips; without them the legend alone says which is which

    def __post_init__(self) -> None:
        flag("draw: values", self.values)
        if self.title is not None:
            some_text("draw: title", self.title)
        if not isinstance(self.direction, str) or self.direction not in DIRECTIONS:
            raise ArgumentError(f"draw: no direction {brief(self.direction)}, wanted LR or TB. try: direction='LR'")

    @property
    def pad(self) -> float:
        """Inches around the picture."""
        return 0.1 if self.narrow else 0.2

    @property
    def grads(self) -> bool:
        """Whether there is room for gradients, if there are any."""
        return self.brief < 3


def warmed(look: Look, graph: Graph, heat: bool | None) -> Look:
    """The look with heat on the state line, if it was asked for or shows best what there is."""
    warm = graph.level == "cell" and graph.paths is None if heat is None else flag("draw: heat", heat)
    return replace(look, heat=warm)
