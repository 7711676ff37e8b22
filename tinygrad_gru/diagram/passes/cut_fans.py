"""Wide fans cut: where one node feeds, or is fed by, many steps, a note at each step says so instead of a line.

An embedding that every step reads, or a layer that reads every state, has lines to all of them: the picture is a tangle
then, and its layout takes minutes.
"""

from __future__ import annotations

from collections import Counter

from ..classify import path_of
from ..model import Node, Outline, step_around

__all__ = ["WIDEST", "cut_fans", "cut_saved"]

WIDEST = 12  # lines that one node may have to steps


def cut_fans(made: Outline) -> int:
    """Put notes in the place of the lines of wide fans, but for the state's; how many lines that saves."""
    lines = [edge for edge in made.edges if not edge.line and edge.source.kind != "tag"]
    leaving = Counter(edge.source for edge in lines if _in_a_step(edge.target))
    entering = Counter(edge.target for edge in lines if _in_a_step(edge.source))
    kept = []
    for edge in made.edges:
        reads = leaving[edge.source] > WIDEST and _in_a_step(edge.target)
        feeds = entering[edge.target] > WIDEST and _in_a_step(edge.source)
        if edge.line or edge.source.kind == "tag" or not (reads or feeds):
            kept.append(edge)
        elif reads:
            edge.target.notes += (f"from {edge.source.title}",)
        else:
            edge.source.notes += (f"to {edge.target.title}",)
    saved = len(made.edges) - len(kept)
    made.edges = kept
    return saved


def cut_saved(made: Outline) -> int:
    """In a graph of second order, note at the way back what it uses of the way there; how many lines that saves.

    The way back begins where the way there ends and goes through the steps the other way round: lines from the one to
    the other would cross everything in between.
    """
    if not any(step_around(node) for node in made.nodes):
        return 0  # it is small, and the lines are what one wants to see
    kept = []
    for edge in made.edges:
        back, there = (any(p.role == "backward" for p in path_of(n.tensor.scope)) for n in (edge.target, edge.source))
        if back and not there and edge.source.kind != "tag":
            edge.target.notes += (edge.source.title,) if edge.source.title not in edge.target.notes else ()
        else:
            kept.append(edge)
    saved = len(made.edges) - len(kept)
    made.edges = kept
    return saved


def _in_a_step(node: Node) -> bool:
    return node.kind in ("cell", "fold") or step_around(node) is not None
