"""Slopes through a graph, with values used twice.

The nodes of a graph are numbered by age: `graph[n]` is (inputs, slopes), where each input is the number of an older
node and each slope is ∂n/∂input. The newest node is the result. Return the slope of the result in every node, from
node 0 up, as a list.
"""

from collections.abc import Iterator

from . import Large

CHAPTER = 2
Graph = dict[int, tuple[tuple[int, ...], tuple[float, ...]]]

SQUARE_OF_A_SUM: Graph = {0: ((), ()), 1: ((0, 0), (1.0, 1.0)), 2: ((1, 1), (3.0, 3.0))}  # b = a + a; c = b·b
FAR_AND_NEAR: Graph = {
    0: ((), ()),
    1: ((0,), (2.0,)),
    2: ((0, 1), (5.0, 7.0)),
    3: ((1, 2), (11.0, 13.0)),
    4: ((3, 2), (17.0, 19.0)),
}

BY_A_DETOUR: Graph = {0: ((), ()), 1: ((0,), (2.0,)), 2: ((1,), (3.0,)), 3: ((1, 2), (1.0, 1.0))}  # 1 is near and far
BY_A_LATER_DETOUR: Graph = {0: ((), ()), 1: ((0,), (2.0,)), 2: ((1,), (3.0,)), 3: ((2, 1), (1.0, 5.0))}
NEGATIVE_AND_HALF: Graph = {0: ((), ()), 1: ((), ()), 2: ((0, 1), (-0.5, 2.0)), 3: ((2, 0), (-1.5, 0.25))}
CANCELLING: Graph = {  # what 4 hands to 3 adds up to nothing
    0: ((), ()),
    1: ((), ()),
    2: ((0, 1), (-0.5, 2.0)),
    3: ((2, 0), (4.0, 8.0)),
    4: ((3, 3, 2), (1.0, -1.0, 3.0)),
}


def diamonds(count: int) -> Graph:
    """Each on top of the one before: its two sides are made of the node below, the node above of both sides."""
    graph: Graph = {0: ((), ())}
    for below in range(0, 3 * count, 3):
        left, right, above = below + 1, below + 2, below + 3
        graph |= {left: ((below,), (0.25,)), right: ((below,), (0.75,)), above: ((left, right), (1.0, 1.0))}
    return graph


def accumulate(graph: Graph) -> list[float]:
    """The slope of the newest node in each node, from node 0 up."""
    slope = dict.fromkeys(graph, 0.0)
    slope[max(graph)] = 1.0
    for node in sorted(graph, reverse=True):  # newest first: whatever uses a node is newer than it
        for t, local in zip(*graph[node], strict=True):
            slope[t] += slope[node] * local
    return [slope[node] for node in sorted(graph)]


def cases() -> Iterator[tuple[Graph]]:
    """A graph."""
    yield (SQUARE_OF_A_SUM,)
    yield (FAR_AND_NEAR,)
    yield (BY_A_DETOUR,)
    yield (BY_A_LATER_DETOUR,)
    yield (NEGATIVE_AND_HALF,)
    yield (CANCELLING,)


def large_cases() -> Iterator[Large]:
    """A graph through which there are more ways than anybody can walk."""
    yield Large(
        "60 diamonds in a row",
        "Right where the graph is small. Through 60 diamonds in a row there are 2⁶⁰ ways, and you walk each by itself: "
        "let a node hand on ONCE, when all that was made of it has had its turn.",
        (diamonds(60),),
    )


EXAMPLE = """

if __name__ == "__main__":  # an example: b = a + a, c = b · b, where b is 3
    graph = {0: ((), ()), 1: ((0, 0), (1.0, 1.0)), 2: ((1, 1), (3.0, 3.0))}
    print(accumulate(graph))  # [12.0, 6.0, 1.0]
"""


HINTS = (
    "Begin with the result: its slope in itself is 1. Then hand slopes on: to an input goes slope · local slope.",
    "A node that is used twice gets the SUM of what its users hand it. Start all slopes at 0, and add.",
    "When may a node hand on? When everything that uses it has: walk from the newest, max(graph), to the oldest.",
)


def overwritten(graph: Graph) -> list[float]:
    """You overwrite a slope that was there: a value used twice gets the SUM of both."""
    slope = dict.fromkeys(graph, 0.0)
    slope[max(graph)] = 1.0
    for node in sorted(graph, reverse=True):
        for t, local in zip(*graph[node], strict=True):
            slope[t] = slope[node] * local
    return [slope[node] for node in sorted(graph)]


def handed_on_early(graph: Graph) -> list[float]:
    """You hand a slope on before all of it has arrived, so some is counted twice: first its users, then a node."""
    slope = dict.fromkeys(graph, 0.0)
    slope[max(graph)] = 1.0
    pending = [max(graph)]
    while pending:
        node = pending.pop()
        for t, local in zip(*graph[node], strict=True):
            slope[t] += slope[node] * local
            pending.append(t)
    return [slope[node] for node in sorted(graph)]


def handed_on_at_once(graph: Graph) -> list[float]:
    """You hand on what is there each time more arrives, so some is handed on twice: wait until all of it is there."""
    slope = dict.fromkeys(graph, 0.0)
    slope[max(graph)] = 1.0

    def back(node: int) -> None:
        for t, local in zip(*graph[node], strict=True):
            slope[t] += slope[node] * local
            back(t)

    back(max(graph))
    return [slope[node] for node in sorted(graph)]


def nearest_first(graph: Graph) -> list[float]:
    """Nearest first is not enough: a node may be near by one way and far by another, and must wait for the far one."""
    slope = dict.fromkeys(graph, 0.0)
    slope[max(graph)] = 1.0
    seen = [max(graph)]
    for node in seen:
        for t, local in zip(*graph[node], strict=True):
            slope[t] += slope[node] * local
            seen += [t] * (t not in seen)
    return [slope[node] for node in sorted(graph)]


def one_share_at_a_time(graph: Graph) -> list[float]:
    """You hand a slope on before it is complete: a node waits until everything made of it has had its turn."""
    slope = dict.fromkeys(graph, 0.0)
    slope[max(graph)] = 1.0
    pending = [max(graph)]
    for node in pending:  # a queue in which a node stands once for each of its uses
        for t, local in zip(*graph[node], strict=True):
            slope[t] += slope[node] * local
            pending.append(t)
    return [slope[node] for node in sorted(graph)]


def oldest_first(graph: Graph) -> list[float]:
    """You walk from the oldest node to the newest: slopes go the other way, so begin with the newest, max(graph)."""
    slope = dict.fromkeys(graph, 0.0)
    slope[max(graph)] = 1.0
    for node in sorted(graph):
        for t, local in zip(*graph[node], strict=True):
            slope[t] += slope[node] * local
    return [slope[node] for node in sorted(graph)]


def without_seed(graph: Graph) -> list[float]:
    """Nothing arrives anywhere: the slope of the result in itself is 1, not 0."""
    return [0.0 for _ in graph]


TWINS = (
    overwritten, handed_on_early, handed_on_at_once, nearest_first, one_share_at_a_time, oldest_first, without_seed,
)  # fmt: skip
OURS = ("core.backward.backward_pass", "gradients[t] = c if so_far is None else add_gradients(so_far, c, t, own)")
TORCH = "c.backward()  # and a.grad holds the sum of both ways to a"
