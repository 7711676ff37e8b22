"""How an outline is drawn: what is shown of it, and in which colours."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.support.arguments import brief, flag, some_text
from ..errors import ArgumentError
from .render.theme import LIGHT, Theme

__all__ = ["DIRECTIONS", "Look"]

DIRECTIONS = ("LR", "TB")


@dataclass(frozen=True)
class Look:
    """What is shown, and how; nothing of it changes the outline."""

    values: bool = True
    grads: bool = True
    title: str | None = None
    theme: Theme = LIGHT
    direction: str = "LR"  # of time: LR to the right, TB downwards
    heat: bool = False  # the state line in the colour and width of ‖∂L/∂h‖
    smallest: float = 0  # points, of letters
    slide: float = 0  # how much it is enlarged on a slide, if it is for one
    brief: int = 0  # 1: without shapes and small words, 2: without formulas too, 3: nor gradients, 4: a line per node

    def __post_init__(self) -> None:
        flag("draw: values", self.values)
        flag("draw: grads", self.grads)
        if self.title is not None:
            some_text("draw: title", self.title)
        if not isinstance(self.direction, str) or self.direction not in DIRECTIONS:
            raise ArgumentError(f"draw: no direction {brief(self.direction)}, wanted LR or TB. try: direction='LR'")
