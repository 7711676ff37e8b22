"""From recorded tensors to the graph that is drawn: the passes in their order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...core.support.arguments import brief, flag, some_text
from ...core.tensor import Tensor
from ...errors import ArgumentError, did_you_mean
from ..build import build_graph
from ..gradients import Gradients, gradients
from ..model import Graph
from .backward_graph import Backward, backward_graph
from .collapse_to_cells import contract
from .declutter import cut_fans, cut_saved, cut_sums
from .fold_steps import fold, runs, select
from .highlight_path import find, light, ways
from .place_parameters import share

__all__ = ["LEVELS", "Content", "Prepared", "prepare", "steps_of"]

LEVELS = ("cell", "gate", "op")
LONGEST = {"cell": 400, "gate": 8, "op": 8}  # steps, before a run is folded
KEPT = {"cell": 4, "gate": 2, "op": 2}  # at both ends of a folded run
MOST = 3000  # nodes that can be laid out and read


@dataclass(frozen=True)
class Content:
    """Which part of a graph is drawn, and in which detail."""

    level: str = "gate"
    fold: str | int = "auto"  # auto, none, or how many steps are kept at both ends
    steps: str | None = None  # 1-3, or 2,5-7
    params: str | None = None  # tag, inline, hide or shared
    path: str | None = None  # W_r@1
    backward: bool = False  # the graph of the backward pass
    grads: bool = True

    def __post_init__(self) -> None:
        flag("draw: backward", self.backward)
        flag("draw: grads", self.grads)
        for name in ("steps", "path"):
            if getattr(self, name) is not None:
                some_text(f"draw: {name}", getattr(self, name))


@dataclass
class Prepared:
    """A graph after all passes, its gradients, and remarks on options that were overridden."""

    graph: Graph
    gradients: Gradients | None
    remarks: list[str] = field(default_factory=list)


def prepare(roots: Sequence[Tensor], content: Content) -> Prepared:
    """Build the graph and run the passes."""
    level = content.level
    if not isinstance(level, str) or level not in LEVELS:
        hint = did_you_mean(level, LEVELS, "try: level='gate'")
        raise ArgumentError(f"draw: no level {brief(level)}, wanted cell, gate or op. {hint}")
    keep = _keep(content.fold)
    wanted = steps_of(content.steps) if content.steps else None
    back = backward_graph(roots) if content.backward else None
    remarks: list[str] = []
    while True:
        graph = _build(roots, level, content, keep, wanted, back, remarks)
        cut_fans(graph)
        if len(graph.nodes) <= MOST or level == "cell":
            break
        coarser = LEVELS[LEVELS.index(level) - 1]
        remarks.append(f"{len(graph.nodes):,} nodes are too many to read at level {level}: drawn at level {coarser}")
        level = coarser
    if len(graph.nodes) > MOST:
        remarks.append(f"{len(graph.nodes):,} nodes are too many to read. try: --steps 1-3, or .txt")
    share(
        graph,
        content.params
        if content.params is not None
        else ("tag" if level == "op" else "hide" if level == "cell" else "inline"),
    )
    return Prepared(graph, _gradients(roots, graph, content, back), remarks)


def _build(
    roots: Sequence[Tensor],
    level: str,
    content: Content,
    keep: int | None,
    wanted: set[int] | None,
    back: Backward | None,
    remarks: list[str],
) -> Graph:
    fine = "op" if level == "op" else "gate"
    graph = (
        build_graph(roots, fine)
        if back is None
        else build_graph(back.roots, fine, back.forward, back.nicknames, back.roles)
    )
    if content.path is not None:
        light(graph, ways(graph.classes, find(graph.classes, content.path)))
    if back is not None:
        graph.note = back.note
        cut_sums(graph, set(back.roots))
    if wanted is not None:
        numbers = sorted({step.index for run in runs(graph) for step in run.steps if step.index is not None})[:3]
        if not select(graph, wanted):
            first = f"'{numbers[0]}-{numbers[-1]}'" if numbers else "None"
            raise ArgumentError(
                f"steps {brief(content.steps)}: there are no such steps in the graph. try: steps={first}"
            )
    if wanted is None and content.fold != "none":
        ends = KEPT[level] if keep is None else keep
        hidden = fold(graph, LONGEST[level] if keep is None else 0, ends)
        if hidden and keep is None:
            remarks.append(f"{hidden} steps are folded into one node, as there are many. try: --fold none")
    if back is None:
        cut_saved(graph)
    if level == "cell":
        contract(graph)
    return graph


def _gradients(roots: Sequence[Tensor], graph: Graph, content: Content, back: Backward | None) -> Gradients | None:
    if not content.grads or back is not None:
        return None
    return gradients(roots, graph.classes.tensors)


def _keep(wanted: str | int) -> int | None:
    """The number of steps to keep at both ends; None for the default of the level."""
    if isinstance(wanted, str) and wanted in ("auto", "none"):
        return None
    is_short = isinstance(wanted, str) and wanted.isdecimal() and len(wanted) < 10
    if (type(wanted) is int or is_short) and int(wanted) >= 1:
        return int(wanted)
    kinds = "auto, none or how many steps are kept at both ends"
    raise ArgumentError(f"fold: got {brief(wanted)}, wanted {kinds}. try: fold=3")


def steps_of(text: str) -> set[int]:
    """The step numbers in `1-3` or `2,5-7`."""
    numbers: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,6})\s*(?:[-–]\s*(\d{1,6})\s*)?", part)
        if match is None or (match[2] is not None and int(match[2]) < int(match[1])):
            raise ArgumentError(f"steps: got {brief(text)}, wanted numbers such as 1-3 or 2,5-7. try: steps='1-3'")
        numbers.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return numbers
