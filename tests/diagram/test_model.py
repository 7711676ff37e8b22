"""The graph that is drawn: edges by their ends, and the quotient that passes make of it."""

import tinygrad_gru as tg
from tinygrad_gru.diagram.classify import Classification
from tinygrad_gru.diagram.model import Edge, Graph, Node, step_around

T = tg.Tensor([1.0])


def node(key, *place):
    return Node(key, "box", T, place, key)


def graph_of(*pairs):
    """A graph of single letters: `ab` is an edge from a to b."""
    nodes = {key: node(key) for key in dict.fromkeys("".join(pairs))}
    edges = [Edge(nodes[a], nodes[b]) for a, b in pairs]
    return Graph("gate", Classification([], set()), list(nodes.values()), edges), nodes


def pairs_of(graph):
    return [edge.source.key + edge.target.key for edge in graph.edges]


def test_edges_are_listed_by_their_ends():
    graph, nodes = graph_of("ab", "cb", "bd")
    assert [edge.source.key for edge in graph.incoming()[nodes["b"]]] == ["a", "c"]
    assert [edge.target.key for edge in graph.outgoing()[nodes["b"]]] == ["d"]
    assert nodes["a"] not in graph.incoming() and nodes["d"] not in graph.outgoing()


def test_replaced_nodes_are_one_where_the_first_was_and_edges_inside_go():
    graph, nodes = graph_of("ab", "bc", "cd", "ad")
    whole = node("w")
    graph.replace({nodes["b"]: whole, nodes["c"]: whole})
    assert [n.key for n in graph.nodes] == ["a", "w", "d"] and pairs_of(graph) == ["aw", "wd", "ad"]


def test_parallel_edges_become_one_which_is_a_state_line_and_lit_if_any_was():
    graph, nodes = graph_of("ab", "ac")
    state = tg.Tensor([2.0])
    graph.edges[0].lit = False
    graph.edges[1].line, graph.edges[1].carries = "line_h", state
    whole = node("w")
    graph.replace({nodes["b"]: whole, nodes["c"]: whole})
    (edge,) = graph.edges
    assert edge.line == "line_h" and edge.carries is state and edge.lit


def test_parallel_edges_beside_what_is_replaced_stay_two_uses():
    graph, nodes = graph_of("ab", "ab", "bc", "bc")
    whole = node("w")
    graph.replace({nodes["c"]: whole})
    assert pairs_of(graph) == ["ab", "ab", "bw"]


def test_an_edge_carries_the_tensor_of_its_source_and_a_node_shows_its_own():
    graph, nodes = graph_of("ab")
    assert graph.edges[0].carries is T and nodes["a"].shown == (T,)


def test_the_step_around_a_node_is_its_innermost_numbered_box():
    outer, step, gate = tg.scope("layer", 1), tg.scope("step", 2), tg.scope("reset gate")
    assert step_around(node("a", outer, step, gate)) is step and step_around(node("b", gate)) is None
