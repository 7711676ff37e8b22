"""Names as they stand in formulas: which steps they have, and what could be taken for more than a name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..core.tensor import Tensor
from .short import subscript

__all__ = ["names_of", "readable"]

PLAIN = re.compile(r"[^\W\d²³½ᵀΣ](?:[^\W²³½ᵀΣ]|[\u0300-\u036f\u20d7.′])*")  # nothing that is also a sign of formulas


def readable(name: str) -> str:
    """The name as it stands in a formula: in ⟨⟩ if it could be taken for more than a name, such as `a + b` or `2`."""
    seen = "".join(c for c in name if c.isprintable()).strip()
    if not seen or PLAIN.fullmatch(seen):
        return seen
    return f"⟨{seen.replace('⟨', '(').replace('⟩', ')')}⟩"


def names_of(tensors: Iterable[Tensor]) -> dict[Tensor, str]:
    """A name for each named tensor, in creation order.

    What a step makes has its step, the only one too: h₁. A start has the step before the first; what repeats, a prime.
    """
    called = [(t, readable(t.name)) for t in tensors if t.name and readable(t.name)]
    steps: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for t, name in called:
        steps.setdefault((name, t.shape), []).extend(_step_of(t))
    names: dict[Tensor, str] = {}
    used: set[str] = set()
    for t, name in called:
        step, all_steps = _step_of(t), steps[name, t.shape]
        if not step and t.op is None and all_steps:
            step = [min(all_steps) - 1]
        name += "".join(map(subscript, step))
        while name in used:
            name += "′"
        used.add(name)
        names[t] = name
    return names


def _step_of(t: Tensor) -> list[int]:
    """The number of its innermost step, if it is in one."""
    return [place.index for place in t.scope.path if place.index is not None][-1:]
