"""Parameters and constants in a picture: cut into one tag per use, written into their users, hidden, or drawn once.

A tensor that every step uses, drawn as one node, has lines to all of them: 10 steps of a GRU have 300 crossings so, and
20 with a tag per use.
"""

from __future__ import annotations

from ...core.support.arguments import brief
from ...core.tensor import Tensor
from ...errors import ArgumentError
from ..model import Edge, Graph, Node
from ..node_ids import Identifiers

__all__ = ["PARAMS", "share"]

PARAMS = ("tag", "inline", "hide", "shared")


def share(graph: Graph, params: str) -> None:
    """Turn the uses noted at each node into what `params` says: `tag`, `inline`, `hide` or `shared`."""
    if not isinstance(params, str) or params not in PARAMS:
        others = ", ".join(PARAMS[:-1])
        raise ArgumentError(f"draw: no params {brief(params)}, wanted {others} or shared. try: params='tag'")
    if params == "inline":  # each once: h̃ ⊙ h̃ is made of one h̃
        for node in graph.nodes:
            if len(node.tags) > 1:
                node.tags = tuple({use[0]: use for use in reversed(node.tags)}.values())[::-1]
        return
    identify = Identifiers(taken=[node.key for node in graph.nodes])
    nodes: list[Node] = []
    into: dict[Node, list[Edge]] = {}
    once: dict[Tensor, Node] = {}
    for node in graph.nodes:
        for use in node.tags if params != "hide" else ():
            t = use[0]
            if params == "tag":
                tag = Node(identify(t, "", node.tensor), "tag", t, node.place, graph.titles[t], use=use)
                tag.lit = graph.followed is None or use in graph.followed
                nodes.append(tag)
            elif t not in once:
                tag = once[t] = Node(identify(t, ""), "tag", t, (), graph.titles[t])
                tag.lit = graph.followed is None or any(t is followed[0] for followed in graph.followed)
                nodes.append(tag)
            else:
                tag = once[t]
            lit = tag.lit and (graph.followed is None or use in graph.followed)
            if use[1] is node.tensor or not any(edge.source is tag for edge in into.get(node, ())):
                into.setdefault(node, []).append(Edge(tag, node, lit=lit))
        node.tags = ()
        nodes.append(node)
    edges: list[Edge] = []
    for edge in graph.edges:
        edges += into.pop(edge.target, [])
        edges.append(edge)
    for rest in into.values():
        edges += rest
    graph.nodes, graph.edges = nodes, edges
