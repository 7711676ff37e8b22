"""Titles of tensors: a name with the number of its step, r₃, and what sets it apart where several are called so.

In formulas, text and boxes one title means one tensor. Parameters are told apart by the way of attributes to them,
`q.W` and `k.W`, other tensors by the scopes around them, `h₁ (1 forward)`, and what is left by a prime.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, takewhile

from ..core.tensor import Tensor
from ..symbolic.short import is_number, subscript, symbol_of
from .classify import Classification, Part, path_of, role_of, step_of

__all__ = ["QUALIFIER", "base_titles", "is_called", "names_in_formulas", "titles_of", "without_own_qualifier"]

MOST_TOLD_APART = 24  # parameters of one formula: a longer one is cut
QUALIFIER = re.compile(r" \([^()]*\)$")


def titles_of(classes: Classification) -> dict[Tensor, str]:
    """The title of each tensor, unique among leaves, named tensors and boxes."""
    titles = base_titles(classes)
    alike: dict[str, list[Tensor]] = {}
    for t in classes.tensors:
        if is_called(t, classes):
            alike.setdefault(titles[t], []).append(t)
    taken = set(alike)
    for title, everyone in alike.items():
        boxes = [t for t in everyone if t.op is not None and t.name is None]
        called = [t for t in everyone if t.op is None or t.name is not None]
        if len(everyone) > 1 or any(t.op is not None and classes.uses[t] and title == symbol_of(t.op) for t in boxes):
            for t in boxes:  # tanh₁, which in a formula is no function
                titles[t] = _free((title + subscript(n) for n in count(1)), taken)
        for t, words in zip(called, _apart(title, called, classes), strict=True) if len(called) > 1 else ():
            if words != title or t is not called[0]:
                titles[t] = _free((words + _prime(n) for n in count()), taken)
    return titles


def base_titles(classes: Classification) -> dict[Tensor, str]:
    """The name of each tensor with the number of its step; that of its layer or operation if it has none."""
    numbers = [step.index if (step := step_of(t)) is not None else None for t in classes.tensors]
    firsts: dict[tuple[str, tuple[int, ...]], int] = {}
    for t, number in zip(classes.tensors, numbers, strict=True):
        if t.name is not None and number is not None:
            key = (t.name, t.shape)
            firsts[key] = min(number, firsts.get(key, number))
    titles: dict[Tensor, str] = {}
    for t, index in zip(classes.tensors, numbers, strict=True):
        if t.name is not None:
            if index is None and role_of(t) != "loss" and (t.name, t.shape) in firsts:
                index = firsts[t.name, t.shape] - 1  # a state before its first step
            titles[t] = t.name + (subscript(index) if index is not None else "")
        elif t.op is None:
            titles[t] = "const" if not t.requires_grad else "param"
        else:
            titles[t] = _layer(t, classes) or symbol_of(t.op)
    return titles


def is_called(t: Tensor, classes: Classification) -> bool:
    """Whether others call it by its title: it has a name, is a leaf, or has a box to be found in."""
    if t.op is None:
        return not is_number(t)
    return t.name is not None or classes.part[t] is Part.BOX


def names_in_formulas(classes: Classification, titles: Mapping[Tensor, str]) -> dict[Tensor, str]:
    """What formulas call each tensor that has a title of its own: the same, without what the box around them says.

    So `σ([h₀, x₁] W_r + b_r)` in a box of layer 1, with `layers.0.W_r` in the tag, and qualified where it must be.
    """
    names = {t: titles[t] for t in classes.tensors if is_called(t, classes)}
    parameters = _in_formulas(classes)
    for t in names:
        beside = parameters.get(t, ())
        bare = [p.name for p in beside]
        for p in beside:
            if p.name and titles[p].endswith(f".{p.name}") and bare.count(p.name) == 1:
                names[p] = p.name
    for t in names:  # two of one name in one formula
        beside = parameters.get(t, ())
        bare = [names[p] for p in beside]
        names |= {p: titles[p] for p in beside if bare.count(names[p]) > 1}
    return names


def _in_formulas(classes: Classification) -> dict[Tensor, tuple[Tensor, ...]]:
    """The parameters and constants in the formula of each result, down to what others call by a title."""
    inside: dict[Tensor, tuple[Tensor, ...]] = {}
    for t in classes.tensors:
        if t.op is not None:
            tags = [use[0] for use in classes.tags.get(t, ())]
            tags += [p for i in t.inputs if not is_called(i, classes) for p in inside.get(i, ())]
            inside[t] = tuple(dict.fromkeys(tags))[:MOST_TOLD_APART]
    return inside


def without_own_qualifier(formula: str, title: str) -> str:
    """The formula of a tensor with the others of its scope called by their names alone."""
    qualifier = QUALIFIER.search(title)
    return formula.replace(qualifier[0], "") if qualifier else formula


def _layer(t: Tensor, classes: Classification) -> str:
    """What the unnamed result of a layer is called: the attribute that holds the layer, or else its scope."""
    path = path_of(t.scope)
    if classes.part[t] is not Part.BOX or not path or path[-1].index is not None or role_of(t) == "loss":
        return ""
    if any(t.scope in path_of(user.scope) for _, user, _ in classes.uses[t]):
        return ""  # it goes on inside the layer
    holders = {_holder(use[0]) for use in classes.tags[t] if use[0].requires_grad}
    return (holders.pop() if len(holders) == 1 else "") or path[-1].label


def _holder(t: Tensor) -> str:
    """The way of attributes to the module that holds a parameter; empty where nothing does."""
    return getattr(t, "path", "").rpartition(".")[0]


def _apart(title: str, called: Sequence[Tensor], classes: Classification) -> list[str]:
    """Titles that set these apart, as far as the ways to them and their scopes do."""
    ways = [getattr(t, "path", "") for t in called]
    if all(ways):
        common = _common([way.split(".")[:-1] for way in ways])
        rest = [".".join(way.split(".")[common:]) for way in ways]
        return ways if any(way[0].isdecimal() for way in rest) else rest
    if called[0].name is None:  # const₁, param₂
        return [title + subscript(n) for n in range(1, len(called) + 1)]
    scopes = [[around.label for around in path_of(t.scope) if around in classes.holders] for t in called]
    deepest = max(len(labels) for labels in scopes)
    differs = [len({tuple(labels[depth : depth + 1]) for labels in scopes}) > 1 for depth in range(deepest)]
    short = [_short({labels[depth] for labels in scopes if len(labels) > depth}) for depth in range(deepest)]
    words = [" ".join(short[depth][label] for depth, label in enumerate(labels) if differs[depth]) for labels in scopes]
    return [f"{title} ({which})" if which else title for which in words]


def _short(labels: Iterable[str]) -> dict[str, str]:
    """Labels without the words that all of them begin with: 1 and 2, of layer 1 and layer 2."""
    words = {label: label.split(" ") for label in labels}
    common = _common(list(words.values()))
    return {label: " ".join(parts[common:]) or label for label, parts in words.items()}


def _free(titles: Iterator[str], taken: set[str]) -> str:
    """The first of these that is not taken, which is taken from now on."""
    title = next(title for title in titles if title not in taken)
    taken.add(title)
    return title


def _common(words: Sequence[Sequence[str]]) -> int:
    """How many words all of these begin with."""
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False)))


def _prime(n: int) -> str:
    return "′" * n if n < 4 else f" #{n + 1}"
