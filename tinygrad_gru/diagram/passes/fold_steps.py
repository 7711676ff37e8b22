"""Repeated steps folded: the first few, one node that says how many more there are, the last few."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from ...core.support.scopes import scope
from ...core.tensor import Tensor
from ..model import Graph, Node, step_around
from ..node_ids import Identifiers, slug

__all__ = ["Run", "fold", "runs", "select"]


@dataclass(eq=False)
class Run:
    """Steps that follow each other in one place, such as those of a layer in one direction."""

    outside: tuple[scope, ...]
    steps: dict[scope, list[Node]] = field(default_factory=dict)

    def parameters(self) -> list[set[Tensor]]:
        """The parameters of each step, without what the backward pass saved of the forward pass."""
        tags = [[use[0] for n in inner for use in n.tags] for inner in self.steps.values()]
        return [{t for t in used if t.requires_grad and t.op is None} for used in tags]


def runs(graph: Graph) -> list[Run]:
    """The runs of steps of a graph, in creation order."""
    by_place: dict[tuple[tuple[scope, ...], str], Run] = {}
    for node in graph.nodes:
        step = step_around(node)
        if step is not None:
            outside = node.place[: node.place.index(step)]
            run = by_place.setdefault((outside, step.label), Run(outside))
            run.steps.setdefault(step, []).append(node)
    return list(by_place.values())


def fold(graph: Graph, longest: int, keep: int) -> int:
    """Fold each run of more than `longest` steps to `keep` at both ends; how many steps that hides.

    A run is folded only if its steps are the same: they use the same parameters, not just equal ones.
    """
    hidden = 0
    for run in runs(graph):
        steps = list(run.steps)
        used = run.parameters()
        if len(steps) > max(longest, 2 * keep + 1) and all(parameters == used[0] for parameters in used):
            middle = steps[keep : len(steps) - keep]
            same = ", same weights" if used[0] else ""
            _hide(graph, run, middle, f"{len(middle)} more{same}")
            hidden += len(middle)
    return hidden


def select(graph: Graph, wanted: Container[int]) -> int:
    """Hide all steps but those whose number is wanted; how many are shown."""
    shown = 0
    for run in runs(graph):
        stretch: list[scope] = []
        for step in [*run.steps, None]:
            if step is not None and step.index not in wanted:
                stretch.append(step)
                continue
            shown += step is not None
            if stretch:
                _hide(graph, run, stretch, "not shown")
            stretch = []
    return shown


def _hide(graph: Graph, run: Run, steps: Sequence[scope], caption: str) -> None:
    """Put one node in the place of some steps that follow each other."""
    gone = {node for step in steps for node in run.steps[step]}
    numbers = [step.index for step in steps if step.index is not None]
    title = f"{steps[0].label} {numbers[0]}"
    if len(steps) > 1:
        title = f"{steps[0].label}s {numbers[0]}–{numbers[-1]}"
    key = Identifiers(taken=[node.key for node in graph.nodes]).free(
        slug(
            "_".join(
                [
                    *(place.title.replace(" ", "") for place in run.outside),
                    f"{steps[0].label}s{numbers[0]}to{numbers[-1]}",
                ]
            )
        )
    )
    states = [node for node in graph.nodes if node in gone and node.line and node.kind == "box"]
    standing = states[-1] if states else next(node for node in reversed(graph.nodes) if node in gone)
    instead = Node(key, "fold", standing.tensor, run.outside, title, caption=caption, line=standing.line)
    instead.lit = any(node.lit for node in gone)
    graph.replace(dict.fromkeys(gone, instead))
