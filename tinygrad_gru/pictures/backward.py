"""The graph of the way back: what `create_graph=True` records, drawn as a graph of its own.

It begins at the loss and ends in the gradients of the leaves. The tensors of the way there that it uses, which were
saved for it, are drawn as tags.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.engine import toposort, walk
from ..core.folding import unfold
from ..core.tensor import Tensor
from ..errors import ArgumentError
from .casting import cast
from .formulas import symbol_of
from .outline import titles_of

__all__ = ["Backward", "backward_graph"]


@dataclass(frozen=True)
class Backward:
    """The gradients in which the way back ends, and the tensors of the way there."""

    roots: list[Tensor]
    given: set[Tensor]
    nicknames: dict[Tensor, str]  # what the gradients are called: ∂L/∂r₁, and ∂L/∂(+) of a nameless one
    note: str


def backward_graph(roots: Sequence[Tensor]) -> Backward:
    """Record the way back from the sum of `roots` to all leaves, and name each gradient after its tensor: ∂L/∂r."""
    if not all(root.requires_grad and root.size == 1 for root in roots):
        raise ArgumentError("draw: the way back begins at single numbers that require a gradient. try: tg.draw(loss)")
    unfold(roots)
    given = set(toposort(roots, everything=True))
    wanted = [t for t in toposort(roots) if t.requires_grad]
    seeds = [Tensor(np.ones(root.shape, root.dtype)) for root in roots]
    of = walk(roots, seeds, wanted, create_graph=True)
    loss = roots[0].name or "L"
    titles = titles_of(cast(roots, "op"), {})
    nicknames: dict[Tensor, str] = {}
    for t, g in of.items():
        if g in given or g.op is None:
            continue  # such as the gradient of W in W·x: that is x itself
        if t.name and g.name is None:
            g.name = f"∂{loss}/∂{t.name}"
            nicknames[g] = f"∂{loss}/∂{titles[t]}"
        elif t.op is not None:
            nicknames.setdefault(g, f"∂{loss}/∂({symbol_of(t.op)})")
    leaves = [of[t] for t in wanted if t.op is None and t in of]
    note = f"The way back from {loss}: each gradient, and the tensors that were saved for it"
    return Backward(list(dict.fromkeys(g for g in leaves if g not in given)) or leaves, given, nicknames, note)
