"""The notation of the equations: instructions printed in it, and the patterns of rules read from it.

a·b  element by element        h U   a matrix product            aᵀ g   the same, summed over the batch
[a, b]  side by side           x[:, 0:2]  columns                Σ g    the sum over the batch
⟨a, b⟩  a block of gates       x[0], x[0:2]  parts of a block    [U; V], W[0:2], Wᵀ  of parameters
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .program import Instruction

__all__ = ["Pattern", "formula", "parse"]

INFIX = {"add": "{} + {}", "subtract": "{} − {}", "multiply": "{}·{}", "divide": "{} / {}", "matmul": "{} {}",
         "outer": "{}ᵀ {}"}  # fmt: skip
PREFIX = {"negative": "−{}", "sum_batch": "Σ {}", "transpose": "{}ᵀ"}
FRACTIONS = {0.5: "½", 0.25: "¼"}


def number_text(value: Any) -> str:
    """A number: ½, 1, −0.25."""
    if value in FRACTIONS:
        return FRACTIONS[value]
    if value == 0 and np.signbit(value):
        return "−0"
    text = repr(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e6 else repr(value)
    return text.replace("-", "−")


def formula(i: Instruction, names: Mapping[Instruction, str]) -> str:
    """An instruction in the notation of the equations, its arguments by name."""
    args = [number_text(a.option("value")) if a.op == "number" else names[a] for a in i.args]
    o = dict(i.options)
    if i.op in INFIX:
        return INFIX[i.op].format(*args)
    if i.op in PREFIX:
        return PREFIX[i.op].format(*args)
    if i.op == "part":
        return f"{args[0]}[{o['index']}]"
    if i.op in ("parts", "rows"):
        return f"{args[0]}[{o['start']}:{o['stop']}]"
    if i.op == "columns":
        return f"{args[0]}[:, {o['start']}:{o['stop']}]"
    left, joint, right = {"stack": "⟨,⟩", "concat": "[,]", "stack_rows": "[;]"}.get(i.op, f"{i.op}(,)").partition(
        ";" if i.op == "stack_rows" else ","
    )
    options = [f"{k}={v!r}" for k, v in i.options]
    return f"{left}{f'{joint} '.join([*args, *options])}{right}"


# --- patterns --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pattern:
    """An operation on patterns, or with op "name" a letter for any value, or with op "number" a number.

    `bounds` are those of a slice: sums of numbers, letters and widths such as |a|.
    """

    op: str
    args: tuple[Pattern, ...] = ()
    text: str = ""  # of a name or a number
    bounds: tuple[str, ...] = ()


SLICE = re.compile(r"\[(:, )?([^\[\];,⟨]*):([^\[\];,⟨]*)\]")


def parse(text: str) -> Pattern:
    """The pattern that is written in a text; ValueError for what is none."""
    reader = _Reader(text)
    pattern = reader.sum()
    if reader.rest():
        raise ValueError(f"{text!r}: {reader.rest()!r} is left over")
    return pattern


class _Reader:
    """Recursive descent: sums of products, element by element, of matrix products of what stands alone."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def rest(self) -> str:
        return self.text[self.at :].lstrip()

    def take(self, *characters: str) -> str:
        """The next character, if it is one of these."""
        rest = self.rest()
        if rest and rest[0] in characters:
            self.at = len(self.text) - len(rest) + 1
            return rest[0]
        return ""

    def expect(self, character: str) -> None:
        if not self.take(character):
            raise ValueError(f"{self.text!r}: wanted {character!r} before {self.rest()!r}")

    def sum(self) -> Pattern:
        left = self.product()
        while sign := self.take("+", "−"):
            left = Pattern("add" if sign == "+" else "subtract", (left, self.product()))
        return left

    def product(self) -> Pattern:
        left = self.matrix_product()
        while self.take("·"):
            left = Pattern("multiply", (left, self.matrix_product()))
        return left

    def matrix_product(self) -> Pattern:
        if self.take("−"):
            return Pattern("negative", (self.matrix_product(),))
        left = self.alone()
        while self.rest() and (self.rest()[0].isalnum() or self.rest()[0] in "(⟨["):
            right = self.alone()
            transposed = left.op == "transpose"
            left = Pattern("outer", (left.args[0], right)) if transposed else Pattern("matmul", (left, right))
        return left

    def alone(self) -> Pattern:
        pattern = self.bare()
        while True:
            if self.take("ᵀ"):
                pattern = Pattern("transpose", (pattern,))
            elif bounds := SLICE.match(self.text, self.at):
                self.at = bounds.end()
                start, stop = bounds[2].strip() or "0", bounds[3].strip() or "end"
                pattern = Pattern("columns" if bounds[1] else "rows", (pattern,), bounds=(start, stop))
            else:
                return pattern

    def bare(self) -> Pattern:
        if self.take("("):
            inside = self.sum()
            self.expect(")")
            return inside
        if self.take("Σ"):
            return Pattern("sum_batch", (self.alone(),))
        for left, joint, right, op in [("[", ",", "]", "concat"), ("[", ";", "]", "stack_rows")]:
            mark = self.at
            if self.take(left):
                first = self.sum()
                if self.take(joint):
                    second = self.sum()
                    self.expect(right)
                    return Pattern(op, (first, second))
                self.at = mark
        token = re.match(r"\d+|f\(|…|[A-Za-z]", self.rest())
        if token is None:
            raise ValueError(f"{self.text!r}: nothing can begin with {self.rest()!r}")
        self.at = len(self.text) - len(self.rest()) + token.end()
        if token[0] == "f(":
            inside = self.alone()
            self.expect(")")
            return Pattern("elementwise", (inside,), "f")
        return Pattern("number" if token[0].isdigit() else "name", text=token[0])
