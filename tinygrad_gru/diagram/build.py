"""From recorded tensors to the graph that is drawn, by operations, inputs, names, scopes and creation order alone."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial

from ..core.ops import indexing, shapes
from ..core.ops.indexing import Getitem
from ..core.ops.joining import Concat
from ..core.support.scopes import scope
from ..core.tensor import Tensor
from ..symbolic.expression import number
from ..symbolic.formulas import Formulas
from ..symbolic.printer import SHORT, written
from ..symbolic.short import is_number, subscript, symbol_of
from .classify import Classification, Part, classify, path_of, role_of, step_of
from .model import Edge, Graph, Kind, Node
from .node_ids import Identifiers
from .state_lines import mark_state_lines
from .titles import base_titles, is_called, names_in_formulas, titles_of, without_own_qualifier

__all__ = ["build_graph"]

MOVERS = {
    shapes.__name__,
    indexing.__name__,
}  # what moves numbers and computes none: signs of formulas say little there


def build_graph(roots: Sequence[Tensor], level: str = "gate") -> Graph:
    """The graph that ends in `roots`, at level `gate` or `op`.

    It is complete: every step, and at every node the parameters and constants it uses. Passes reduce it.
    """
    with _undisturbed():
        return _build(roots, level)


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


def _build(roots: Sequence[Tensor], level: str) -> Graph:
    classes = classify(roots, level)
    titles = titles_of(classes)
    drawn = {t for t, part in classes.part.items() if part in (Part.OP, Part.SPLIT)}
    formulas = Formulas(names_in_formulas(classes, titles), drawn)
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
        own = _node(t, graph, place, formulas)
        entry = own
        if part == "split":  # the last operation as a small node of its own before the box
            key = identify(t, t.op.name if t.op else "")
            entry = Node(key, Kind.OP, t, place, own.symbol, own.role, write=own.write)
            graph.nodes.append(entry)
        word = ""
        if t.op is not None and not t.name:
            kind = type(t.op)
            word = words.get(kind) or words.setdefault(kind, t.op.name)
        own.key = identify(t, word)
        graph.nodes.append(own)
        for i in classes.sources.get(t, ()):  # an edge for each use by its operation, and one into a formula
            operands: list[int | None] = [n for n, used in enumerate(t.inputs) if used is i]
            graph.edges += [Edge(shown[i], entry, operand=operand) for operand in operands or [None]]
        if entry is not own:
            graph.edges.append(Edge(entry, own))
        shown[t] = own

    mark_state_lines(graph)
    graph.remarks += _not_recorded(graph)
    graph.note = "".join(graph.remarks)
    graph.equation = _equation(graph)
    _drop_needless_boxes(graph.nodes, level)
    return graph


def _not_recorded(graph: Graph) -> list[str]:
    """A line on tensors that nothing tells the making of."""
    roots = [t for t in graph.classes.roots if t.op is None and not t.requires_grad]
    if roots:
        words = ", ".join(sorted({graph.titles[t] for t in roots}))
        return [f"nothing was recorded of how {words} was made. try: with tg.record(): around it"]
    unnamed = [t for t in graph.classes.tensors if t.op is None and not t.name and t.size > 1 and not t.requires_grad]
    if not unnamed:
        return []
    words = ", ".join(graph.titles[t] for t in unnamed[:3]) + (" …" if len(unnamed) > 3 else "")
    of = "it was" if len(unnamed) == 1 else "they were"
    return [f"{words}: if {of} computed, nothing was recorded of it. try: with tg.record(): around it"]


def _node(t: Tensor, graph: Graph, place: tuple[scope, ...], formulas: Formulas) -> Node:
    """The node of a tensor, still without a key."""
    classes, level = graph.classes, graph.level
    is_small = classes.part[t] == "op" and t.name is None
    role = role_of(t) or ("input" if t.op is None else "loss" if t in classes.roots and t.size == 1 else "")
    node = Node("", Kind.OP if is_small else Kind.BOX, t, place, graph.titles[t], role, _caption(t, classes))
    if t.op is not None:
        node.write = partial(_formula, t, node.title, formulas)
        node.tags = classes.tags[t]
        node.symbol = _operation(t, level)
        if is_small:
            node.title = node.formula if isinstance(t.op, Concat | Getitem) and level == "gate" else node.symbol
    return node


def _formula(t: Tensor, title: str, formulas: Formulas) -> str:
    """The formula of a tensor, written when it is asked for: what is folded away, or large, never is."""
    return without_own_qualifier(formulas.text(t), title)


def _caption(t: Tensor, classes: Classification) -> str:
    """The innermost scope that is not a step: reset gate."""
    path = _forward_path(t.scope)
    place = path[-1] if path else None
    called = t.name is not None or (t.op is not None and is_called(t, classes))
    return place.label if place is not None and place.index is None and called else ""


def _operation(t: Tensor, level: str) -> str:
    """The title of a small node: the symbol, with the factor or number written into it: `(1 − z) ⊙`."""
    assert t.op is not None
    symbol = symbol_of(t.op)
    if type(t.op).__module__ in MOVERS and symbol.replace(" ", "").isalpha():
        return t.op.name.replace("_", " ")  # as one has called it: expand dims, take along axis
    if len(t.inputs) != 2:
        return symbol
    a, b = t.inputs
    if level == "op" and not is_number(a) and not is_number(b):
        return symbol
    if is_number(b):
        return f"{symbol} {written(number(b.item()), SHORT)}"
    if is_number(a):
        return f"{written(number(a.item()), SHORT)} {symbol}"
    if level == "gate" and symbol == "⊙":
        if a.name is not None and a is not b:
            return f"{a.name} ⊙"
        if a.op is not None and a.op.elementwise and all(i.name or is_number(i) for i in a.inputs):
            return f"({Formulas({i: i.name for i in a.inputs if i.name}).text(a)}) ⊙"
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
        return tuple(p for depth, p in enumerate(path) if depth == 0 or p.index is not None or p in classes.holders)
    return path


def _drop_needless_boxes(nodes: list[Node], level: str) -> None:
    """Remove boxes around a single node, unless they are outermost and it is not just their result."""
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
            if place.index is not None or held[place] > 1 or (depth == 0 and not _is_its_result(members[0], place))
        )
        if len(needed) < len(places):
            for node in members:
                node.place = needed


def _is_its_result(node: Node, place: scope) -> bool:
    t = node.tensor
    return t.name is None and t.op is not None and path_of(t.scope)[-1] is place and place.role != "loss"


def _equation(graph: Graph) -> str:
    """The equation of the state at a step t, such as hₜ = (1 − zₜ)⊙hₜ₋₁ + zₜ⊙h̃ₜ, of the first step on a state line."""
    if not any(node.line for node in graph.nodes):
        return ""
    bases = {t: title for t, title in base_titles(graph.classes).items() if is_called(t, graph.classes)}
    for node in graph.nodes:
        t, step = node.tensor, step_of(node.tensor)
        if not node.line or node.kind != "box" or step is None or step.index is None or t.op is None:
            continue
        signs = {subscript(step.index): "ₜ", subscript(step.index - 1): "ₜ₋₁"}
        names = {
            i: f"{i.name}{signs[title[len(i.name) :]]}" if i.name and title[len(i.name) :] in signs else title
            for i, title in bases.items()
        }
        return f"{t.name}ₜ = {Formulas(names).text(t)}"
    return ""
