"""Lines that would tangle the picture cut: a note at their ends says where they led.

Two kinds: wide fans, such as an embedding that every step reads; and in a graph of second order, what the backward pass
saved of the forward pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from ..classify import path_of
from ..model import Edge, Graph, Node, step_around

__all__ = ["WIDEST", "cut_fans", "cut_saved"]

WIDEST = 12  # lines that one node may have to steps


def cut_fans(graph: Graph) -> Graph:
    """Put notes in the place of the lines of wide fans, but for the state's."""
    lines = [edge for edge in graph.edges if not edge.line and edge.source.kind != "tag"]
    leaving = Counter(edge.source for edge in lines if _in_a_step(edge.target))
    entering = Counter(edge.target for edge in lines if _in_a_step(edge.source))
    cut: set[Edge] = set()
    for edge in lines:
        reads = leaving[edge.source] > WIDEST and _in_a_step(edge.target)
        feeds = entering[edge.target] > WIDEST and _in_a_step(edge.source)
        if reads:
            edge.target.notes += (f"from {edge.source.title}",)
        elif feeds:
            edge.source.notes += (f"to {edge.target.title}",)
        if reads or feeds:
            cut.add(edge)
    return _cut(graph, cut)


def cut_saved(graph: Graph) -> Graph:
    """In a graph of second order, note at the backward pass what it saved of the forward pass.

    The backward pass begins where the forward pass ends and goes through the steps the other way round: lines from the
    one to the other would cross everything in between.
    """
    if not any(step_around(node) for node in graph.nodes):
        return graph  # it is small, and the lines are what one wants to see
    cut: set[Edge] = set()
    for edge in graph.edges:
        if _in_backward_pass(edge.target) and not _in_backward_pass(edge.source) and edge.source.kind != "tag":
            _note_once(edge.target, edge.source.title)
            cut.add(edge)
    return _cut(graph, cut)


def _cut(graph: Graph, cut: Container[Edge]) -> Graph:
    """Take these edges out."""
    graph.edges = [edge for edge in graph.edges if edge not in cut]
    return graph


def _note_once(node: Node, note: str) -> None:
    node.notes += (note,) if note not in node.notes else ()


def _in_a_step(node: Node) -> bool:
    return node.kind in ("cell", "fold") or step_around(node) is not None


def _in_backward_pass(node: Node) -> bool:
    return any(place.role == "backward" for place in path_of(node.tensor.scope))
