"""Lines that would tangle the picture cut: a note at their ends says where they led.

Three kinds: wide fans, such as an embedding that every step reads; in a graph of second order, what the backward pass
saved of the forward pass; and the sum of a weight's gradient over all steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container

from ...core.support.scopes import scope
from ...core.tensor import Tensor
from ..classify import path_of
from ..model import Edge, Graph, Node, step_around

__all__ = ["WIDEST", "cut_fans", "cut_saved", "cut_sums"]

WIDEST = 12  # lines that one node may have to steps


def cut_fans(graph: Graph) -> int:
    """Put notes in the place of the lines of wide fans, but for the state's; how many lines that saves."""
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


def cut_saved(graph: Graph) -> int:
    """In a graph of second order, note at the backward pass what it saved of the forward pass; how many lines go.

    The backward pass begins where the forward pass ends and goes through the steps the other way round: lines from the
    one to the other would cross everything in between.
    """
    if not any(step_around(node) for node in graph.nodes):
        return 0  # it is small, and the lines are what one wants to see
    cut: set[Edge] = set()
    for edge in graph.edges:
        if _in_backward_pass(edge.target) and not _in_backward_pass(edge.source) and edge.source.kind != "tag":
            _note_once(edge.target, edge.source.title)
            cut.add(edge)
    return _cut(graph, cut)


def cut_sums(graph: Graph, sums: Collection[Tensor]) -> int:
    """Cut the lines between steps that lead to nothing but one of the `sums`; how many lines that saves.

    The gradient of a weight that every step uses has a contribution from each of them, and the lines from all steps to
    one sum would cross everything in between.
    """
    into, out = graph.incoming(), graph.outgoing()
    together = scope("summed over all steps")
    cut: set[Edge] = set()
    for node in graph.nodes:
        if node.tensor not in sums:
            continue
        inside = {node}
        pending = [node]
        steps = {step_around(node)}
        contributions: list[Edge] = []
        while pending:
            for edge in into.get(pending.pop(), ()):
                source = edge.source
                steps.add(step_around(source))
                if step_around(source) is not step_around(edge.target):
                    contributions.append(edge)
                if _adds(source) and all(e.target in inside for e in out[source]):
                    inside.add(source)
                    pending.append(source)
        steps.discard(None)
        if len(steps) < 2:
            continue
        for edge in contributions:
            _note_once(edge.source, f"→ {node.title}")
            cut.add(edge)
        node.place = (together,)
        if graph.level == "gate":
            node.formula, node.tags = f"sum over {len(steps)} steps", ()
    _cut(graph, cut)
    graph.nodes.sort(key=lambda node: node.place == (together,))  # they are complete when all steps are done
    return len(cut)


def _cut(graph: Graph, cut: Container[Edge]) -> int:
    """Take these edges out; how many there were."""
    before = len(graph.edges)
    graph.edges = [edge for edge in graph.edges if edge not in cut]
    return before - len(graph.edges)


def _note_once(node: Node, note: str) -> None:
    node.notes += (note,) if note not in node.notes else ()


def _in_a_step(node: Node) -> bool:
    return node.kind in ("cell", "fold") or step_around(node) is not None


def _in_backward_pass(node: Node) -> bool:
    return any(place.role == "backward" for place in path_of(node.tensor.scope))


def _adds(node: Node) -> bool:
    """Whether it is an unnamed sum, as the backward pass makes them where a gradient has several contributions."""
    t = node.tensor
    return t.op is not None and t.op.symbol == "+" and t.name is None
