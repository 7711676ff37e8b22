"""The order: each node before its own inputs.

`graph[n]` is (inputs, slopes), as in the exercise accumulate; the nodes are numbered by age, an input is always
older, and the newest node is the result. Return the numbers of the nodes that the result was made of, the result
first, each node once, and none before all that was made of it.
"""

from collections.abc import Iterator

from .accumulate import FAR_AND_NEAR, SQUARE_OF_A_SUM, Graph

CHAPTER = 5

WITH_A_STRANGER: Graph = {
    0: ((), ()),
    1: ((), ()),  # nothing was made of it
    2: ((0,), (1.0,)),
    3: ((2,), (1.0,)),
    4: ((3, 2, 0), (1.0, 1.0, 1.0)),
    5: ((2, 4), (1.0, 1.0)),
}
STRANGERS: Graph = {
    0: ((), ()),  # only of use to 2
    1: ((), ()),
    2: ((0,), (1.0,)),  # nothing was made of it
    3: ((1,), (1.0,)),
    4: ((3, 1), (1.0, 1.0)),
}


def toposort(graph: Graph) -> list[int]:
    """The newest node and all that it was made of, each before its own inputs."""
    seen = [max(graph)]
    for node in seen:
        seen += [t for t in dict.fromkeys(graph[node][0]) if t not in seen]
    return sorted(seen, reverse=True)


def cases() -> Iterator[tuple[Graph]]:
    """A graph."""
    yield (SQUARE_OF_A_SUM,)
    yield (FAR_AND_NEAR,)
    yield (WITH_A_STRANGER,)
    yield (STRANGERS,)


HINTS = (
    "Whatever a node was made of is older than the node. What order does that suggest?",
    "Collect what you can reach from the newest node, and remember what you have seen.",
    "Then sort what you have collected by age, the newest first.",
)


def nearest_first(graph: Graph) -> list[int]:
    """Nearest first is not enough: a node may be near by one way and far by another, and must wait for the far one."""
    seen = [max(graph)]
    for node in seen:
        seen += [t for t in dict.fromkeys(graph[node][0]) if t not in seen]
    return seen


def depth_first(graph: Graph) -> list[int]:
    """You go down one way to its end before the others: a node then stands before some that were made of it."""
    order: list[int] = []
    pending = [max(graph)]
    while pending:
        node = pending.pop()
        if node not in order:
            order.append(node)
            pending += graph[node][0][::-1]
    return order


def not_remembered(graph: Graph) -> list[int]:
    """A node used twice stands twice in your order: remember what you have seen."""
    order = [max(graph)]
    for node in order:
        order += graph[node][0]
    return sorted(order, reverse=True)


def everything(graph: Graph) -> list[int]:
    """You list nodes that the result was not made of: begin at the result and follow the inputs."""
    return sorted(graph, reverse=True)


def inputs_first(graph: Graph) -> list[int]:
    """That is the order of computing. On the way back a node stands BEFORE its inputs."""
    return toposort(graph)[::-1]


TWINS = (nearest_first, depth_first, not_remembered, everything, inputs_first)
OURS = ("core.backward.toposort", "order.sort(key=age, reverse=True)")
TORCH = "# in C++: counts dependencies; ready nodes in a priority queue (torch/csrc/autograd/engine.cpp)"
