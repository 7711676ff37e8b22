"""The order: each node before its own inputs.

The nodes of a graph are numbered by age: `graph[n]` is (inputs, slopes), where each input is the number of an older
node; the slopes, as in the exercise accumulate, do not matter here. The newest node is the result. Return the numbers
of the nodes that the result was made of, as a list: the result first, each node once, and none before all that was
made of it.
"""

from collections.abc import Callable, Iterator
from typing import Any

from . import Large
from .accumulate import FAR_AND_NEAR, SQUARE_OF_A_SUM, Graph, diamonds

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
    seen, pending = {max(graph)}, [max(graph)]
    for node in pending:  # grows
        for t in graph[node][0]:
            if t not in seen:
                seen.add(t)
                pending.append(t)
    return sorted(seen, reverse=True)  # newest first: whatever uses a node is newer than it


def cases() -> Iterator[tuple[Graph]]:
    """A graph."""
    yield (SQUARE_OF_A_SUM,)
    yield (FAR_AND_NEAR,)
    yield (WITH_A_STRANGER,)
    yield (STRANGERS,)


def large_cases() -> Iterator[Large]:
    """Graphs with more ways, and deeper ones, than a function that calls itself can walk."""
    yield Large(
        "60 diamonds in a row",
        "Right where the graph is small. Through 60 diamonds in a row there are 2⁶⁰ ways, and you walk each by itself: "
        "remember what you have seen, and do not go on from there again.",
        (diamonds(60),),
    )
    chain: Graph = {0: ((), ())} | {n: ((n - 1,), (1.0,)) for n in range(1, 5000)}
    yield Large(
        "a chain of 5,000 nodes",
        "Right where the graph is small, and too slow for a chain of 5,000 nodes: does each step go through all of "
        "them? Whether a node was seen, a set knows at once.",
        (chain,),
        "Right where the graph is small. In a chain of 5,000 nodes your function calls itself 5,000 times within "
        "itself, and Python gives up after about 1,000: use a loop, and a list of the nodes still to be visited.",
    )


def probe(attempt: Callable[[Graph], Any], graph: Graph) -> Any:
    """The order; ours in the place of one that is as good, as nodes that do not need each other may be exchanged."""
    wanted = toposort(graph)
    inputs = {node: graph[node][0] for node in wanted}  # before the attempt may change the graph
    order = attempt(graph)
    try:
        place = {node: i for i, node in enumerate(order)}
        is_right = sorted(order) == wanted[::-1] and all(place[n] < place[t] for n in wanted for t in inputs[n])
    except (TypeError, ValueError):  # it is no list of numbers
        return order
    return wanted if is_right else order


EXAMPLE = """

if __name__ == "__main__":  # an example: 1 was used by 2 and by 3, and waits for both
    graph = {0: ((), ()), 1: ((0,), (2.0,)), 2: ((1,), (3.0,)), 3: ((1, 2), (1.0, 1.0))}
    print(toposort(graph))  # [3, 2, 1, 0]
"""


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
