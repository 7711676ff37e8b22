"""The outline of a picture: nodes, edges and nested boxes, and nothing about how they are drawn.

`outline(roots, level)` makes it of the recorded graph alone: operations, inputs, names, scopes, the order of making.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from ..core.ops.joining import Concat
from ..core.support.scopes import scope
from ..core.tensor import Tensor
from ..symbolic.short import Text, compose, formulas, is_number, subscript, symbol_of
from .classify import Casting, Use, cast, path_of, role_of, step_of
from .node_ids import Identifiers
from .passes.state_lines import mark_state_lines

__all__ = ["Edge", "Node", "Outline", "outline", "step_around", "titles_of"]


@dataclass(eq=False, slots=True)
class Node:
    """A tensor with its numbers (`box`), a small operation (`op`), or a parameter or constant at one use (`tag`)."""

    key: str  # says what it is, and is the same each time: `step1_r`
    kind: str
    tensor: Tensor
    place: tuple[scope, ...]  # the boxes it stands in, the outermost first
    title: str
    role: str = ""
    caption: str = ""
    formula: str = ""
    symbol: str = ""  # what its operation is drawn with: (1 − z) ⊙
    use: Use | None = None  # that of a tag
    tags: tuple[Use, ...] = ()  # parameters and constants written into the box
    line: str = ""  # the state line it lies on
    notes: tuple[str, ...] = ()  # where lines that were cut led to
    lit: bool = True  # not when it is off the ways of the gradient that is followed
    shown: tuple[Tensor, ...] = ()  # whose numbers it shows

    def __post_init__(self) -> None:
        self.shown = self.shown or (self.tensor,)


@dataclass(eq=False, slots=True)
class Edge:
    """A tensor on its way from one node to another; on a state line, it is the state."""

    source: Node
    target: Node
    line: str = ""
    lit: bool = True
    carries: Tensor = None  # type: ignore[assignment]  # that of its source, unless said otherwise

    def __post_init__(self) -> None:
        if self.carries is None:
            self.carries = self.source.tensor


@dataclass(eq=False)
class Outline:
    """All nodes in the order of their making, the edges between them, and the formula of the state if there is one."""

    level: str
    casting: Casting
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    equation: str = ""
    titles: dict[Tensor, str] = field(default_factory=dict)  # what tensors are called: r₁
    followed: set[Use] | None = None  # the uses to which a gradient is followed
    paths: int | None = None  # in how many ways it gets there
    rows: int = 1  # into which the steps are wrapped
    note: str = ""  # what a pass has to say to the reader


def step_around(node: Node) -> scope | None:
    """The innermost numbered box that a node stands in."""
    return next((place for place in reversed(node.place) if place.index is not None), None)


def outline(
    roots: Sequence[Tensor],
    level: str = "gate",
    given: Collection[Tensor] = (),
    nicknames: Mapping[Tensor, str] | None = None,
    roles: Mapping[Tensor, str] | None = None,
) -> Outline:
    """The outline of the graph behind `roots`, at level `gate` or `op`; no farther than the tensors that are `given`.

    It is complete: every step, and at every node the parameters and constants it uses. Passes make less of it.
    Nameless tensors go by their nicknames where they stand for themselves, and `roles` come before those of scopes.
    """
    with _undisturbed():
        return _outline(roots, level, given, nicknames or {}, roles or {})


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without the garbage collector, which would look through all that is made here again and again.

    What was made then counts as old, so that it is not looked through at once afterwards either.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            if gc.get_freeze_count() == 0:  # whoever froze something wants it to stay so
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _outline(
    roots: Sequence[Tensor],
    level: str,
    given: Collection[Tensor],
    nicknames: Mapping[Tensor, str],
    roles: Mapping[Tensor, str],
) -> Outline:
    casting = cast(roots, level, given)
    titles = titles_of(casting, nicknames)
    saved = {t for t in given if t.op is not None}
    texts = formulas(casting.tensors, lambda t: titles[t] if _has_name(t, casting) or t in saved else None, given)
    made = Outline(level, casting, titles=titles)
    identify = Identifiers()
    shown: dict[Tensor, Node] = {}
    there = _Mirror()
    words: dict[type, str] = {}  # the names of operations

    for t in casting.tensors:
        part = casting.part[t]
        if part not in ("box", "split", "op"):
            continue
        place = _place(t, casting, level)
        if _on_the_way_back(t):
            place = tuple(there(p) for p in place)
        tags = casting.tags[t] if not casting.is_leaf(t) else ()
        role = (
            roles.get(t)
            or role_of(t)
            or ("input" if t.op is None else "loss" if t in casting.roots and t.size == 1 else "")
        )
        own = Node("", "box" if part != "op" or t.name is not None else "op", t, place, titles[t], role)
        own.caption = _caption(t) if t not in roles else ""
        if t.op is not None:
            own.formula = texts[t][0]
            own.tags = tags
            own.symbol = _operation(t, level)
            if part == "op" and t.name is None:
                own.title = texts[t][0] if isinstance(t.op, Concat) and level == "gate" else own.symbol
        entry = own
        if part == "split":  # the last operation as a small node of its own before the box
            key = identify(t, t.op.name if t.op else "")
            entry = Node(key, "op", t, place, own.symbol, role, formula=own.formula)
            made.nodes.append(entry)
        word = ""
        if t.op is not None and not t.name:
            kind = type(t.op)
            word = words.get(kind) or words.setdefault(kind, t.op.name)
        own.key = identify(t, word)
        made.nodes.append(own)
        made.edges += [Edge(shown[i], entry) for i in casting.sources.get(t, ())]
        if entry is not own:
            made.edges.append(Edge(entry, own))
        shown[t] = own

    mark_state_lines(made.nodes, made.edges)
    made.equation = _equation(made) if not given else ""
    _drop_needless_boxes(made.nodes, level)
    return made


def titles_of(casting: Casting, nicknames: Mapping[Tensor, str]) -> dict[Tensor, str]:
    """What each tensor is called: its name with the number of its step, r₃; its scope's or operation's if nameless."""
    firsts: dict[tuple[str, tuple[int, ...]], int] = {}
    numbers = [step.index if (step := step_of(t)) is not None else None for t in casting.tensors]
    for t, number in zip(casting.tensors, numbers, strict=True):
        if t.name is not None and number is not None:
            key = (t.name, t.shape)
            firsts[key] = min(number, firsts.get(key, number))
    titles: dict[Tensor, str] = {}
    for t, index in zip(casting.tensors, numbers, strict=True):
        if index is None and t.name is not None and role_of(t) != "loss" and (t.name, t.shape) in firsts:
            index = firsts[t.name, t.shape] - 1  # a state before its first step
        if t in nicknames:
            titles[t] = nicknames[t]
        elif t.name is not None:
            titles[t] = t.name + (subscript(index) if index is not None else "")
        elif t.op is None:
            titles[t] = "const" if not t.requires_grad else "param"
        elif _on_the_way_back(t) and casting.part[t] == "box":
            titles[t] = "share"  # of a gradient that is the sum of several
        else:
            place = path_of(t.scope)[-1] if path_of(t.scope) else None
            titles[t] = place.label if place is not None and _has_name(t, casting) else symbol_of(t.op)
    return titles


def _has_name(t: Tensor, casting: Casting) -> bool:
    """Whether it is called by a name, which may be that of the layer it is the result of."""
    if t.name is not None:
        return True
    if casting.part[t] != "box" or t.op is None:
        return False
    path = path_of(t.scope)
    return bool(path) and path[-1].index is None and role_of(t) != "loss"


def _caption(t: Tensor) -> str:
    """The innermost scope that is not a step: reset gate."""
    path = _way_there(t.scope)
    place = path[-1] if path else None
    return place.label if place is not None and place.index is None and t.name is not None else ""


def _operation(t: Tensor, level: str) -> str:
    """What stands in a small node: the symbol, with the factor or the number written into it: `(1 − z) ⊙`."""
    assert t.op is not None
    symbol = symbol_of(t.op)
    if len(t.inputs) != 2:
        return symbol
    a, b = t.inputs
    if level == "op" and not is_number(a) and not is_number(b):
        return symbol
    plain: dict[Tensor, Text] = {}
    for i in (*a.inputs, *b.inputs, a, b):
        plain[i] = (i.name, 9) if i.name else compose(i, {}) if is_number(i) else ("", 9)
    if is_number(b):
        return f"{symbol} {plain[b][0]}"
    if is_number(a):
        return f"{plain[a][0]} {symbol}"
    if level == "gate" and symbol == "⊙":
        if a.name is not None:
            return f"{a.name} ⊙"
        if a.op is not None and a.op.elementwise and all(plain[i][0] for i in a.inputs):
            return f"({compose(a, plain)[0]}) ⊙"
    return symbol


class _Mirror(dict[scope, scope]):
    """For each numbered scope another one, for what is recorded in it on the way back: it is drawn as its own box."""

    def __call__(self, place: scope) -> scope:
        label = f"back through {place.label}" if place.index is not None else place.label
        return self.setdefault(place, scope(label, place.index, place.role))


def _on_the_way_back(t: Tensor) -> bool:
    return t.scope.role == "backward"


@lru_cache(maxsize=1 << 15)
def _way_there(place: scope) -> tuple[scope, ...]:
    """The scopes of a tensor that was recorded on the way back, without those which only say so."""
    return tuple(around for around in path_of(place) if around.role != "backward")


def _place(t: Tensor, casting: Casting, level: str) -> tuple[scope, ...]:
    """The boxes a node stands in: all its scopes at level op, the steps and the outermost at level gate."""
    path = _way_there(t.scope)
    if not path and t.op is None and casting.uses[t]:
        users = [user for _, user, _ in casting.uses[t]]
        if all(role_of(user) == "loss" for user in users):
            path = path_of(users[0].scope)  # a target stands with the loss
    if level == "gate":
        return tuple(p for depth, p in enumerate(path) if depth == 0 or p.index is not None)
    return path


def _drop_needless_boxes(nodes: list[Node], level: str) -> None:
    """Take away boxes around a single node, unless they are the outermost and say something that it does not."""
    inside: dict[tuple[scope, ...], list[Node]] = {}  # by where they stand, which many have in common
    for node in nodes:
        inside.setdefault(node.place, []).append(node)
    held: Counter[scope] = Counter()
    for places, members in inside.items():
        for place in places:
            held[place] += len(members)
    for places, members in inside.items():
        needed = tuple(
            place
            for depth, place in enumerate(places)
            if place.index is not None or held[place] > 1 or (depth == 0 and members[0].title != place.label)
        )
        if len(needed) < len(places):
            for node in members:
                node.place = needed


def _equation(made: Outline) -> str:
    """The equation of the state at a step t, such as hₜ = (1 − zₜ)⊙hₜ₋₁ + zₜ⊙h̃ₜ, of the first step on a state line."""
    for node in made.nodes:
        step = step_of(node.tensor)
        if not node.line or node.kind != "box" or step is None or step.index is None or node.tensor.op is None:
            continue
        index = step.index

        def name_of(t: Tensor, index: int = index) -> str | None:
            title = made.titles[t] if _has_name(t, made.casting) else None
            for number, sign in ((index, "ₜ"), (index - 1, "ₜ₋₁")):
                if t.name is not None and title == t.name + subscript(number):
                    return t.name + sign
            return title

        near, named = _made_of(node.tensor, made.casting, name_of)
        return f"{node.tensor.name}ₜ = {formulas(near, name_of, named)[node.tensor][0]}"
    return ""


def _made_of(t: Tensor, casting: Casting, name_of: Callable[[Tensor], str | None]) -> tuple[list[Tensor], set[Tensor]]:
    """What a tensor was made of, oldest first, as far as what has a name; and those where that ends."""
    near, named, pending = {t}, set(casting.given), [t]
    while pending:
        for i in casting.inputs(pending.pop()):
            if i not in near:
                near.add(i)
                if name_of(i) is None:
                    pending.append(i)
                else:
                    named.add(i)
    return sorted(near, key=lambda t: (not casting.is_leaf(t), t.serial)), named
