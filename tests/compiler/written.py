"""Programs whose instructions are read and printed as they are written: `h U + x V`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_gru.compiler.ir import Instruction, Program, Stage
from tinygrad_gru.compiler.ir.notation import formula, parse
from tinygrad_gru.compiler.passes import Firing, Rule
from tinygrad_gru.compiler.passes.rewrite import build

__all__ = ["Written"]

INPUTS = {
    **dict.fromkeys("UV", ((4, 4), Stage.FIXED)), "W": ((8, 4), Stage.FIXED), "c": ((4,), Stage.FIXED),
    **dict.fromkeys("xw", (("B", 4), Stage.INPUT)), "y": (("B", 1), Stage.INPUT),
    **dict.fromkeys("ahpqz", (("B", 4), Stage.STATE)), **dict.fromkeys("dg", (("B", 4), Stage.GRADIENT)),
}  # fmt: skip
CUTS = ("part", "parts", "rows", "columns")


class Written:
    """A program with an input for each letter."""

    def __init__(self) -> None:
        self.program = Program()
        self.letters: dict[str, Any] = {name: self.program.input(name, *sizes) for name, sizes in INPUTS.items()}

    def __call__(self, text: str, **bounds: int) -> Instruction:
        """The instruction that is written."""
        instruction = build(parse(text), self.letters | bounds, self.program)
        assert instruction is not None
        return instruction

    def text(self, i: Instruction, inside: bool = False) -> str:
        """An instruction, with its arguments as they are written."""
        if i.op in ("input", "number"):
            return i.label or f"{i.option('value'):g}"
        text = formula(i, {a: self.text(a, inside=True) for a in i.args})
        closed = i.op in ("concat", "stack", "stack_rows") or (i.op in CUTS and i.args[0].op == "input")
        return f"({text})" if inside and not closed else text

    def becomes(self, rule: str, text: str, where: Any = None, **bounds: int) -> str | None:
        """What a rule makes of an instruction; None if it does not fit."""
        i = self(text, **bounds)
        self.program.outputs = {"out": i}
        applied = Rule(rule, where).apply(self.program, i, self.program.users())
        return None if applied is None else self.text(applied[0])

    def after(self, apply_pass: Callable[[Program, list[Firing]], Program], *texts: str) -> list[str]:
        """What a pass makes of instructions."""
        self.program.outputs = {f"out {n}": self(text) for n, text in enumerate(texts)}
        after = apply_pass(self.program, [])
        return [self.text(i) for i in after.outputs.values()]
