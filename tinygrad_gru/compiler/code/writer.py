"""Values and statements as the text of NumPy calls: a value is a variable in a loop over steps, an expression outside.

    all_z    z at every step          some_z   z at the steps of a chunk          z   z at this step

Every call writes into memory that is there already: its last argument.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..ir import Instruction, Stage
from ..ir.names import comment
from ..ir.primitives import UFUNCS
from ..plan import Buffer, Lifetime, Place, Unplannable
from .statements import Apply, Backward, Copy, Forward, Statement

__all__ = ["Writer", "named"]

NUMERALS = {0.5: "half", 0.0: "zero", 1.0: "one"}


def named(value: float) -> str:
    """The name of a number that has one; −0 is not 0."""
    return "" if value == 0 and math.copysign(1, value) < 0 else NUMERALS.get(value, "")


@dataclass
class Writer:
    """The text of one function: its lines, and the names of the views that its loop needs."""

    tree: Forward | Backward
    lines: list[str] = field(default_factory=list)
    numerals: dict[Instruction, str] = field(default_factory=dict)
    fixed_views: dict[tuple[str, str], str] = field(default_factory=dict)  # (buffer, view) of one step: made once
    moving_views: dict[tuple[str, str], str] = field(default_factory=dict)  # of what is another array at each step
    rows: dict[tuple[str, str], str] = field(default_factory=dict)  # of several steps: one step after the other
    slices: dict[Buffer, str] | None = None  # within a chunk: the names of buffers at its steps

    def __post_init__(self) -> None:
        self.layout = self.tree.layout
        self.names = self.layout.names
        self.taken = {*self.names.values(), *(b.name for b in self.layout.buffers.values())}

    def write(self, text: str, i: Instruction | None = None, indent: int = 1) -> None:
        """A line, with the name and the scope of what it computes as its comment."""
        note = ", ".join(part for part in (i.label, i.scope) if part) if i is not None else ""
        self.lines.append(("    " * indent + (f"{text:<78}  {comment(note)}" if note else text)).rstrip())

    # --- values ------------------------------------------------------------------------------------------------------

    def small(self, i: Instruction) -> str:
        """A number, or a value that is computed from the parameters."""
        if i.op != "number":
            return self.names[i]
        value = i.option("value")
        return repr(value) if not isinstance(value, float) or math.isfinite(value) else f"float({str(value)!r})"

    def numeral(self, i: Instruction) -> str:
        """A number in a loop, as an array without axes: NumPy takes those faster than numbers of Python."""
        if i not in self.numerals:
            name = named(i.option("value"))
            self.numerals[i] = name if name and name not in self.taken else f"number_{len(self.numerals) + 1}"
        return self.numerals[i]

    def fixed(self, i: Instruction) -> str:
        """A fixed value beside values of several steps: a block gets an axis for the time."""
        return f"{self.small(i)}[:, None]" if len(i.dims) == 3 else self.small(i)

    def now(self, i: Instruction) -> str:
        """The variable that holds a value at this step."""
        if i.op == "number":
            return self.numeral(i)
        if i.stage == Stage.FIXED:
            return self.small(i)
        place = self.layout.place(i)
        return self.view(place, self.names[i] if i.label else "")

    def view(self, place: Place, label: str = "") -> str:
        """The variable that holds a place at this step."""
        buffer = self.layout.buffers[place.root]
        cut = _cut(place)
        name = label or _joined(self.names[place.root], place)
        if buffer.lifetime == Lifetime.STEP:
            return buffer.name if not cut else self._named(self.fixed_views, (buffer.name, cut), name)
        if buffer.lifetime == Lifetime.GIVEN:
            return buffer.name if not cut else self._named(self.moving_views, (buffer.name, cut), name)
        label = name if cut else self.names[place.root]
        if buffer.of_blocks and not buffer.block_first:
            cut = cut.replace("[", "[:, ", 1) if place.block is not None else cut
        elif buffer.of_blocks and not isinstance(place.block, int):
            cut = f"{cut}.swapaxes(0, 1)"
        return self._named(self.rows, (buffer.name, cut), label)

    def _named(self, views: dict[tuple[str, str], str], key: tuple[str, str], name: str) -> str:
        if key not in views:
            used = {*self.fixed_views.values(), *self.moving_views.values(), *self.rows.values()}
            mine, n = name, 1
            while mine in used or (mine in self.taken and mine not in self._free(key)):
                n += 1
                mine = f"{name}_{n}"
            views[key] = mine
        return views[key]

    def _free(self, key: tuple[str, str]) -> set[str]:
        """Names that nothing else has in the text: those of values that have no buffer of that name."""
        return set(self.names.values()) - {b.name for b in self.layout.buffers.values()} - self._parameters()

    def _parameters(self) -> set[str]:
        return {self.names[i] for i in self.tree.phases.program.inputs.values() if i.stage == Stage.FIXED} | {
            self.names[i] for i in (*self.tree.phases.fixed, *self.tree.phases.fixed_back)
        }

    def many(self, i: Instruction) -> str:
        """An expression for a value at several steps at once."""
        if i.op == "number":
            return self.small(i)
        if i.stage == Stage.FIXED:
            return self.fixed(i)
        return self.several(self.layout.place(i))

    def several(self, place: Place) -> str:
        """An expression for a place at several steps: those of the chunk, within one."""
        buffer = self.layout.buffers[place.root]
        if self.slices is None:
            return _blocks_first(buffer) + _cut(place)
        if buffer not in self.slices:
            of_a_chunk = buffer.lifetime == Lifetime.CHUNK
            self.slices[buffer] = f"{buffer.name}_" if of_a_chunk else f"some_{buffer.name.removeprefix('all_')}"
        return self.slices[buffer] + _cut(place)

    def table(self, i: Instruction) -> str:
        """A value at all steps, (T·B, n) or (G, T·B, n): a row for each step and sequence."""
        if i.stage == Stage.FIXED:
            return self.small(i)
        place = self.layout.place(i)
        buffer = self.layout.buffers[place.root]
        blocks = f"{buffer.dims[0]}, " if len(buffer.dims) == 3 else ""
        return f"{_blocks_first(buffer)}.reshape({blocks}T * B, {buffer.dims[-1]})" + _cut(place)

    # --- statements --------------------------------------------------------------------------------------------------

    def body(self, statements: Sequence[Statement], several: bool, indent: int) -> None:
        """The calls of statements, for this step or for several at once."""
        aside = [s for s in statements if isinstance(s, Copy) and s.aside]
        for s in statements:
            if isinstance(s, Apply):
                self.apply(s.instruction, several, indent)
                continue
            if s in aside and s is aside[0]:
                for other in aside:
                    assert other.value is not None
                    self.write(f"then_{other.to} = {self.now(other.value)}.copy()", indent=indent)
            value = f"then_{s.to}" if s.aside else "0" if s.value is None else self.now(s.value)
            if value != s.to:
                self.write(f"copyto({s.to}, {value})", s.value, indent)

    def apply(self, i: Instruction, several: bool, indent: int) -> None:
        """The call that computes an instruction into its place."""
        get = self.many if several else self.now
        args, out = [get(a) if i.op not in ("stack", "concat") else "" for a in i.args], get(i)
        if i.op in UFUNCS:
            # NumPy deprecates a third argument of maximum and minimum that is the output
            last = f"out={out}" if i.op in ("maximum", "minimum") else out
            self.write(f"{i.op}({', '.join([*args, last])})", i, indent)
        elif i.op in ("stack", "concat"):
            self._join(i, several, indent)
        elif i.op == "where":
            self.write(f"copyto({out}, {args[2]})", i, indent)
            self.write(f"copyto({out}, {args[1]}, where={args[0]})", None, indent)
        elif i.op == "matmul" and several:
            if (buffer := self.layout.buffer(i)).of_blocks and not buffer.block_first:
                raise Unplannable("a product of several steps, whose block is stored step by step")  # no view is rows
            W = self.small(i.args[1])
            self.write(f"matmul({self.rows_of(i.args[0])}, {W}, {self.rows_of(i)})", i, indent)
        elif i.op == "matmul":
            plain = len(i.dims) == 2 and self.layout.place(i).whole
            self.write(f"{'dot' if plain else 'matmul'}({args[0]}, {self.small(i.args[1])}, {out})", i, indent)
        elif i.op in ("sum_columns", "max_columns"):
            ufunc = "add" if i.op == "sum_columns" else "maximum"
            self.write(f"{ufunc}.reduce({args[0]}, axis=-1, keepdims=True, out={out})", i, indent)
        elif i.op == "broadcast_columns":
            self.write(f"copyto({out}, {args[0]})", i, indent)
        else:
            raise NotImplementedError(f"no statement for {i.op}")

    def rows_of(self, i: Instruction) -> str:
        """A value at several steps as rows, for a matrix product; a view, so that it can be written into."""
        blocks = f"{i.dims[0]}, " if len(i.dims) == 3 else ""
        rows = "T * B" if self.slices is None else "(stop - start) * B"
        return f"{self.many(i)}.reshape({blocks}{rows}, {i.width})"

    def _join(self, i: Instruction, several: bool, indent: int) -> None:
        """Copies of the members that are not written right into a block, or side by side."""
        at = 0
        for a in i.args:
            size = (a.dims[0] if len(a.dims) == 3 else 1) if i.op == "stack" else a.width
            home = self.layout.homes.get(a)
            if home is None or home[0] is not i or max(home[1:]) != at:
                target = self._member(i, a, at, size)
                source = self.many(a) if several else self.now(a)
                self.write(f"copyto({self.several(target) if several else self.view(target)}, {source})", i, indent)
            at += size

    def _member(self, i: Instruction, a: Instruction, at: int, size: int) -> Place:
        place = self.layout.place(i)
        if i.op == "concat":
            start = place.columns[0] if place.columns else 0
            return Place(place.root, place.block, (start + at, start + at + size))
        first = place.block[0] if isinstance(place.block, tuple) else 0
        return Place(place.root, first + at if len(a.dims) == 2 else (first + at, first + at + size), place.columns)

    def allocate(self, buffer: Buffer, method: str, indent: int = 1) -> None:
        """The line that takes a buffer from the memory of the call."""
        *blocks, batch, width = buffer.dims
        time = {Lifetime.STEP: [], Lifetime.CHUNK: ["chunk"]}.get(buffer.lifetime, ["T"])
        first = [*blocks, *time] if buffer.block_first else [*time, *blocks]
        shape = ", ".join(map(str, [*first, batch, width]))
        if method in ("steps", "run") and buffer.block_first:
            method = f"block_{method}"
        self.write(f"{buffer.name} = memory.{method}({buffer.name!r}, ({shape}), {buffer.boolean})", indent=indent)

    # --- parts of functions ------------------------------------------------------------------------------------------

    def once(self) -> list[str]:
        """The lines that stand before a loop: numbers, and views of what is the same memory at each step."""
        lines = [f"    {name} = memory.number({self.small(i)})" for i, name in self.numerals.items()]
        return lines + [f"    {name} = {buffer}{cut}" for (buffer, cut), name in self.fixed_views.items()]

    def loop(self, iterated: Sequence[tuple[str, str]], indent: int) -> None:
        """The head of a loop over steps: names, and what they go through."""
        self.write(f"for {', '.join(name for name, _ in iterated)} in zip(", indent=indent)
        for _, array in iterated:
            self.write(f"    {array},", indent=indent)
        self.write("):", indent=indent)
        for (buffer, cut), name in self.moving_views.items():
            self.write(f"    {name} = {buffer}{cut}", indent=indent)


def _cut(place: Place) -> str:
    """The index of a place in its buffer, such as `[0]`, `[1:3]` or `[..., 0:4]`."""
    cut = "" if place.block is None else f"[{place.block}]" if isinstance(place.block, int) else (
        f"[{place.block[0]}:{place.block[1]}]")  # fmt: skip
    return cut if place.columns is None else f"{cut}[..., {place.columns[0]}:{place.columns[1]}]"


def _blocks_first(buffer: Buffer) -> str:
    """A buffer of several steps with the axis of blocks first."""
    turned = buffer.of_blocks and not buffer.block_first
    return f"{buffer.name}.swapaxes(0, 1)" if turned else buffer.name


def _joined(name: str, place: Place) -> str:
    numbers = [place.block] if isinstance(place.block, int) else [*(place.block or ())]
    return "_".join([name, *map(str, [*numbers, *(place.columns or ())])])
