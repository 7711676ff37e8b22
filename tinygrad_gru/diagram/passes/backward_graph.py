"""The graph of the backward pass: the gradients as one derives them on paper, a node each, drawn as a graph of its own.

It holds the equations of `tg.equations`, which are the operations' own vjps, read: one formula engine, one notation. It
begins at the loss and ends in the gradients of the leaves. Tensors saved from the forward pass are drawn as tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ...core.support.scopes import scope
from ...core.tensor import Tensor
from ...errors import ArgumentError
from ...symbolic.derive import Derived, arguments_of_functions, derive
from ...symbolic.expression import Expression
from ...symbolic.printer import written
from ...symbolic.short import subscript
from ..build import build_graph
from ..classify import Classification, Part, path_of, role_of, step_of
from ..model import Edge, Graph, Kind, Node
from ..node_ids import Identifiers
from ..state_lines import mark_state_lines
from ..titles import is_called

__all__ = ["backward_graph"]

LONGEST = 14  # characters of a formula that stands for a name


def backward_graph(roots: Sequence[Tensor], level: str = "gate") -> Graph:
    """The gradients of the sum of `roots`: at level gate those of all names, at level op those of every tensor."""
    if not all(root.requires_grad and root.size == 1 for root in roots):
        raise ArgumentError("draw: the way back begins at single numbers that require a gradient. try: tg.draw(loss)")
    forward = build_graph(roots, level)
    classes, titles = forward.classes, forward.titles
    names = {t: titles[t] for t in classes.tensors if is_called(t, classes)}
    inner = _unnamed(forward, names)
    seeds = {root: ("1", Tensor(np.ones(root.shape, root.dtype))) for root in roots}
    lines = derive(roots, seeds, names, inner, {})
    graph = Graph(level, classes, titles=dict(titles), backward=True)
    loss = roots[0].name or "L"
    graph.note = f"The way back from {loss}: each gradient, and the tensors that were saved for it"
    _write(graph, lines, {name: t for t, name in names.items()}, loss)
    mark_state_lines(graph)
    return graph


def _unnamed(forward: Graph, names: Mapping[Tensor, str]) -> dict[Tensor, str]:
    """`δ_r₁` for what the function of a name is taken of; at level op a gradient's name for every other tensor too."""
    taken = set(names.values())
    inner = arguments_of_functions(names)
    if forward.level == "op":
        formulas = {node.tensor: node.formula for node in forward.nodes}
        count = 0
        for t in forward.classes.tensors:
            if t.op is None or t in names or t in inner:
                continue
            formula = formulas[t]
            if len(formula) > LONGEST or formula in taken:
                count += 1
                formula = f"u{subscript(count)}"
            taken.add(formula)
            plain = formula.startswith("u") or (formula.startswith("[") and formula.endswith("]"))
            inner[t] = f"∂L/∂{formula}" if plain else f"∂L/∂({formula})"
    return inner


def _write(graph: Graph, lines: Sequence[Derived], called: Mapping[str, Tensor], loss: str) -> None:
    """A node for each line, with edges from the gradients that stand in it, and tags of what was saved."""
    titles = graph.titles
    identify = Identifiers()
    mirror: dict[scope, scope] = {}
    by_name: dict[str, Node] = {}
    last: list[tuple[Node, list[Node], Expression]] = []
    for line in lines:
        t = line.of
        title = line.name if loss == "L" else line.name.replace("∂L", f"∂{loss}", 1)
        g = Tensor(line.value, name=f"∂{loss}/∂{t.name}" if t.name else title)
        g.scope = t.scope
        titles[g] = title
        node = Node(identify(g, ""), Kind.BOX, g, _place(t, graph.classes, graph.level, mirror), title, role_of(t))
        node.formula = written(line.expression)
        read = list(dict.fromkeys(_names_in(line.expression)))
        sources = [by_name[name] for name in read if name in by_name]
        saved = [called[name] for name in read if name in called and name not in by_name]
        node.tags = tuple((t, g, at) for at, t in enumerate(saved))
        by_name[line.name] = node
        graph.shown_for[g] = t
        if len({step_of(s.tensor) for s in sources} - {None}) > 1 and t.op is None:
            last.append((node, sources, line.expression))
        else:
            graph.edges += [Edge(source, node) for source in sources]
            graph.nodes.append(node)
    together = (scope("summed over all steps"),)
    for node, sources, expression in last:  # they are complete when all steps are done; lines to them would tangle
        node.place = together
        node.formula, node.tags = _sum_over_steps(expression, sources), ()
        for source in sources:
            source.notes += (f"→ {node.title}",)
        graph.nodes.append(node)


def _names_in(x: Expression) -> Iterator[str]:
    if x.kind == "name":
        yield x.value
    for operand in x.operands:
        yield from _names_in(operand)


def _sum_over_steps(x: Expression, sources: Sequence[Node]) -> str:
    """`Σₜ [hₜ₋₁, xₜ]ᵀ δ_rₜ` where the terms of all steps read so, or else how many steps it is the sum over."""
    numbers = {step.index for s in sources if (step := step_of(s.tensor)) is not None and step.index is not None}
    terms = [written(term) for term in x.operands] if x.kind == "sum" else []
    general = set()
    for term in terms:
        for n in sorted(numbers):
            if re.search(rf"(δ_\S*?|∂L/∂\S*?){subscript(n)}(?![₀-₉])", term):
                now = re.sub(rf"(?<![₀-₉]){subscript(n)}(?![₀-₉])", "ₜ", term)
                general.add(re.sub(rf"(?<![₀-₉₋]){subscript(n - 1)}(?![₀-₉])", "ₜ₋₁", now))
                break
    if len(general) == 1 and len(terms) == len(numbers):
        return f"Σₜ {general.pop()}"
    return f"sum over {len(numbers)} steps"


def _place(t: Tensor, classes: Classification, level: str, mirror: dict[scope, scope]) -> tuple[scope, ...]:
    """The boxes of the forward pass, on the way back."""
    if t.op is None and t.requires_grad and classes.part[t] is Part.TAG:
        return ()
    path = path_of(t.scope)
    if level == "gate":
        path = tuple(p for p in path if p.index is not None or p in classes.holders)
    return tuple(
        p if p.index is None else mirror.setdefault(p, scope(f"back through {p.label}", p.index, p.role)) for p in path
    )
