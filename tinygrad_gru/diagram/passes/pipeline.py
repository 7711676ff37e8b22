"""From recorded tensors to the graph that is drawn: the passes in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.support.arguments import brief, flag, some_text
from ...core.tensor import Tensor
from ...errors import ArgumentError, did_you_mean
from ..build import build_graph
from ..gradients import Gradients, gradients
from ..model import Graph, Kind
from .backward_graph import backward_graph
from .collapse_to_cells import contract
from .declutter import cut_fans, cut_saved
from .fold_steps import fewer_steps, fold, select, steps_of
from .highlight_path import highlight
from .place_parameters import place_parameters
from .roll_steps import roll

__all__ = ["LEVELS", "Content", "Pass", "graph_of", "numbers_of", "passes_of"]

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
    rolled: bool = False  # equal steps as one, with an arrow back

    @property
    def may_be_strip(self) -> bool:
        """Whether nothing is asked for that needs a box for each step."""
        asked = any(option is not None for option in (self.steps, self.path, self.params))
        usual = (
            isinstance(self.level, str) and isinstance(self.fold, str) and (self.level, self.fold) == ("cell", "auto")
        )
        return usual and not (asked or self.backward or self.rolled)

    def __post_init__(self) -> None:
        flag("draw: backward", self.backward)
        flag("draw: grads", self.grads)
        if flag("draw: rolled", self.rolled):
            asked = {"steps": self.steps, "path": self.path, "backward": self.backward or None}
            for name in (name for name, value in asked.items() if value is not None):
                raise ArgumentError(f"draw: rolled up, one step stands for all. try: rolled=True without {name}")
        for name in ("steps", "path"):
            if getattr(self, name) is not None:
                some_text(f"draw: {name}", getattr(self, name))


@dataclass(frozen=True)
class Pass:
    """A step of the pipeline: a graph in, a graph out. It prints as its name and options."""

    run: Callable[..., Graph]
    options: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, graph: Graph) -> Graph:
        """The graph after this pass."""
        return self.run(graph, **self.options)

    def __repr__(self) -> str:
        return f"{self.run.__name__}({', '.join(f'{name}={value!r}' for name, value in self.options.items())})"


def graph_of(roots: Sequence[Tensor], content: Content) -> Graph:
    """The graph that is drawn: read from the tensors, and through all passes; coarser, with a remark, if it must be."""
    level, remarks = content.level, list[str]()
    if not isinstance(level, str) or level not in LEVELS:
        hint = did_you_mean(level, LEVELS, "try: level='gate'")
        raise ArgumentError(f"draw: no level {brief(level)}, wanted cell, gate or op. {hint}")
    while True:
        read = backward_graph if content.backward else build_graph
        graph = read(roots, "op" if level == "op" else "gate")
        for each in passes_of(content, level):
            graph = each(graph)
        size = sum(node.kind is not Kind.TAG for node in graph.nodes)
        if size <= MOST or level == "cell":
            break
        coarser = LEVELS[LEVELS.index(level) - 1]
        remarks.append(f"{size:,} nodes are too many to read at level {level}: drawn at level {coarser}")
        level = coarser
    if size > MOST:
        fewer = fewer_steps(graph, content.steps)
        remarks.append(f"{size:,} nodes are too many to read. try: {f'steps={fewer!r}, or ' if fewer else ''}.txt")
    graph.remarks[:0] = remarks
    return graph


def passes_of(content: Content, level: str) -> list[Pass]:
    """What is done to a graph before it is drawn at a level, in this order.

    >>> passes_of(Content(steps="1-3"), "op")
    [select(steps='1-3'), cut_saved(), cut_fans(), place_parameters(params='tag')]
    """
    passes = []
    if content.path is not None:
        if content.backward:
            got = brief(content.path)
            raise ArgumentError(f"path {got}: it is lit in the graph of the forward pass. try: backward=False")
        passes.append(Pass(highlight, {"path": content.path}))
    keep = _keep(content.fold)
    if content.steps is not None:
        steps_of(content.steps)
        passes.append(Pass(select, {"steps": content.steps}))
    elif content.rolled:
        pass  # nothing is left to fold
    elif content.fold != "none" and keep is not None:
        passes.append(Pass(fold, {"longest": 0, "keep": keep}))
    elif content.fold != "none":
        passes.append(Pass(fold, {"longest": LONGEST[level], "keep": KEPT[level], "unasked": True}))
    passes.append(Pass(cut_saved))
    if level == "cell":
        passes.append(Pass(contract))
    if content.rolled:
        passes.append(Pass(roll))
    passes.append(Pass(cut_fans))
    usual = {"op": "tag", "cell": "hide", "gate": "inline"}[level]
    return [*passes, Pass(place_parameters, {"params": usual if content.params is None else content.params})]


def numbers_of(roots: Sequence[Tensor], content: Content, graph: Graph) -> Gradients | None:
    """The gradients of its tensors, if they are wanted; those of the backward pass are its tensors.

    Rolled up, one step stands for all: it shows the gradients of none.
    """
    wanted = content.grads and not (content.backward or content.rolled)
    return gradients(roots, graph.classes.tensors) if wanted else None


def _keep(wanted: str | int) -> int | None:
    """The number of steps to keep at both ends; None for the default of the level."""
    if isinstance(wanted, str) and wanted in ("auto", "none"):
        return None
    is_short = isinstance(wanted, str) and wanted.isdecimal() and len(wanted) < 10
    if (type(wanted) is int or is_short) and int(wanted) >= 1:
        return int(wanted)
    kinds = "auto, none or how many steps are kept at both ends"
    raise ArgumentError(f"fold: got {brief(wanted)}, wanted {kinds}. try: fold=3")
