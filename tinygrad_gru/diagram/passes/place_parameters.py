"""Parameters and constants in a picture: cut into one tag per use, written into their users, hidden, or drawn once.

A tensor that every step uses, drawn as one node, has lines to all of them: 10 steps of a GRU have 300 crossings so, and
20 with a tag per use.
"""

from __future__ import annotations

from ...core.support.arguments import brief
from ...core.tensor import Tensor
from ...errors import ArgumentError
from ..model import Edge, Graph, Kind, Node
from ..node_ids import Identifiers

__all__ = ["PARAMS", "place_parameters"]

PARAMS = ("tag", "inline", "hide", "shared")


def place_parameters(graph: Graph, params: str) -> Graph:
    """Turn the uses noted at each node into what `params` says: `tag`, `inline`, `hide` or `shared`."""
    if not isinstance(params, str) or params not in PARAMS:
        others = ", ".join(PARAMS[:-1])
        raise ArgumentError(f"draw: no params {brief(params)}, wanted {others} or shared. try: params='tag'")
    if params == "inline":  # each once: h̃ ⊙ h̃ is made of one h̃
        for node in graph.nodes:
            if graph.backward:  # its formula names all of them
                node.tags = ()
            elif len(node.tags) > 1:
                node.tags = tuple({use[0]: use for use in reversed(node.tags)}.values())[::-1]
        return graph
    identify = Identifiers(taken=[node.key for node in graph.nodes])
    nodes: list[Node] = []
    into: dict[Node, list[Edge]] = {}
    once: dict[Tensor, Node] = {}
    for node in graph.nodes:
        for use in node.tags if params != "hide" else ():
            t = use[0]
            if params == "tag":
                tag = Node(identify(t, "", node.tensor), Kind.TAG, t, node.place, graph.titles[t], use=use)
                tag.lit = graph.followed is None or use in graph.followed
                nodes.append(tag)
            elif t not in once:
                tag = once[t] = Node(identify(t, ""), Kind.TAG, t, (), graph.titles[t])
                tag.lit = graph.followed is None or any(t is followed[0] for followed in graph.followed)
                nodes.append(tag)
            else:
                tag = once[t]
            lit = tag.lit and (graph.followed is None or use in graph.followed)
            if use[1] is node.tensor or not any(edge.source is tag for edge in into.get(node, ())):
                operand = use[2] if use[1] is node.tensor else None
                into.setdefault(node, []).append(Edge(tag, node, lit=lit, operand=operand))
        node.tags = ()
        nodes.append(node)
    for edge in graph.edges:
        into.setdefault(edge.target, []).append(edge)
    for entering in into.values():  # operands in their order
        entering.sort(key=lambda edge: -1 if edge.operand is None else edge.operand)
    graph.nodes, graph.edges = nodes, [edge for node in nodes for edge in into.get(node, ())]
    return graph
