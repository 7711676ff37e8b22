"""A program: a list of instructions, `r = ½·t + ½`, that can be printed, rewritten and run.

An instruction applies one primitive operation to earlier ones. Making an instruction that exists already returns the
existing one, so that common subexpressions are one instruction (hash-consing); and a program has only the instructions
that its outputs need, so that there is no dead code. No pass is needed for either.

Sizes are numbers, or "B" for the batch. An instruction has the highest stage among the inputs that it depends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np

from ...core.support.arguments import ShortRepr
from .names import comment, identifier
from .notation import formula
from .primitives import BOOLEAN, PRIMITIVES

__all__ = ["Instruction", "Program", "Stage"]

Dims = tuple[Any, ...]
COMMUTATIVE = {"add", "multiply"}  # and exactly so, in floating point too
REARRANGING = {"part", "parts", "stack", "columns", "concat", "broadcast_columns", "multiply"}  # of True and False


class Stage(IntEnum):
    """When a value is known."""

    FIXED = 0  # parameters, constants, dropout masks: the same at every step
    INPUT = 1  # x at this step
    STATE = 2  # h before this step
    GRADIENT = 3  # the gradients of this step's results


@dataclass(eq=False, repr=False)
class Instruction(ShortRepr):
    """An operation, its arguments and options, and the sizes and the stage of its result."""

    op: str
    args: tuple[Instruction, ...]
    options: tuple[tuple[str, Any], ...]
    dims: Dims
    stage: Stage
    label: str = ""  # the name of the tensor that it computes, such as r
    scope: str = ""  # the scope that the tensor was made in: the comment
    is_boolean: bool = field(init=False)  # of True and False, with which NumPy adds and multiplies otherwise
    is_constant: bool = field(init=False)  # computed of numbers alone

    def __post_init__(self) -> None:  # from the arguments' own, as chains may be as deep as they like
        all_boolean = all(a.is_boolean for a in self.args)
        self.is_boolean = self.op in BOOLEAN or (self.op in REARRANGING and bool(self.args) and all_boolean)
        self.is_constant = self.op == "number" or (bool(self.args) and all(a.is_constant for a in self.args))

    def option(self, name: str) -> Any:
        """The option of this name."""
        return dict(self.options)[name]

    @property
    def per_step(self) -> bool:
        """Whether it has a row for each sequence of the batch at each time step."""
        return self.stage != Stage.FIXED and "B" in self.dims

    @property
    def width(self) -> int:
        """The number of columns."""
        return int(self.dims[-1]) if self.dims else 1


@dataclass(repr=False)
class Program(ShortRepr):
    """Instructions, the inputs among them by name, and the outputs by name."""

    inputs: dict[str, Instruction] = field(default_factory=dict)
    outputs: dict[str, Instruction] = field(default_factory=dict)
    _table: dict[Any, Instruction] = field(default_factory=dict, repr=False)

    # --- making instructions -----------------------------------------------------------------------------------------

    def input(self, name: str, dims: Dims, stage: Stage, label: str = "") -> Instruction:
        """A new input."""
        self.inputs[name] = Instruction("input", (), (("name", name),), dims, stage, label or name)
        return self.inputs[name]

    def number(self, value: float) -> Instruction:
        """A number."""
        key = ("number", value, bool(np.signbit(value)))
        if key not in self._table:
            self._table[key] = Instruction("number", (), (("value", value),), (), Stage.FIXED)
        return self._table[key]

    def make(self, op: str, *args: Instruction, label: str = "", scope: str = "", **options: Any) -> Instruction:
        """The instruction that applies `op`: the existing one, or a new one."""
        key = (op, args, tuple(sorted(options.items())))
        instruction = self._table.get(key)
        if instruction is None and op == "multiply":  # a·b is b·a; the order of a sum is a choice of the passes
            instruction = self._table.get((op, args[::-1], key[2]))
        if instruction is None:
            stage = max((a.stage for a in args), default=Stage.FIXED)
            dims = PRIMITIVES[op].dims(*[a.dims for a in args], **options)
            instruction = self._table[key] = Instruction(op, args, key[2], dims, stage)
        if label and not instruction.label:
            instruction.label, instruction.scope = label, scope  # the same value under its better name
        return instruction

    def part(self, x: Instruction, start: int, stop: int | None = None) -> Instruction:
        """x[start], or x[start:stop]; of parts of a block, the parts of the block."""
        if x.op == "parts":
            offset = x.option("start")
            return self.part(x.args[0], start + offset, None if stop is None else stop + offset)
        if stop is None:
            return self.make("part", x, index=start)
        return x if (start, stop) == (0, x.dims[0]) else self.make("parts", x, start=start, stop=stop)

    def stack(self, members: list[Instruction]) -> Instruction:
        """⟨a, b, …⟩; neighbouring parts of one block are parts of that block."""
        merged: list[Instruction] = []
        for member in members:
            last = span(merged[-1]) if merged else None
            here = span(member)
            if last and here and last[0] is here[0] and last[2] == here[1]:
                merged[-1] = self.part(here[0], last[1], here[2])
            else:
                merged.append(member)
        return merged[0] if len(merged) == 1 and len(merged[0].dims) == 3 else self.make("stack", *merged)

    def substitute(self, replaced: Mapping[Instruction, Instruction]) -> Program:
        """A new program in which each instruction stands for the one that replaces it."""
        new, images, begun = Program(), dict[Instruction, Instruction](), set[Instruction]()
        pending = [*reversed(self.outputs.values()), *reversed(self.inputs.values())]
        while pending:
            here = pending[-1]
            target = replaced.get(here)
            needs = here.args if target is None else (target,)
            if here in images or (missing := [a for a in needs if a not in images]) == []:
                if pending.pop() not in images:
                    images[here] = new._image(here, images, target)
            elif here in begun:
                raise ValueError("a replacement contains what it replaces")
            else:
                begun.add(here)
                pending += reversed(missing)
        new.outputs = {name: images[i] for name, i in self.outputs.items()}
        return new

    def _image(
        self, old: Instruction, images: Mapping[Instruction, Instruction], target: Instruction | None
    ) -> Instruction:
        """The instruction of this program that stands for one of another program."""
        if target is not None:
            image = images[target]
            if old.label and not image.label and image.op != "number":
                image.label, image.scope = old.label, old.scope
            return image
        if old.op == "input":
            self.inputs[old.option("name")] = old
            return old
        if old.op == "number":
            return self.number(old.option("value"))
        args = [images[a] for a in old.args]
        if old.op == "stack":
            return self.stack(args)
        return self.make(old.op, *args, label=old.label, scope=old.scope, **dict(old.options))

    # --- reading -----------------------------------------------------------------------------------------------------

    def instructions(self, of: Iterable[Instruction] | None = None) -> list[Instruction]:
        """The inputs, and the instructions that the outputs need, each after its arguments; or those that `of` need."""
        roots = [*self.inputs.values(), *self.outputs.values()] if of is None else list(of)
        order: list[Instruction] = []
        visited: set[Instruction] = set()
        pending = [(i, False) for i in reversed(roots)]
        while pending:
            here, ready = pending.pop()
            if ready:
                order.append(here)
            elif here not in visited:
                visited.add(here)
                pending.append((here, True))
                pending += [(a, False) for a in reversed(here.args) if a not in visited]
        return order

    def users(self) -> dict[Instruction, list[Instruction]]:
        """The instructions that use each instruction, once for each place; the outputs are used by None of them."""
        users: dict[Instruction, list[Instruction]] = {i: [] for i in self.instructions()}
        for i in self.instructions():
            for a in i.args:
                users[a].append(i)
        for i in self.outputs.values():
            users[i].append(i)  # the caller, so to speak
        return users

    def names(self) -> dict[Instruction, str]:
        """A name for each instruction: its label if it has one, and a number where that is taken."""
        names: dict[Instruction, str] = {}
        used: set[str] = set()
        last: dict[str, int] = {}  # the last number of each label
        for i in self.instructions():
            if i.op == "number":
                names[i] = f"{i.option('value')!r}"
                continue
            base = identifier(i.label)  # nothing is left of some labels
            name, n = base or "t1", last.get(base, 1)
            while name in used:
                n += 1
                name = f"{base}_{n}" if base else f"t{n}"
            used.add(name)
            names[i], last[base] = name, n
        return names

    def __str__(self) -> str:
        names = self.names()
        rows = []
        for i in self.instructions():
            if i.op == "number":
                continue
            note = f"({', '.join(map(str, i.dims))}) {i.stage.name.lower()}{', ' + i.scope if i.scope else ''}"
            rows.append((f"{names[i]} = {'input' if i.op == 'input' else formula(i, names)}", comment(note)))
        width = min(72, max((len(text) for text, _ in rows), default=0))
        body = [f"{text:<{width}}  {note}" for text, note in rows]
        return "\n".join([*body, f"return {', '.join(f'{name}={names[i]}' for name, i in self.outputs.items())}"])

    def run(self, values: dict[str, Any]) -> dict[str, Any]:
        """The outputs for these inputs, one instruction after the other: slow, the reference for the passes."""
        results: dict[Instruction, Any] = {}
        for i in self.instructions():
            if i.op == "input":
                results[i] = values[i.option("name")]
            elif i.op == "number":
                results[i] = i.option("value")
            else:
                results[i] = PRIMITIVES[i.op].run(*[results[a] for a in i.args], **dict(i.options))
        return {name: results[i] for name, i in self.outputs.items()}


def span(i: Instruction) -> tuple[Instruction, int, int] | None:
    """The block that an instruction is a part of, and its first and last place there; None for others."""
    if i.op == "part":
        return i.args[0], i.option("index"), i.option("index") + 1
    return (i.args[0], i.option("start"), i.option("stop")) if i.op == "parts" else None
