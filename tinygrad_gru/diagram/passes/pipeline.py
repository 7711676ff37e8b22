"""From a recorded graph to the outline that is drawn: one pass after the other, each as asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ...core.support.arguments import brief, flag, some_text
from ...core.tensor import Tensor
from ...errors import ArgumentError, did_you_mean
from ..gradients import Gradients, gradients
from ..look import Look
from ..model import Outline, outline
from .backward_graph import Backward, backward_graph
from .collapse_to_cells import contract
from .cut_fans import cut_fans, cut_saved
from .cut_sums import cut_sums
from .fold_steps import fold, select
from .highlight_path import find, light, ways
from .place_parameters import share

__all__ = ["LEVELS", "Content", "Prepared", "prepare", "steps_of", "warmed"]

LEVELS = ("cell", "gate", "op")
LONGEST = {"cell": 400, "gate": 8, "op": 8}  # steps, before a run is folded
KEPT = {"cell": 4, "gate": 2, "op": 2}  # at both ends of a folded run
MOST = 3000  # nodes that can be laid out and read


@dataclass(frozen=True)
class Content:
    """What of a graph is drawn."""

    level: str = "gate"
    fold: str | int = "auto"  # auto, none, or how many steps are kept at both ends
    steps: str | None = None  # 1-3, or 2,5-7
    params: str | None = None  # tag, inline, hide or shared
    path: str | None = None  # W_r@1
    backward: bool = False  # the graph of the way back
    grads: bool = True

    def __post_init__(self) -> None:
        flag("draw: backward", self.backward)
        for name in ("steps", "path"):
            if getattr(self, name) is not None:
                some_text(f"draw: {name}", getattr(self, name))


@dataclass
class Prepared:
    """An outline, the gradients of what is in it, and what had to be done otherwise than asked for."""

    outline: Outline
    found: Gradients | None
    remarks: list[str] = field(default_factory=list)


def warmed(look: Look, ready: Prepared, heat: bool | None) -> Look:
    """The look with heat on the state line, if it was asked for or shows best what there is."""
    made = ready.outline
    warm = made.level == "cell" and made.paths is None if heat is None else flag("draw: heat", heat)
    return replace(look, heat=warm and ready.found is not None)


def prepare(roots: Sequence[Tensor], content: Content) -> Prepared:
    """The outline with all passes done."""
    level = content.level
    if not isinstance(level, str) or level not in LEVELS:
        hint = did_you_mean(level, LEVELS, "try: level='gate'")
        raise ArgumentError(f"draw: no level {brief(level)}, wanted cell, gate or op. {hint}")
    keep = _keep(content.fold)
    wanted = steps_of(content.steps) if content.steps else None
    back = backward_graph(roots) if content.backward else None
    remarks: list[str] = []
    while True:
        made = _outline(roots, level, content, keep, wanted, back, remarks)
        cut_fans(made)
        if len(made.nodes) <= MOST or level == "cell":
            break
        coarser = LEVELS[LEVELS.index(level) - 1]
        remarks.append(f"{len(made.nodes):,} nodes are too many to read at level {level}: drawn at level {coarser}")
        level = coarser
    if len(made.nodes) > MOST:
        remarks.append(f"{len(made.nodes):,} nodes are too many to read. try: --steps 1-3, or .txt")
    share(
        made,
        content.params
        if content.params is not None
        else ("tag" if level == "op" else "hide" if level == "cell" else "inline"),
    )
    return Prepared(made, _gradients(roots, made, content, back), remarks)


def _outline(
    roots: Sequence[Tensor],
    level: str,
    content: Content,
    keep: int | None,
    wanted: set[int] | None,
    back: Backward | None,
    remarks: list[str],
) -> Outline:
    fine = "op" if level == "op" else "gate"
    made = outline(roots, fine) if back is None else outline(back.roots, fine, back.given, back.nicknames, back.roles)
    if content.path is not None:
        light(made, ways(made.casting, find(made.casting, content.path)))
    if back is not None:
        made.note = back.note
        cut_sums(made, set(back.roots))
    if wanted is not None and not select(made, wanted):
        raise ArgumentError(f"steps {brief(content.steps)}: there are no such steps in the graph. try: steps='1-3'")
    if wanted is None and content.fold != "none":
        kept = KEPT[level] if keep is None else keep
        hidden = fold(made, LONGEST[level] if keep is None else 0, kept)
        if hidden and keep is None:
            remarks.append(f"{hidden} steps are folded into one node, as there are many. try: --fold none")
    if back is None:
        cut_saved(made)
    if level == "cell":
        contract(made)
    return made


def _gradients(roots: Sequence[Tensor], made: Outline, content: Content, back: Backward | None) -> Gradients | None:
    if not content.grads or back is not None:
        return None
    return gradients(roots, made.casting.tensors)


def _keep(wanted: str | int) -> int | None:
    """How many steps are kept; None if that is left to us."""
    if isinstance(wanted, str) and wanted in ("auto", "none"):
        return None
    is_short = isinstance(wanted, str) and wanted.isdecimal() and len(wanted) < 10
    if (type(wanted) is int or is_short) and int(wanted) >= 1:
        return int(wanted)
    kinds = "auto, none or how many steps are kept at both ends"
    raise ArgumentError(f"fold: got {brief(wanted)}, wanted {kinds}. try: fold=3")


def steps_of(text: str) -> set[int]:
    """The numbers meant by `1-3` or `2,5-7`."""
    numbers: set[int] = set()
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d{1,6})\s*(?:[-–]\s*(\d{1,6})\s*)?", part)
        if found is None or (found[2] is not None and int(found[2]) < int(found[1])):
            raise ArgumentError(f"steps: got {brief(text)}, wanted numbers such as 1-3 or 2,5-7. try: steps='1-3'")
        numbers.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    return numbers
