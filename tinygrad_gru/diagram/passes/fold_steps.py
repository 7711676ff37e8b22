"""Repeated steps folded: the first few, one node that says how many more there are, the last few."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from ...core.support.scopes import scope
from ...core.tensor import Tensor
from ..model import Edge, Node, Outline, step_around
from ..node_ids import Identifiers, slug

__all__ = ["Run", "fold", "runs", "select"]


@dataclass(eq=False)
class Run:
    """Steps that follow each other in one place, such as those of a layer in one direction."""

    outside: tuple[scope, ...]
    steps: dict[scope, list[Node]] = field(default_factory=dict)

    def parameters(self) -> list[set[Tensor]]:
        """Which parameters each step uses; not what the way back has saved in the same step on the way there."""
        tags = [[use[0] for n in inner for use in n.tags] for inner in self.steps.values()]
        return [{t for t in used if t.requires_grad and t.op is None} for used in tags]


def runs(made: Outline) -> list[Run]:
    """The runs of steps of an outline, in the order of their making."""
    found: dict[tuple[tuple[scope, ...], str], Run] = {}
    for node in made.nodes:
        step = step_around(node)
        if step is not None:
            outside = node.place[: node.place.index(step)]
            run = found.setdefault((outside, step.label), Run(outside))
            run.steps.setdefault(step, []).append(node)
    return list(found.values())


def fold(made: Outline, longest: int, keep: int) -> int:
    """Fold each run of more than `longest` steps to `keep` at both ends; how many steps that hides.

    A run is folded only if its steps are the same: they use the same parameters, not just equal ones.
    """
    hidden = 0
    for run in runs(made):
        steps = list(run.steps)
        used = run.parameters()
        if len(steps) > max(longest, 2 * keep + 1) and all(parameters == used[0] for parameters in used):
            middle = steps[keep : len(steps) - keep]
            same = ", same weights" if used[0] else ""
            _hide(made, run, middle, f"{len(middle)} more{same}")
            hidden += len(middle)
    return hidden


def select(made: Outline, wanted: Container[int]) -> int:
    """Hide all steps but those whose number is wanted; how many are shown."""
    shown = 0
    for run in runs(made):
        stretch: list[scope] = []
        for step in [*run.steps, None]:
            if step is not None and step.index not in wanted:
                stretch.append(step)
                continue
            shown += step is not None
            if stretch:
                _hide(made, run, stretch, "not shown")
            stretch = []
    return shown


def _hide(made: Outline, run: Run, steps: Sequence[scope], caption: str) -> None:
    """Put one node in the place of some steps that follow each other."""
    gone = {node for step in steps for node in run.steps[step]}
    first = run.steps[steps[0]][0]
    numbers = [step.index for step in steps if step.index is not None]
    title = f"{steps[0].label} {numbers[0]}"
    if len(steps) > 1:
        title = f"{steps[0].label}s {numbers[0]}–{numbers[-1]}"
    key = Identifiers(taken=[node.key for node in made.nodes]).free(
        slug(
            "_".join(
                [
                    *(place.title.replace(" ", "") for place in run.outside),
                    f"{steps[0].label}s{numbers[0]}to{numbers[-1]}",
                ]
            )
        )
    )
    states = [node for node in made.nodes if node in gone and node.line and node.kind == "box"]
    standing = states[-1] if states else next(node for node in reversed(made.nodes) if node in gone)
    instead = Node(key, "fold", standing.tensor, run.outside, title, caption=caption, line=standing.line)
    instead.lit = any(node.lit for node in gone)

    edges: dict[tuple[Node, Node], Edge] = {}
    for edge in made.edges:
        if edge.source in gone and edge.target in gone:
            continue
        source = instead if edge.source in gone else edge.source
        target = instead if edge.target in gone else edge.target
        if source is edge.source and target is edge.target:
            edges[source, target] = edge
            continue
        known = edges.get((source, target))
        if known is None:
            known = edges[source, target] = Edge(source, target, edge.line, edge.lit, edge.carries)
        elif edge.line and not known.line:
            known.line, known.carries = edge.line, edge.carries
        known.lit = known.lit or edge.lit
    nodes: list[Node] = []
    for node in made.nodes:
        if node not in gone:
            nodes.append(node)
        elif node is first:
            nodes.append(instead)
    made.nodes, made.edges = nodes, list(edges.values())
