"""The boxes of the page: the scopes of a graph as a tree, each with the level at which it stands open."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ...core.support.scopes import scope
from ..model import Graph

__all__ = ["Box", "boxes_of"]

LONG = 12  # steps beside each other; of more, each ten have a box
TOGETHER = 10


@dataclass(eq=False)
class Box:
    """A scope, or ten steps together: `steps 11–20`."""

    title: str
    role: str
    parent: Box | None
    level: str  # it stands open at this level and at finer ones: cell, gate, op
    index: int | None = None  # of a step


def boxes_of(graph: Graph) -> tuple[list[Box], list[Box | None]]:
    """The boxes, the outer before the inner ones, and for each node the innermost that it stands in.

    A scope with a single node has none, unless it is a step.
    """
    held = Counter(place for node in graph.nodes for place in node.place)
    weighted = {place for node in graph.nodes if node.tags or node.role == "loss" for place in node.place}
    tens = _tens(graph)
    boxes: list[Box] = []
    of_scopes: dict[scope, Box] = {}
    of_tens: dict[tuple[Box | None, str], Box] = {}
    homes: list[Box | None] = []
    for node in graph.nodes:
        home: Box | None = None
        for depth, place in enumerate(node.place):
            if place.index is None and held[place] < 2:
                continue
            if place not in of_scopes:
                parent = home
                if place in tens:
                    if (home, tens[place]) not in of_tens:
                        of_tens[home, tens[place]] = Box(tens[place], "", home, "gate")
                        boxes.append(of_tens[home, tens[place]])
                    parent = of_tens[home, tens[place]]
                title = f"time {place.title}" if place.label == "step" else place.title
                is_open = _is_open(place, depth) or place not in weighted
                level = "cell" if place in graph.classes.holders else "gate" if is_open else "op"
                of_scopes[place] = Box(title, place.role or "", parent, level, place.index)
                boxes.append(of_scopes[place])
            home = of_scopes[place]
        homes.append(home)
    return _without_shells(boxes, homes), homes


def _without_shells(boxes: list[Box], homes: list[Box | None]) -> list[Box]:
    """Without those that hold one box and nothing else: of layer 1 and forward, one `layer 1 / forward`."""
    holds = Counter([box.parent for box in boxes] + homes)
    kept = list[Box]()
    for box in boxes:  # the outer ones first
        while box.parent is not None and holds[box.parent] == 1:
            box.title = f"{box.parent.title} / {box.title}"
            kept.remove(box.parent)
            box.parent = box.parent.parent
        kept.append(box)
    return kept


def _is_open(place: scope, depth: int) -> bool:
    """Whether it stands open at level gate, even with weights in it: a step, or what is outermost and no loss."""
    return place.index is not None or (depth == 0 and place.role != "loss")


def _tens(graph: Graph) -> dict[scope, str]:
    """The title of the ten that each step of a long run belongs to."""
    runs: dict[tuple[tuple[scope, ...], str], dict[scope, None]] = {}
    for node in graph.nodes:
        for depth, place in enumerate(node.place):
            if place.index is not None:
                runs.setdefault((node.place[:depth], place.label), {})[place] = None
    tens: dict[scope, str] = {}
    for (_, label), run in runs.items():
        steps = sorted(run, key=lambda step: step.index or 0)
        for first in range(0, len(steps) if len(steps) > LONG else 0, TOGETHER):
            some = steps[first : first + TOGETHER]
            tens |= dict.fromkeys(some, f"{label}s {some[0].index}–{some[-1].index}")
    return tens
