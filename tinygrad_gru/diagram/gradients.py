"""The gradients in a picture: of every tensor, and the norm of each single contribution to a leaf."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core.backward import walk
from ..core.support.arguments import ShortRepr
from ..core.support.arrays import Array
from ..core.support.operands import value_of
from ..core.tensor import Tensor

__all__ = ["Gradients", "gradients", "norm"]


@dataclass(eq=False, repr=False)
class Gradients(ShortRepr):
    """∂L/∂t of each tensor that has one, and the norm of each use of a leaf; of a single number the share itself."""

    of: dict[Tensor, Array] = field(default_factory=dict)
    shares: dict[tuple[Tensor, int], float] = field(default_factory=dict)  # by consumer and number of the input


def gradients(roots: Sequence[Tensor], tensors: Sequence[Tensor]) -> Gradients | None:
    """Those of the sum of `roots`, by a backward pass; None unless each is a scalar that requires a gradient."""
    if not all(root.requires_grad and root.size == 1 for root in roots):
        return None
    result = Gradients()

    def watch(consumer: Tensor, position: int, contribution: Any) -> None:
        if consumer.inputs[position].op is None:
            result.shares[consumer, position] = _share(contribution, consumer.inputs[position])

    seeds = [np.ones(root.shape, root.dtype) for root in roots]
    result.of = walk(roots, seeds, [t for t in tensors if t.requires_grad], watch=watch)
    return result


def _share(contribution: Any, leaf: Tensor) -> float:
    g = np.asarray(value_of(contribution))
    return norm(g) if leaf.size > 1 else float(g.sum())  # what a broadcast number gets, it gets from all places


def norm(g: Array) -> float:
    """‖g‖, the length of g as one long vector."""
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.sum(np.square(g, dtype=np.float64))))
