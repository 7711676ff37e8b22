"""Wide fans cut: where one node feeds, or is fed by, many steps, a note at each step says so instead of a line.

An embedding that every step reads, or a layer that reads every state, has lines to all of them: the picture is a tangle
then, and its layout takes minutes.
"""

from __future__ import annotations

from collections import Counter

from .outline import Node, Outline, step_around

__all__ = ["WIDEST", "cut_fans"]

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


def _in_a_step(node: Node) -> bool:
    return node.kind in ("cell", "fold") or step_around(node) is not None
