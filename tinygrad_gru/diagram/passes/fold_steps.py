"""Repeated steps folded: the first few, one node that says how many more there are, the last few."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...core.support.arguments import brief
from ...core.support.scopes import scope
from ...core.tensor import Tensor
from ...errors import ArgumentError
from ..model import Graph, Kind, Node, step_around
from ..node_ids import Identifiers, slug

__all__ = ["Run", "fewer_steps", "fold", "runs", "select", "steps_of"]


FEW = 3  # steps, to begin with


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


def fold(graph: Graph, longest: int, keep: int, unasked: bool = False) -> Graph:
    """Fold each run of more than `longest` steps to `keep` at both ends; with a remark if nobody has asked for it.

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
    if hidden and unasked:
        graph.remarks.append(f"{hidden} steps are folded into one node, as there are many. try: fold='none'")
    return graph


def select(graph: Graph, steps: str) -> Graph:
    """Hide all steps but those in `1-3`, or `2,5-7`; ArgumentError if there are none such."""
    wanted = steps_of(steps)
    every = sorted({step.index for run in runs(graph) for step in run.steps if step.index is not None})
    numbers = every[:3]
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
    if not shown:
        first = f"'{'-'.join(str(n) for n in dict.fromkeys((numbers[0], numbers[-1])))}'" if numbers else "None"
        raise ArgumentError(f"steps {brief(steps)}: there are no such steps in the graph. try: steps={first}")
    if not wanted <= set(every):
        graph.remarks.append(f"steps {brief(steps)}: the graph has {every[0]} to {every[-1]}")
    return graph


def fewer_steps(graph: Graph, shown: str | None) -> str:
    """Fewer steps than those of a graph, of which some are `shown`, as one asks for them: 1-3, or 1; empty for one."""
    longest = max((len({step.index for step in run.steps}) for run in runs(graph)), default=0)
    cells: dict[object, int] = {}
    for node in graph.nodes:
        if node.kind is Kind.CELL:
            cells[node.place] = cells.get(node.place, 0) + 1
    longest = max(longest, *cells.values(), 0)
    if any(node.kind is Kind.FOLD for node in graph.nodes) and shown is None:
        longest += FEW
    if longest < 2:
        return ""
    if shown is not None:
        return str(min(steps_of(shown)))
    numbers = sorted({step.index for run in runs(graph) for step in run.steps if step.index is not None})
    first = numbers[0] if numbers else 1
    return f"{first}-{first + FEW - 1}" if longest > FEW else str(first)


def steps_of(text: str) -> set[int]:
    """The step numbers in `1-3` or `2,5-7`."""
    numbers: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,6})\s*(?:[-–]\s*(\d{1,6})\s*)?", part)
        if match is None or (match[2] is not None and int(match[2]) < int(match[1])):
            raise ArgumentError(f"steps: got {brief(text)}, wanted numbers such as 1-3 or 2,5-7. try: steps='1-3'")
        numbers.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return numbers


def _hide(graph: Graph, run: Run, steps: Sequence[scope], caption: str) -> None:
    """Put one node in the place of some steps that follow each other."""
    gone = {node for step in steps for node in run.steps[step]}
    numbers = [step.index for step in steps if step.index is not None]
    title = f"{steps[0].label} {numbers[0]}"
    if len(steps) > 1:
        title = f"{steps[0].label}s {numbers[0]}–{numbers[-1]}"
    words = [*(place.title.replace(" ", "") for place in run.outside), f"{steps[0].label}s{numbers[0]}to{numbers[-1]}"]
    key = Identifiers(taken=[node.key for node in graph.nodes]).free(slug("_".join(words)))
    states = [node for node in graph.nodes if node in gone and node.line and node.kind == "box"]
    standing = states[-1] if states else next(node for node in reversed(graph.nodes) if node in gone)
    instead = Node(key, Kind.FOLD, standing.tensor, run.outside, title, caption=caption, line=standing.line)
    instead.lit = any(node.lit for node in gone)
    graph.replace(dict.fromkeys(gone, instead))
