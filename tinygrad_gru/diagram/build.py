"""From recorded tensors to the graph that is drawn, by operations, inputs, names, scopes and creation order alone."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache

from ..core.ops.joining import Concat
from ..core.support.scopes import scope
from ..core.tensor import Tensor
from ..symbolic.short import Text, compose, formulas, is_number, subscript, symbol_of
from .classify import Classification, classify, path_of, role_of, step_of
from .model import Edge, Graph, Node
from .node_ids import Identifiers
from .state_lines import mark_state_lines

__all__ = ["build_graph", "titles_of"]

Words = Mapping[Tensor, str]


def build_graph(
    roots: Sequence[Tensor],
    level: str = "gate",
    stop: Collection[Tensor] = (),
    nicknames: Words | None = None,
    roles: Words | None = None,
) -> Graph:
    """The graph that ends in `roots`, at level `gate` or `op`; the tensors in `stop` are taken as its leaves.

    It is complete: every step, and at every node the parameters and constants it uses. Passes reduce it.
    `nicknames` are titles of unnamed tensors, and `roles` override those of scopes.
    """
    with _undisturbed():
        return _build(roots, level, stop, nicknames or {}, roles or {})


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without the garbage collector, which would scan the growing graph again and again.

    The new objects then go to the oldest generation, so that they are not scanned right afterwards either.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            if gc.get_freeze_count() == 0:  # a caller that has frozen objects keeps them frozen
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _build(roots: Sequence[Tensor], level: str, stop: Collection[Tensor], nicknames: Words, roles: Words) -> Graph:
    classes = classify(roots, level, stop)
    titles = titles_of(classes, nicknames)
    saved = {t for t in stop if t.op is not None}
    texts = formulas(classes.tensors, lambda t: titles[t] if _has_name(t, classes) or t in saved else None, stop)
    graph = Graph(level, classes, titles=titles)
    identify = Identifiers()
    shown: dict[Tensor, Node] = {}
    mirror = _Mirror()
    words: dict[type, str] = {}  # the names of operations

    for t in classes.tensors:
        part = classes.part[t]
        if part not in ("box", "split", "op"):
            continue
        place = _place(t, classes, level)
        if _in_backward_pass(t):
            place = tuple(mirror(p) for p in place)
        own = _node(t, graph, place, texts[t][0])
        if t in roles:
            own.role, own.caption = roles[t] or own.role, ""
        entry = own
        if part == "split":  # the last operation as a small node of its own before the box
            key = identify(t, t.op.name if t.op else "")
            entry = Node(key, "op", t, place, own.symbol, own.role, formula=own.formula)
            graph.nodes.append(entry)
        word = ""
        if t.op is not None and not t.name:
            kind = type(t.op)
            word = words.get(kind) or words.setdefault(kind, t.op.name)
        own.key = identify(t, word)
        graph.nodes.append(own)
        graph.edges += [Edge(shown[i], entry) for i in classes.sources.get(t, ()) for _ in range(_times(i, t))]
        if entry is not own:
            graph.edges.append(Edge(entry, own))
        shown[t] = own

    mark_state_lines(graph)
    graph.equation = _equation(graph) if not stop else ""
    _drop_needless_boxes(graph.nodes, level)
    return graph


def _times(i: Tensor, t: Tensor) -> int:
    """How many edges lead from one tensor to another: one for each use by its operation, and one to a formula."""
    return max(1, sum(used is i for used in t.inputs))


def _node(t: Tensor, graph: Graph, place: tuple[scope, ...], formula: str) -> Node:
    """The node of a tensor, still without a key."""
    classes, level = graph.classes, graph.level
    is_small = classes.part[t] == "op" and t.name is None
    role = role_of(t) or ("input" if t.op is None else "loss" if t in classes.roots and t.size == 1 else "")
    node = Node("", "op" if is_small else "box", t, place, graph.titles[t], role, _caption(t))
    if t.op is not None:
        node.formula = formula
        node.tags = classes.tags[t] if not classes.is_leaf(t) else ()
        node.symbol = _operation(t, level)
        if is_small:
            node.title = formula if isinstance(t.op, Concat) and level == "gate" else node.symbol
    return node


def titles_of(classes: Classification, nicknames: Mapping[Tensor, str]) -> dict[Tensor, str]:
    """The title of each tensor: its name with the number of its step, r₃; that of its scope or operation if unnamed."""
    firsts: dict[tuple[str, tuple[int, ...]], int] = {}
    numbers = [step.index if (step := step_of(t)) is not None else None for t in classes.tensors]
    for t, number in zip(classes.tensors, numbers, strict=True):
        if t.name is not None and number is not None:
            key = (t.name, t.shape)
            firsts[key] = min(number, firsts.get(key, number))
    titles: dict[Tensor, str] = {}
    for t, index in zip(classes.tensors, numbers, strict=True):
        if index is None and t.name is not None and role_of(t) != "loss" and (t.name, t.shape) in firsts:
            index = firsts[t.name, t.shape] - 1  # a state before its first step
        if t in nicknames:
            titles[t] = nicknames[t]
        elif t.name is not None:
            titles[t] = t.name + (subscript(index) if index is not None else "")
        elif t.op is None:
            titles[t] = "const" if not t.requires_grad else "param"
        elif _in_backward_pass(t) and classes.part[t] == "box":
            titles[t] = "share"  # of a gradient that is the sum of several
        else:
            place = path_of(t.scope)[-1] if path_of(t.scope) else None
            titles[t] = place.label if place is not None and _has_name(t, classes) else symbol_of(t.op)
    return titles


def _has_name(t: Tensor, classes: Classification) -> bool:
    """Whether its title is a name: its own, or that of the layer whose result it is."""
    if t.name is not None:
        return True
    if classes.part[t] != "box" or t.op is None:
        return False
    path = path_of(t.scope)
    return bool(path) and path[-1].index is None and role_of(t) != "loss"


def _caption(t: Tensor) -> str:
    """The innermost scope that is not a step: reset gate."""
    path = _forward_path(t.scope)
    place = path[-1] if path else None
    return place.label if place is not None and place.index is None and t.name is not None else ""


def _operation(t: Tensor, level: str) -> str:
    """The title of a small node: the symbol, with the factor or number written into it: `(1 − z) ⊙`."""
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
    """For each numbered scope a second one, the box of what the backward pass recorded in it."""

    def __call__(self, place: scope) -> scope:
        label = f"back through {place.label}" if place.index is not None else place.label
        return self.setdefault(place, scope(label, place.index, place.role))


def _in_backward_pass(t: Tensor) -> bool:
    return t.scope.role == "backward"


@lru_cache(maxsize=1 << 15)
def _forward_path(place: scope) -> tuple[scope, ...]:
    """The scopes of a tensor, without those that mark the backward pass."""
    return tuple(around for around in path_of(place) if around.role != "backward")


def _place(t: Tensor, classes: Classification, level: str) -> tuple[scope, ...]:
    """The boxes a node stands in: all its scopes at level op, the steps and the outermost at level gate."""
    path = _forward_path(t.scope)
    if not path and t.op is None and classes.uses[t]:
        users = [user for _, user, _ in classes.uses[t]]
        if all(role_of(user) == "loss" for user in users):
            path = path_of(users[0].scope)  # a target stands with the loss
    if level == "gate":
        return tuple(p for depth, p in enumerate(path) if depth == 0 or p.index is not None)
    return path


def _drop_needless_boxes(nodes: list[Node], level: str) -> None:
    """Remove boxes around a single node, unless they are outermost and titled otherwise than it."""
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


def _equation(graph: Graph) -> str:
    """The equation of the state at a step t, such as hₜ = (1 − zₜ)⊙hₜ₋₁ + zₜ⊙h̃ₜ, of the first step on a state line."""
    for node in graph.nodes:
        step = step_of(node.tensor)
        if not node.line or node.kind != "box" or step is None or step.index is None or node.tensor.op is None:
            continue
        index = step.index

        def name_of(t: Tensor, index: int = index) -> str | None:
            title = graph.titles[t] if _has_name(t, graph.classes) else None
            for number, sign in ((index, "ₜ"), (index - 1, "ₜ₋₁")):
                if t.name is not None and title == t.name + subscript(number):
                    return t.name + sign
            return title

        near, named = _ancestors(node.tensor, graph.classes, name_of)
        return f"{node.tensor.name}ₜ = {formulas(near, name_of, named)[node.tensor][0]}"
    return ""


def _ancestors(
    t: Tensor, classes: Classification, name_of: Callable[[Tensor], str | None]
) -> tuple[list[Tensor], set[Tensor]]:
    """The ancestors of a tensor up to the nearest named ones, in creation order; and these named ones."""
    near, named, pending = {t}, set(classes.stop), [t]
    while pending:
        for i in classes.inputs(pending.pop()):
            if i not in near:
                near.add(i)
                if name_of(i) is None:
                    pending.append(i)
                else:
                    named.add(i)
    return sorted(near, key=lambda t: (not classes.is_leaf(t), t.serial)), named
