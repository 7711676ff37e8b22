"""The level that is chosen where none is asked for: each operation, where little is named, and else what is named."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.tensor import Tensor
from ..classify import Part, classify, role_of, step_of

__all__ = ["level_of"]

FEWEST, MOST = 3, 40  # operations: fewer are read in a formula, more cannot be read at all
LITTLE = 4  # one name for so many operations


def level_of(roots: Sequence[Tensor]) -> str:
    """`op` for a small graph in which hardly a result has a name or a box of its own, `gate` for all others.

    >>> import tinygrad_gru as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> level_of([(tg.exp(x * x) + x).sum()]), level_of([(tg.exp((x * x).named("square")) + x).sum()])
    ('op', 'gate')
    """
    classes = classify(roots, "gate")
    results = [t for t in classes.tensors if t.op is not None]
    if not FEWEST <= len(results) <= MOST or any(step_of(t) is not None for t in results):
        return "gate"
    named = [t for t in results if t not in classes.roots and (t.name is not None or classes.part[t] is Part.BOX)]
    own = [t for t in results if t in classes.roots or role_of(t) != "loss"]  # a loss is one thing, however it is made
    return "op" if LITTLE * len(named) < len(own) else "gate"
