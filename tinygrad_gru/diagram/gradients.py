"""The gradients a picture shows: of every tensor in it, and of each single use of a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core.backward import walk
from ..core.support.arrays import Array
from ..core.tensor import Tensor

__all__ = ["Gradients", "gradients", "norm"]


@dataclass(eq=False)
class Gradients:
    """∂L/∂t of each tensor that got one, and how large the share of each use of a leaf is."""

    of: dict[Tensor, Array] = field(default_factory=dict)
    shares: dict[tuple[Tensor, int], float] = field(default_factory=dict)  # by consumer and number of the input


def gradients(roots: Sequence[Tensor], tensors: Sequence[Tensor]) -> Gradients | None:
    """Those of the sum of `roots`, by a walk of our own; None unless each is one number and requires a gradient."""
    if not all(root.requires_grad and root.size == 1 for root in roots):
        return None
    found = Gradients()

    def watch(consumer: Tensor, position: int, contribution: Any) -> None:
        if consumer.inputs[position].op is None:
            found.shares[consumer, position] = norm(contribution)

    seeds = [np.ones(root.shape, root.dtype) for root in roots]
    found.of = walk(roots, seeds, [t for t in tensors if t.requires_grad], watch=watch)
    return found


def norm(g: Array) -> float:
    """‖g‖, the length of g as one long vector."""
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.sum(np.square(g, dtype=np.float64))))
