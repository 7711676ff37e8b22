"""In how much detail a picture is shown: the ways from all of it to names alone, for where there is little room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...model import Graph
from ...passes.pipeline import Content
from ..look import Look

__all__ = ["Detail", "details", "without_lone_boxes"]


@dataclass(frozen=True)
class Detail:
    """What is shown: which content, how briefly, and what is said of the rest."""

    content: Content
    brief: int
    numbers: bool = False
    words: bool = True
    remark: str = ""

    def look(self, look: Look) -> Look:
        """The look in this detail."""
        return replace(
            look, brief=self.brief, numbers=look.numbers and self.numbers, words=self.words,
            values=look.values and self.brief < 5,
        )  # fmt: skip


def details(content: Content, to_fit: str) -> Iterator[Detail]:
    """All of a content, then less and less of it; a remark says what is missing `to_fit`."""
    brief = replace(content, params=content.params or "hide")
    yield Detail(content, 0, numbers=True)
    yield Detail(content, 0)
    if content.level == "cell":
        return
    yield Detail(brief, 1)
    yield Detail(brief, 1, words=False)
    yield Detail(brief, 2, remark=f"without formulas and shapes, {to_fit}")
    if content.level == "gate" and content.grads and not content.rolled:
        yield Detail(brief, 3, remark=f"without formulas, shapes and gradients, {to_fit}")
    if content.level == "gate" and not content.backward:
        yield Detail(brief, 4, remark=f"names and values alone, {to_fit}")
        yield Detail(brief, 5, remark=f"names alone, {to_fit}")


def without_lone_boxes(graph: Graph) -> None:
    """Take away the boxes around single nodes, a start say: their frames need room."""
    inside = Counter(place for node in graph.nodes for place in node.place)
    for node in graph.nodes:
        node.place = tuple(place for place in node.place if place.index is not None or inside[place] > 1)
