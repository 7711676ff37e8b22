"""What things are called in formulas: tensors, with their steps, and the sizes of a layer, by B, I and H."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..core.tensor import Tensor
from .short import subscript

__all__ = ["is_parameter", "letters", "letters_of_layer", "names_of", "readable"]

PLAIN = re.compile(r"[^\W\d²³½ᵀΣ](?:[^\W²³½ᵀΣ]|[\u0300-\u036f\u20d7.′])*")  # nothing that is also a sign of formulas


def readable(name: str) -> str:
    """The name as it stands in a formula: in ⟨⟩ if it could be taken for more than a name, such as `a + b` or `2`."""
    seen = "".join(c for c in name if c.isprintable()).strip()
    if not seen or PLAIN.fullmatch(seen):
        return seen
    return f"⟨{seen.replace('⟨', '(').replace('⟩', ')')}⟩"


def names_of(tensors: Iterable[Tensor]) -> dict[Tensor, str]:
    """A name for each named tensor, in creation order.

    What a step makes has its step, the only one too: h₁. A start has the step before the first; what repeats, a prime.
    """
    called = [(t, readable(t.name)) for t in tensors if t.name and readable(t.name)]
    steps: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for t, name in called:
        steps.setdefault((name, t.shape), []).extend(_step_of(t))
    names: dict[Tensor, str] = {}
    used: set[str] = set()
    for t, name in called:
        step, all_steps = _step_of(t), steps[name, t.shape]
        if not step and t.op is None and all_steps:
            step = [min(all_steps) - 1]
        name += "".join(map(subscript, step))
        while name in used:
            name += "′"
        used.add(name)
        names[t] = name
    return names


def _step_of(t: Tensor) -> list[int]:
    """The number of its innermost step, if it is in one."""
    return [place.index for place in t.scope.path if place.index is not None][-1:]


def letters(batch: int, inputs: int, hidden: int, steps: int = 0) -> dict[int, str]:
    """T, B, I and H by size, with H+I, where no two of them are the same, nor 1."""
    all_sizes = {"T": steps, "B": batch, "I": inputs, "H": hidden, "H+I": hidden + inputs}
    counted = list(all_sizes.values())
    sizes = {size: letter for letter, size in all_sizes.items() if counted.count(size) == 1 and size > 1}
    if not {inputs, hidden} <= set(sizes):
        sizes.pop(hidden + inputs, None)
    return sizes


def letters_of_layer(order: list[Tensor]) -> dict[int, str]:
    """The letters of a recurrent layer's sizes, if all in the graph have the same; of several the first's I.

    A letter is left out where something else has its size: of two classes in a batch of two, 2 is not B.
    """
    inputs = [t for t in order if t.scope.role == "input" and t.name == "x" and t.ndim == 2]
    starts = {t.shape for t in order if t.scope.role == "state" and t.scope.label == "start" and t.ndim == 2}
    if not inputs or len(starts) != 1:
        return {}
    ((batch, hidden),) = starts
    steps = {place.index for t in inputs for place in t.scope.path if place.index is not None}
    if inputs[0].shape[0] != batch:
        return {}
    known = letters(batch, inputs[0].shape[1], hidden, len(steps))
    wrong = _misnamed(order, inputs[0])
    left = {size: letter for size, letter in known.items() if (size, letter) not in wrong}
    return left if {"H", "I"} <= set(left.values()) else {n: letter for n, letter in left.items() if letter != "H+I"}


def _misnamed(order: list[Tensor], first: Tensor) -> set[tuple[int, str]]:
    """The sizes of other things, each with the letter that it must not have: classes, words, a second layer's input.

    `first` is the input of the first step. What comes before it has its I at the end, what comes after it an H at the
    beginning; a batch and steps are the size of no parameter.
    """
    wrong: set[tuple[int, str]] = set()
    run = _run_of(first)
    users = {i: t for t in reversed(order) for i in t.inputs}  # the first of each
    for t in order:
        if t.op is not None or t not in users:
            continue
        if not is_parameter(t):  # an axis for each of T and B
            wrong |= {(n, letter) for n in t.shape if t.shape.count(n) > 1 for letter in "TB"}
            continue
        wrong |= {(n, letter) for n in t.shape for letter in "TB"}
        user = users[t]
        ours = _run_of(user)
        if ours is None and user.serial < first.serial:
            wrong |= {(n, letter) for n in t.shape for letter in ("H", "H+I")} | {(n, "I") for n in t.shape[:-1]}
        elif ours is None:
            wrong |= {(n, letter) for n in t.shape for letter in ("I", "H+I")} | {(n, "H") for n in t.shape[1:]}
        elif run is not None and ours[:1] != run[:1]:
            wrong |= {(n, letter) for n in t.shape for letter in ("I", "H+I")}
    return wrong


def _run_of(t: Tensor) -> tuple[str, ...] | None:
    """The titles of the scopes around its step: of a layer and direction; None outside of steps."""
    path = t.scope.path
    return next((tuple(p.title for p in path[:n]) for n, place in enumerate(path) if place.index is not None), None)


def is_parameter(t: Tensor) -> bool:
    """Whether it is a parameter of a module."""
    return t.op is None and type(t) is not Tensor  # nn.Parameter
