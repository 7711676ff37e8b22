"""The function of a native loop, and the sizes that it takes as arguments, so that its text is the same for all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ...ir import Instruction
from ...ir.primitives import ELEMENTWISE

__all__ = ["Loop", "Sizes"]


class Sizes:
    """Which numbers of columns are the same whatever they are: those that operations element by element make equal.

    The text for I = H is so the same as for any other sizes.
    """

    def __init__(self, instructions: Iterable[Instruction]) -> None:
        self._parent: dict[Instruction, Instruction] = {}
        for i in instructions:
            if i.op in ("part", "parts"):
                self._unite(i, i.args[0])
            for a in i.args if i.op in ELEMENTWISE or i.op == "stack" else ():
                if a.width == i.width and a.op != "number":
                    self._unite(i, a)
            if i.op == "matmul":
                self._unite(i, i.args[1])

    def of(self, i: Instruction) -> Instruction:
        """The instruction that stands for all of this number of columns."""
        while i in self._parent:
            i = self._parent[i]
        return i

    def _unite(self, i: Instruction, a: Instruction) -> None:
        one, other = self.of(i), self.of(a)
        if one is not other:
            self._parent[one] = other


@dataclass
class Loop:
    """The text of the function of a loop, its arguments after `stay`, and their types."""

    name: str
    sizes: Sizes
    wholes: dict[Any, str] = field(default_factory=dict)
    arguments: dict[str, tuple[str, str]] = field(default_factory=dict)  # name: type, and what is passed
    allocations: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    def take(self, name: str, kind: str, array: str = "", written: bool = False) -> None:
        """Let an array without holes be an argument: `const` where the loop only reads it."""
        array = array or name
        passed = f"memory.solid({array})" if written else f"memory.contiguous({array})"
        self.arguments[name] = (kind if written else f"const {kind}", passed)

    def text(self) -> list[str]:
        """The lines of the function."""
        lines = ["wide_vectors()", "B = hi - lo  # the sequences of this thread",
                 "zero = real(0)", "half = real(0.5)", "one = real(1)",
                 *self.allocations, *self.before, *[f"    {s}" for s in self.body], *self.after]  # fmt: skip
        head = (
            f"def {self.name}({', '.join(['T', 'lo', 'hi', 'shard', 'flushing', 'masked', 'stay', *self.arguments])}):"
        )
        return [head, *[f"    {s}" for s in lines]]

    def call(self) -> str:
        """The statement of the NumPy program that runs it."""
        passed = ", ".join(argument for _, argument in self.arguments.values())
        return f"memory.share({self.name}, T, B, memory.flushing, *memory.stay(stays, B), {passed})"
