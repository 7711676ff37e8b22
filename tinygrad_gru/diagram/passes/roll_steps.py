"""Equal steps rolled up: one of them stands for all, and an arrow leads from its state back to the state before it.

Steps are equal if they use the same parameters and hold as many nodes; the n-th of one stands for the n-th of each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ...core.support.scopes import scope
from ..model import Edge, Graph, Kind, Node
from ..node_ids import Identifiers, slug
from ..titles import without_own_qualifier
from .fold_steps import Run, runs

__all__ = ["roll"]

DIGITS = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")


def roll(graph: Graph) -> Graph:
    """Roll up each run of equal steps; a run whose steps differ, or of one step, stays as it is, with a remark."""
    rolled = [run for run in (_runs_of_cells(graph) if graph.level == "cell" else runs(graph)) if _is_equal(run)]
    if not rolled:
        graph.remarks.append("there are no two equal steps to roll up: drawn as it is")
        return graph
    image: dict[Node, Node] = {}  # of each node of a run, the one that stands for it
    run_of: dict[Node, Run] = {}
    step_of: dict[Node, scope] = {}
    for run in rolled:
        kept = list(run.steps.values())[-1]
        for step, inner in run.steps.items():
            for node, instead in zip(inner, kept, strict=True):
                image[node], run_of[node], step_of[node] = instead, run, step
    read = _read_in_step(graph, run_of, step_of)
    _edges(graph, image, run_of, step_of)
    gone = {node for node in image if image[node] is not node}
    graph.nodes = [node for node in graph.nodes if node not in gone]
    titles = {node: node.title for node in image}
    for run in rolled:
        _rename(graph, run, read.get(run, []), titles)
    return graph


def _runs_of_cells(graph: Graph) -> list[Run]:
    """At level cell a step is one node, and the inputs that it alone reads."""
    into, out = graph.incoming(), graph.outgoing()
    by_place: dict[tuple[tuple[scope, ...], str], Run] = {}
    for node in graph.nodes:
        if node.kind is Kind.CELL:
            inputs = [e.source for e in into.get(node, ()) if e.source.role == "input" and len(out[e.source]) == 1]
            label, _, number = node.title.rpartition(" ")
            run = by_place.setdefault((node.place, label), Run(node.place))
            run.steps[scope(label, int(number))] = [*inputs, node]
    return list(by_place.values())


def _is_equal(run: Run) -> bool:
    inner, used = list(run.steps.values()), run.parameters()
    return len(inner) > 1 and all(p == used[0] for p in used) and all(len(nodes) == len(inner[0]) for nodes in inner)


def _edges(graph: Graph, image: dict[Node, Node], run_of: dict[Node, Run], step_of: dict[Node, scope]) -> None:
    """Between what is left: within a step as it was; what comes from the step before comes from a node `hₜ₋₁`."""
    identify = Identifiers(taken=[node.key for node in graph.nodes])
    before: dict[Node, Node] = {}  # of a state of the kept step, the node that stands for it in the step before
    edges: dict[tuple[Node, Node, int | None], Edge] = {}

    def join(source: Node, edge: Edge, target: Node, loop: int = 0) -> None:
        way = source, target, edge.operand
        carries = edge.carries if source is edge.source else source.tensor
        edges.setdefault(way, Edge(source, target, edge.line, edge.lit, carries, edge.operand, loop))

    for edge in graph.edges:
        source, target = image.get(edge.source, edge.source), image.get(edge.target, edge.target)
        run = run_of.get(edge.source)
        if run is None or run is not run_of.get(edge.target) or step_of[edge.source] is step_of[edge.target]:
            if run is not None or edge.target not in run_of or not _is_start(edge, run_of[edge.target]):
                join(source, edge, target)
            continue
        if source.kind is Kind.CELL:  # the whole step: from its end to its beginning
            join(source, edge, target, loop=len(run.steps))
            continue
        state = before.get(source)
        if state is None:
            key = identify.free(f"before_{slug(source.key)}")
            state = before[source] = Node(
                key,
                Kind.AGAIN,
                source.tensor,
                run.outside,
                _named(source.title, "ₜ₋₁"),
                role=source.role,
                line=source.line,
            )
            graph.nodes.insert(graph.nodes.index(next(iter(run.steps.values()))[0]), state)
            if source.line:
                join(source, Edge(source, state), state, loop=len(run.steps))
            else:  # its arrow would cross the one of the state line
                source.notes += (f"× {len(run.steps)}: back to {state.title}",)
        join(state, edge, target)
    for edge in list(graph.edges):  # the first state of all is the one before the first step
        run = run_of.get(edge.target)
        if edge.source not in run_of and run is not None and _is_start(edge, run):
            if edge.target.kind is Kind.CELL:
                join(edge.source, edge, image[edge.target])
            for source, state in before.items():
                if source.tensor.name == edge.source.tensor.name and run_of[source] is run:
                    join(edge.source, Edge(edge.source, state, edge.line), state)
    graph.edges = list(edges.values())


def _is_start(edge: Edge, run: Run) -> bool:
    """Whether it brings a first state: what is called like a state of the run, into its first step."""
    first = next(iter(run.steps.values()))
    name = edge.source.tensor.name
    return edge.target in first and name is not None and name in {t.name for node in first for t in node.shown}


def _read_in_step(graph: Graph, run_of: Mapping[Node, Run], step_of: Mapping[Node, scope]) -> dict[Run, list[Run]]:
    """Of each run the others that it reads step by step: layer 2 reads hₜ of layer 1, a decoder all of an encoder."""
    ways: dict[tuple[Run, Run], bool] = {}
    for edge in graph.edges:
        if edge.source in run_of and edge.target in run_of:
            way = run_of[edge.target], run_of[edge.source]
            ways[way] = ways.get(way, True) and step_of[edge.source].index == step_of[edge.target].index
    read: dict[Run, list[Run]] = {}
    for (run, other), in_step in ways.items():
        if in_step and other is not run:
            read.setdefault(run, []).append(other)
    return read


def _rename(graph: Graph, run: Run, read: Sequence[Run], titles: Mapping[Node, str]) -> None:
    """The kept step is step t: rₜ for r₃, hₜ₋₁ for h₂; its box says how often it is."""
    steps = list(run.steps)
    last = steps[-1]
    earlier, own = ([titles[n] for n in run.steps[step] if n.kind is Kind.BOX] for step in steps[-2:])
    now = [
        *own,
        *(
            titles[n]
            for other in read
            for step, nodes in other.steps.items()
            for n in nodes
            if step.index == last.index
        ),
    ]
    names = {title: _named(title, "ₜ₋₁") for title in earlier} | {title: _named(title, "ₜ") for title in now}
    for title in (*earlier, *own):  # as the formulas of this run call it
        names[without_own_qualifier(title, title)] = without_own_qualifier(names[title], title)
    words = re.compile("|".join(re.escape(t) for t in sorted(names, key=len, reverse=True) if t) or "(?!)")
    box = scope(f"{last.label} t  × {len(steps)}", None, last.role)
    for node in run.steps[last]:
        if node.kind is Kind.CELL:
            node.title = f"{last.label} t  × {len(steps)}"
            continue
        node.title, node.formula = (
            words.sub(lambda match: names[match[0]], text) for text in (node.title, node.formula)
        )
        if node.role == "input" and node.formula.endswith("]"):
            node.formula = re.sub(r"\[\d+\]$", "[t]", node.formula)
        node.place = tuple(box if place is last else place for place in node.place)
        graph.titles[node.tensor] = node.title


def _named(title: str, index: str) -> str:
    """h₃₀ (1 forward) as hₜ (1 forward); a symbol stays what it is."""
    return DIGITS.sub(index, title, count=1)
