"""Gradient paths: from the loss back to one use of a tensor, and how many there are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...core.support.arguments import brief
from ...core.tensor import Tensor
from ...errors import ArgumentError, nearest
from ..classify import Classification, Use, step_of
from ..model import Graph

__all__ = ["Way", "find", "highlight", "light", "ways"]


@dataclass(frozen=True)
class Way:
    """All paths from the roots to some uses: the tensors on them, and the number of paths."""

    uses: tuple[Use, ...]
    tensors: frozenset[Tensor]
    count: int


def highlight(graph: Graph, path: str) -> Graph:
    """Leave only the paths of the gradient to `path` lit: W_r@1 is the use of W_r in step 1."""
    light(graph, ways(graph.classes, find(graph.classes, path, graph.titles)))
    return graph


def find(classes: Classification, wanted: str, titles: Mapping[Tensor, str] | None = None) -> tuple[Use, ...]:
    """The uses meant by `W_r@1`: of the tensor called so, in step 1; without the @, all of them.

    Of several called so, one is often made of another: h′ of h, x₁ of x. With a number, it is what that step makes, or
    else what it uses; without, it is the leaf, or else all of them.
    """
    name, _, number = wanted.partition("@")
    if number and not re.fullmatch(r"-?\d{1,9}", number):
        raise ArgumentError(
            f"path {brief(wanted)}: after the @ stands the number of a step, got {brief(number)}. try: {name[:40]}@1"
        )
    called = [t for t in classes.tensors if t.name == name]
    called = called or [t for t in classes.tensors if titles is not None and titles[t] == name]
    if not called:
        names = sorted({t.name for t in classes.tensors if t.name})
        meant = nearest(name, names) or (names[0] if names else "")
        hint = f"did you mean {meant}{'@' + number if number else ''}?" if meant else "try: name=..."
        raise ArgumentError(f"path {brief(wanted)}: nothing in the graph is called {brief(name)}. {hint}")
    every = [use for t in called for use in _uses(t, classes)]
    uses = [use for use in every if not number or _step_number(use) == int(number)]
    if not uses:
        numbers = sorted({n for use in every if (n := _step_number(use)) is not None})
        steps = f"{numbers[0]} to {numbers[-1]}" if numbers else "no numbered step"
        raise ArgumentError(
            f"path {brief(wanted)}: {name} is used in {steps}. try: {name}{f'@{numbers[0]}' if numbers else ''}"
        )
    uses = [use for use in uses if use[0].requires_grad]
    if not uses:
        raise ArgumentError(f"path {brief(wanted)}: no gradient goes to {name}. try: requires_grad=True")
    preferred = [use for use in uses if (use[0].op is not None) == bool(number)]
    return tuple(preferred or uses)


def _uses(t: Tensor, classes: Classification) -> list[Use]:
    return [(t, user, at) for user in _users(classes).get(t, ()) for at, i in enumerate(user.inputs) if i is t]


def _users(classes: Classification) -> dict[Tensor, list[Tensor]]:
    users: dict[Tensor, dict[Tensor, None]] = {}
    for t in classes.tensors:
        for i in t.inputs:
            users.setdefault(i, {})[t] = None
    return {t: list(those) for t, those in users.items()}


def _step_number(use: Use) -> int | None:
    """The step that computed a tensor, or, of a leaf, the step that uses it."""
    step = step_of(use[0] if use[0].op is not None else use[1])
    return step.index if step is not None else None


def ways(classes: Classification, uses: tuple[Use, ...]) -> Way:
    """The gradient paths from the roots to these uses."""
    leading = {user for _, user, _ in uses}  # to one of the uses
    for t in classes.tensors:
        if t not in leading and any(i in leading for i in t.inputs):
            leading.add(t)
    number = {t: int(t in classes.roots) for t in leading}
    for t in reversed(classes.tensors):
        if t in leading and number[t]:
            for i in t.inputs:
                if i in leading and i.requires_grad:
                    number[i] += number[t]
    return Way(uses, frozenset(t for t in leading if number[t]), sum(number.get(user, 0) for _, user, _ in uses))


def light(graph: Graph, way: Way) -> None:
    """Leave only these paths lit, and note how many there are."""
    ends = {t for t, _, _ in way.uses}
    boxed = {node.tensor for node in graph.nodes if node.kind == "box"}
    for node in graph.nodes:  # the paths end in the box of a tensor, and not in the operation before it
        end = node.tensor in ends and (node.kind == "box" or node.tensor not in boxed)
        node.lit = node.tensor in way.tensors or end
    for edge in graph.edges:
        edge.lit = edge.source.lit and edge.target.lit
        if edge.source.tensor in ends and edge.source.tensor.op is None:
            edge.lit = edge.lit and any(edge.source.tensor is t for t, _, _ in way.uses)
    graph.followed, graph.paths = set(way.uses), way.count
    t, user, _ = way.uses[0]
    step = step_of(t if t.op is not None else user)
    place = f" in {step.title}" if step is not None and len({_step_number(use) for use in way.uses}) == 1 else ""
    operations = len([t for t in way.tensors if t.op is not None])
    graph.note = (
        f"How the loss reaches {t.name}{place}: {way.count:,} separate {'path' if way.count == 1 else 'paths'} "
        f"through {operations} operations; the arrows show the way the gradient goes"
    )
