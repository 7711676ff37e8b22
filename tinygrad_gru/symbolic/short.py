"""What is small in a formula: numbers, subscripts, the signs of operations."""

from __future__ import annotations

import math
from functools import lru_cache

from ..core.op import Op
from ..core.ops.arithmetic import Where
from ..core.tensor import Tensor

__all__ = ["is_guard", "is_number", "is_ordered", "number", "subscript", "symbol_of"]


@lru_cache(maxsize=1 << 14)
def subscript(index: int) -> str:
    """The number as a subscript: `₁₂`."""
    return str(index).translate(str.maketrans("0123456789-", "₀₁₂₃₄₅₆₇₈₉₋"))


def symbol_of(op: Op) -> str:
    """What the operation is drawn with: its symbol, or else its name."""
    return op.symbol or op.name.replace("_", " ")


def is_number(t: Tensor) -> bool:
    """Whether the tensor is just a number in the code, such as the 1 in `1 - z`."""
    return t.op is None and t.ndim == 0 and t.name is None and not t.requires_grad


def is_ordered(op: Op | None) -> bool:
    """Whether it makes a difference which of its inputs is which: u − v, but not u + v."""
    return op is not None and symbol_of(op) not in ("+", "⊙", "max", "min")


def is_guard(t: Tensor) -> bool:
    """Whether it is a guard of the backward pass, below a choice between branches: `where(0·∞, 0, g)`, mostly g."""
    return isinstance(t.op, Where) and t.scope.role == "backward" and is_number(t.inputs[1]) and t.inputs[1].item() == 0


def number(value: float, digits: int = 3) -> str:
    """A number as short as it can be: 1, 0.5, −3.2, 1e6, NaN, ∞."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    shortened = f"{value:.{digits}g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    return shortened.replace("-", "−")
