"""The formulas in the boxes of a picture: those of the equations, as short as a person writes them beside a drawing."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from ..core.op import Op
from ..core.ops.indexing import Getitem
from ..core.ops.joining import Stack
from ..core.ops.shapes import Astype, BroadcastTo, PermuteDims, Reshape
from ..core.tensor import Tensor
from .expression import Expression, named
from .operations import transposition
from .printer import SHORT, written
from .reader import LARGEST, Reader
from .short import is_guard

__all__ = ["Formulas"]

LONGEST = 240  # characters: longer only with very long names
MOST_DRAWN = 14  # parts of what the reader has before the eyes anyway
UNSEEN = (Reshape, BroadcastTo, PermuteDims, Astype)  # the same numbers, in another shape


class Formulas(Reader):
    """Reads tensors without saying what shapes and axes are; (…) stands for a part that is long, or drawn itself."""

    def __init__(self, names: Mapping[Tensor, str], drawn: Container[Tensor] = ()) -> None:
        super().__init__({t: named(name) for t, name in names.items()}, {}, factored=False)
        self.drawn = drawn

    def text(self, t: Tensor) -> str:
        """The formula of a tensor in its inputs: `σ([h₀, x₁] W_r + b_r)`."""
        words = written(self.expression_of(t), SHORT)
        return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"

    def expression_of(self, t: Tensor) -> Expression:
        """The expression of this tensor in its inputs, even if it has a name itself."""
        return super().expression_of(t) if t.op is None else self.operation(t.op, self.operands_of(t), t.inputs, t)

    def operand(self, t: Tensor) -> Expression:
        """The expression of a tensor in the formulas of others."""
        x = self.expression_of(t)
        return x if x.size <= (MOST_DRAWN if t in self.drawn else LARGEST) else Expression("cut", value=t.serial)

    def operation(self, op: Op, xs: list[Expression], inputs: Any, t: Tensor) -> Expression:
        """An operation on these; a guard of the backward pass is what it guards."""
        if isinstance(op, UNSEEN) and not transposition(op, t):
            return xs[0]
        if isinstance(op, Getitem) and isinstance(inputs[0].op, Stack) and t not in self.names:
            return Expression("part", (xs[0],), ("element", self.key(op.key)))  # not just what it takes: it is drawn
        return xs[2] if is_guard(t) else super().operation(op, xs, inputs, t)

    def axes(self, op: Op, x: Tensor) -> str:
        """None is said."""
        return ""
