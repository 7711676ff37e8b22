"""The graph of the way back: what `create_graph=True` records, drawn as a graph of its own.

It begins at the loss and ends in the gradients of the leaves. The tensors of the way there that it uses, which were
saved for it, are drawn as tags.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.backward import toposort, walk
from ...core.tensor import Tensor
from ...core.tools.fused import unfuse
from ...errors import ArgumentError
from ...symbolic.short import ATOM, formulas, is_guard, symbol_of
from ..classify import Casting, cast, role_of
from ..model import titles_of

__all__ = ["Backward", "backward_graph"]

LONGEST = 14  # characters of a formula that stands for a name


@dataclass(frozen=True)
class Backward:
    """The gradients in which the way back ends, and the tensors of the way there."""

    roots: list[Tensor]
    given: set[Tensor]
    nicknames: dict[Tensor, str]  # what the gradients are called: ∂L/∂r₁, and ∂L/∂(+) of a nameless one
    roles: dict[Tensor, str]  # those of the tensors that they are the gradients of
    note: str


def backward_graph(roots: Sequence[Tensor]) -> Backward:
    """Record the way back from the sum of `roots` to all leaves, and name each gradient after its tensor: ∂L/∂r."""
    if not all(root.requires_grad and root.size == 1 for root in roots):
        raise ArgumentError("draw: the way back begins at single numbers that require a gradient. try: tg.draw(loss)")
    unfuse(roots)
    given = set(toposort(roots, everything=True))
    wanted = [t for t in toposort(roots) if t.requires_grad]
    seeds = [Tensor(np.ones(root.shape, root.dtype)) for root in roots]
    of = walk(roots, seeds, wanted, create_graph=True)
    loss = roots[0].name or "L"
    there = cast(roots, "op")
    titles = titles_of(there, {})
    nicknames = _formulas_of_nameless(there, titles)
    roles: dict[Tensor, str] = {}
    for t, g in of.items():
        if g in given or g.op is None:
            continue  # such as the gradient of W in W·x: that is x itself
        if t.name and g.name is None:
            g.name = f"∂{loss}/∂{t.name}"
            nicknames[g] = f"∂{loss}/∂{titles[t]}"
            roles[g] = role_of(t)
        elif t.op is not None:
            nicknames.setdefault(g, f"∂{loss}/∂({symbol_of(t.op)})")
            while is_guard(g):
                g = g.inputs[2]
                nicknames.setdefault(g, f"∂{loss}/∂({symbol_of(t.op)})")
    leaves = [of[t] for t in wanted if t.op is None and t in of]
    note = f"The way back from {loss}: each gradient, and the tensors that were saved for it"
    return Backward(list(dict.fromkeys(g for g in leaves if g not in given)) or leaves, given, nicknames, roles, note)


def _formulas_of_nameless(there: Casting, titles: dict[Tensor, str]) -> dict[Tensor, str]:
    """What a tensor without a name is called on the way back, where it was saved: (1 − z₂)."""
    texts = formulas(there.tensors, lambda t: titles[t] if t.name is not None else None)
    short = {t: texts[t] for t in there.tensors if t.op is not None and t.name is None and len(texts[t][0]) <= LONGEST}
    return {t: words if binding == ATOM else f"({words})" for t, (words, binding) in short.items()}
