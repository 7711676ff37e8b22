"""The sums of the way back: the gradient of a weight that every step uses has a share from each of them.

Lines from all steps to one sum would cross everything in between. The last step to be walked through keeps its line,
and a note at each other share says where it goes.
"""

from __future__ import annotations

from collections.abc import Collection

from ...core.support.scopes import scope
from ...core.tensor import Tensor
from ..model import Edge, Node, Outline, step_around

__all__ = ["cut_sums"]


def cut_sums(made: Outline, sums: Collection[Tensor]) -> int:
    """Cut the lines between steps that lead to nothing but one of the `sums`; how many lines that saves."""
    into: dict[Node, list[Edge]] = {}
    out: dict[Node, list[Node]] = {}
    for edge in made.edges:
        into.setdefault(edge.target, []).append(edge)
        out.setdefault(edge.source, []).append(edge.target)
    together = scope("summed over all steps")
    cut: set[Edge] = set()
    for node in made.nodes:
        if node.tensor not in sums:
            continue
        inside = {node}
        pending = [node]
        steps = {step_around(node)}
        shares: list[Edge] = []
        while pending:
            for edge in into.get(pending.pop(), ()):
                source = edge.source
                steps.add(step_around(source))
                if step_around(source) is not step_around(edge.target):
                    shares.append(edge)
                if _adds(source) and all(target in inside for target in out[source]):
                    inside.add(source)
                    pending.append(source)
        steps.discard(None)
        if len(steps) < 2:
            continue
        for edge in shares:
            cut.add(edge)
            note = f"→ {node.title}"
            edge.source.notes += (note,) if note not in edge.source.notes else ()
        node.place = (together,)
        if made.level == "gate":
            node.formula, node.tags = f"sum over {len(steps)} steps", ()
    made.edges = [edge for edge in made.edges if edge not in cut]
    made.nodes.sort(key=lambda node: node.place == (together,))  # they are complete when all steps are done
    return len(cut)


def _adds(node: Node) -> bool:
    """Whether it is a nameless sum, as the walk makes them where a gradient has several shares."""
    t = node.tensor
    return t.op is not None and t.op.symbol == "+" and t.name is None
