"""Arrays side by side in one flat vector: parameters with their gradients and moments, moved by one update.

A NumPy call takes about a microsecond however few numbers it is given, and Adam makes thirteen of them for a parameter:
for a small GRU that is most of a step. The results are the same to the bit, because what treats each element by itself
does the same to it wherever it stands.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import accumulate, chain, pairwise
from operator import is_
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.support.arrays import Array
from .checks import checked_gradient

if TYPE_CHECKING:
    from .base import Optimizer

__all__ = ["Flat", "Part", "flattened", "grouped"]

MOST = 2**14  # elements of a vector: of larger arrays the calls hardly count, and the copies would

Part = tuple[Array, Array, Array, int, Iterable[Array]]  # what an update is given: new, θ, g, t and the moments


def grouped(sizes: Sequence[int], kinds: Sequence[Hashable]) -> list[list[int]]:
    """The places of things of one kind in groups of at most 2¹⁴ elements; what is larger makes a group by itself.

    >>> from tinygrad_gru.optim.flat import grouped
    >>> grouped([5, 15_000, 7, 20_000, 2_000], kinds=["f4", "f4", "f8", "f4", "f4"])
    [[0, 1], [2], [3], [4]]
    """
    groups: list[list[int]] = []
    last: dict[Hashable, list[int]] = {}  # the last group of each kind
    room: dict[Hashable, int] = {}  # and how many elements more it takes
    for i, (size, kind) in enumerate(zip(sizes, kinds, strict=True)):
        if size > room.get(kind, -1):
            last[kind], room[kind] = [], MOST
            groups.append(last[kind])
        last[kind].append(i)
        room[kind] -= size
    return groups


def flattened(arrays: Sequence[Array], out: Array | None = None, dtype: Any = None) -> Array:
    """The elements of all arrays in one vector."""
    return np.concatenate([array.ravel() for array in arrays], out=out, dtype=dtype)


class Flat:
    """Parameters of one dtype as one vector, and others like it for their gradients, new values and moments."""

    def __init__(self, optimizer: Optimizer, group: list[int]) -> None:
        self.group = group  # their places among the parameters of the optimiser
        self.params = [optimizer.params[i] for i in group]
        self.dtype = self.params[0].dtype
        self.ends = [0, *accumulate(p.size for p in self.params)]
        self.theta, self.g, self.new = (np.empty(self.ends[-1], self.dtype) for _ in range(3))
        self.values = self.in_shapes(self.new)
        state = [optimizer.state[i] for i in group]
        self.moments = [flattened([moments[name] for moments in state]) for name in state[0]]
        for name, vector in zip(state[0], self.moments, strict=True):
            for moments, view in zip(state, self.in_shapes(vector), strict=True):
                moments[name] = view  # where they are looked at, saved and loaded
        self.views = self.moments_of(optimizer)

    def in_shapes(self, vector: Array) -> list[Array]:
        """Views of a vector in the shapes of the parameters."""
        return [vector[a:b].reshape(p.shape) for p, (a, b) in zip(self.params, pairwise(self.ends), strict=True)]

    def moments_of(self, optimizer: Optimizer) -> list[Array]:
        """The moments of these parameters, as the optimiser has them."""
        return [*chain.from_iterable(map(dict.values, [optimizer.state[i] for i in self.group]))]

    def fits(self, optimizer: Optimizer) -> bool:
        """Whether the optimiser's moments are our views, none added or replaced, and the parameters of our dtype."""
        moments, dtype = self.moments_of(optimizer), self.dtype
        ours = len(moments) == len(self.views) and all(map(is_, moments, self.views))
        return ours and all([p.dtype is dtype for p in self.params])

    def parts(self, optimizer: Optimizer) -> Iterator[Part]:
        """Neighbours that have a gradient and were updated as often, as one vector: all of them, as a rule.

        Who asks for the next has written `new`: then each parameter is given its value, in an array of its own.
        """
        counts = optimizer.counts
        before = [None if p.grad is None else counts[i] for i, p in zip(self.group, self.params, strict=True)]
        for t, first, end in stretches(before):
            if t is None:
                continue
            params, inside = self.params[first:end], slice(self.ends[first], self.ends[end])
            theta = flattened([p.data for p in params], self.theta[inside])
            g = flattened([checked_gradient(optimizer, p) for p in params], self.g[inside])
            for i in self.group[first:end]:
                counts[i] += 1
            yield self.new[inside], theta, g, t + 1, [moment[inside] for moment in self.moments]
            for p, value in zip(params, self.values[first:end], strict=True):
                p._replace(value.copy())


def stretches(values: list[Any]) -> list[tuple[Any, int, int]]:
    """Where neighbours are equal: their value, where they begin, and where the next do.

    >>> from tinygrad_gru.optim.flat import stretches
    >>> stretches([3, 3, None, 3])
    [(3, 0, 2), (None, 2, 3), (3, 3, 4)]
    """
    if values.count(values[0]) == len(values):  # as a rule, and found faster than by a look at each
        return [(values[0], 0, len(values))]
    starts = [i for i, value in enumerate(values) if i == 0 or value != values[i - 1]]
    return [(values[start], start, end) for start, end in pairwise([*starts, len(values)])]
