"""Which parameters an optimiser moves together: small ones, if its update treats each element by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .checks import checked_gradient
from .flat import Flat, Part, grouped

if TYPE_CHECKING:
    from .base import Optimizer

__all__ = ["Groups", "OneByOne", "groups_of"]

FEWEST = 5  # parameters of a vector: fewer are moved as fast one by one


def groups_of(optimizer: Optimizer) -> Groups:
    """The parameters in vectors, if the optimiser is elementwise, and one by one where too few would be in one."""
    params = optimizer.params
    if not optimizer.elementwise:
        return [OneByOne(range(len(params)))]
    dtypes = [tuple((name, m.dtype) for name, m in moments.items()) for moments in optimizer.state]
    kinds = [(p.dtype, moments) for p, moments in zip(params, dtypes, strict=True)]
    groups = grouped([p.size for p in params], kinds)
    alone = OneByOne(sorted(i for group in groups if len(group) < FEWEST for i in group))
    return [alone, *(Flat(optimizer, group) for group in groups if len(group) >= FEWEST)]


class OneByOne:
    """Parameters that are updated each by itself."""

    def __init__(self, group: Sequence[int]) -> None:
        self.group = group  # their places among the parameters of the optimiser

    def fits(self, optimizer: Optimizer) -> bool:
        """They always do: nothing is kept of them."""
        return True

    def parts(self, optimizer: Optimizer) -> Iterator[Part]:
        """Those that have a gradient; who asks for the next has written `new`, which the parameter is then given."""
        for i in self.group:
            p = optimizer.params[i]
            if p.grad is None:
                continue
            theta, g = p.data, checked_gradient(optimizer, p)
            new = np.empty_like(theta)
            optimizer.counts[i] += 1
            yield new, theta, g, optimizer.counts[i], optimizer.state[i].values()
            p._replace(new)


Groups = list[OneByOne | Flat]
