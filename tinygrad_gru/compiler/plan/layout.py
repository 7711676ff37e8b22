"""Where values live: the buffer of each value, and the part of it that the value takes.

A part of a block is a view of the block. A member of a block is written right into the block; an operand that nothing
else reads may be computed in the memory of its result; and the buffer of a value that has been read for the last time
serves the next value of that size. So a loop allocates nothing, and touches little memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..ir import Instruction, Stage
from ..ir.primitives import UFUNCS
from .phases import VIEWS, base

__all__ = ["Buffer", "Layout", "Lifetime", "Place"]


class Lifetime(Enum):
    """How many steps a buffer holds."""

    STEP = "one step"
    CHUNK = "the steps of a chunk"
    TIME = "all steps"
    SAVED = "all steps, if there will be a backward pass"
    GIVEN = "what the caller hands over"


@dataclass(frozen=True)
class Buffer:
    """Memory with a name; `dims` are those of a step, without the axis of time."""

    name: str
    dims: tuple[Any, ...]
    lifetime: Lifetime
    boolean: bool = False
    block_first: bool = False  # of several steps: (G, T, B, n), and not (T, G, B, n)

    @property
    def of_blocks(self) -> bool:
        """Whether it holds blocks."""
        return len(self.dims) == 3


@dataclass(frozen=True)
class Place:
    """A part of the buffer of `root`: one part of a block or several, and some columns; None means all."""

    root: Instruction
    block: int | tuple[int, int] | None = None
    columns: tuple[int, int] | None = None

    @property
    def whole(self) -> bool:
        """Whether it is all of the buffer."""
        return self.block is None and self.columns is None


Home = tuple[Instruction, int, int]  # the instruction whose memory it is, the first part there, and the first column


class Layout:
    """The places of the values of a function, chosen phase by phase.

    A block at several steps is stored step by step, so that a step's block is contiguous; `block_first` are the values
    of which a matrix product over all steps wants each gate's in one piece.
    """

    def __init__(
        self, names: Mapping[Instruction, str], instructions: Sequence[Instruction], block_first: set[Instruction]
    ) -> None:
        self.names = names
        self.instructions = instructions
        self.block_first = block_first
        self.buffers: dict[Instruction, Buffer] = {}
        self.homes: dict[Instruction, Home] = {}
        self.users: dict[Instruction, list[Instruction]] = {}
        listed = set(instructions)
        for i in instructions:
            for a in i.args:
                self.users.setdefault(a, []).append(i)
                while a.op in VIEWS and a not in listed:  # no phase has it, and what is read through it is read
                    listed.add(a)
                    self.users.setdefault(a.args[0], []).append(a)
                    a = a.args[0]

    def __str__(self) -> str:
        """A table: each value, the buffer that it is in, which part of that, and how many steps the buffer holds."""
        rows = []
        for i in self.instructions:
            place = self.place(i)
            if place.root in self.buffers:
                buffer = self.buffers[place.root]
                cut = "".join(f"[{_span(span)}]" for span in (place.block, place.columns) if span is not None)
                rows.append(f"{self.names[i]:16}  {buffer.name + cut:20}  {buffer.lifetime.value}")
        return "\n".join(rows)

    # --- places ------------------------------------------------------------------------------------------------------

    def place(self, i: Instruction) -> Place:
        """The place of a value."""
        block: int | tuple[int, int] | None = None
        columns: tuple[int, int] | None = None
        while i.op in VIEWS or i in self.homes:
            first, at = 0, 0
            inner = i
            if i in self.homes:
                i, first, at = self.homes[i]
            elif i.op == "columns":
                at, i = i.option("start"), i.args[0]
            else:
                first, i = i.option("index" if i.op == "part" else "start"), i.args[0]
            if len(inner.dims) < len(i.dims):
                block = first  # a matrix in a block
            elif len(i.dims) == 3 and inner.op != "columns":
                block = block + first if isinstance(block, int) else _shifted(block, first, inner.dims[0])
            columns = _shifted(columns, at, inner.width)
            if block == (0, i.dims[0]) and len(i.dims) == 3:
                block = None
            if columns == (0, i.width):
                columns = None
        return Place(i, block, columns)

    def buffer(self, i: Instruction) -> Buffer:
        """The buffer that a value is in."""
        return self.buffers[self.place(i).root]

    def give(self, i: Instruction, name: str, lifetime: Lifetime) -> Buffer:
        """A buffer of this name for a value."""
        self.buffers[i] = self._buffer(i, name, lifetime)
        return self.buffers[i]

    def _buffer(self, i: Instruction, name: str, lifetime: Lifetime) -> Buffer:
        several = lifetime not in (Lifetime.STEP, Lifetime.GIVEN)
        return Buffer(name, i.dims, lifetime, i.is_boolean, several and len(i.dims) == 3 and i in self.block_first)

    # --- choosing them -----------------------------------------------------------------------------------------------

    def place_members(self, phase: Sequence[Instruction]) -> None:
        """Let members of a block, and of what stands side by side, be written right into it, where they can be."""
        computed = set(phase)
        for i in phase:
            at = 0
            for a in i.args if i.op in ("stack", "concat") else ():
                size = 1 if len(a.dims) == 2 else a.dims[0]
                free = a in computed and a not in self.homes and a not in self.buffers and a.op not in VIEWS
                if free and a is not i and (i.op == "stack" or a.op in UFUNCS or a.op == "concat"):
                    self.homes[a] = (i, at, 0) if i.op == "stack" else (i, 0, at)
                at += size if i.op == "stack" else a.width

    def lead(
        self, phase: Sequence[Instruction], pinned: Iterable[Instruction], carried: Iterable[Instruction] = ()
    ) -> None:
        """Compute operands in the memory of the result, where nothing else reads them: in t = tanh(a + b), a + b.

        `pinned` are read later; the old values of `carried` are in the memory of results, and must be read before.
        """
        computed, read_later, old = set(phase), set(pinned), set(carried)
        position = {i: n for n, i in enumerate(phase)}
        held = {self.buffers[d].name: d for d in old if d in self.buffers}
        for i in reversed(phase):
            if i.op not in UFUNCS:
                continue
            for a in dict.fromkeys(i.args):
                alone = a in computed and self.users.get(a, []) == [i] and a not in read_later
                homeless = a not in self.homes and a not in self.buffers and a.op not in VIEWS
                alike = (a.dims, a.is_boolean) == (i.dims, i.is_boolean)
                can = a.op in UFUNCS or (a.op == "matmul" and self.place(i).columns is None)
                if alone and homeless and alike and can:
                    name = self.buffers[self.place(i).root].name if self.place(i).root in self.buffers else ""
                    if name in held and self._still_read(held[name], a, phase, position):
                        continue
                    self.homes[a] = self.homes.get(i, (i, 0, 0))  # of a long chain, at once that of its end
                    break

    def _still_read(
        self, carried: Instruction, a: Instruction, phase: Sequence[Instruction], position: Mapping[Instruction, int]
    ) -> bool:
        """Whether an old value is read after `a` has been written over it."""
        reads = [position[i] for i in phase if any(base(b) is carried for b in i.args)]
        return any(n > position[a] for n in reads) or (position[a] in reads and a.op not in UFUNCS)

    def settle(
        self, phase: Sequence[Instruction], pinned: Iterable[Instruction], lifetime: Lifetime, prefix: str = ""
    ) -> list[Buffer]:
        """Buffers for all values of a phase that have none yet; returns the new ones."""
        read_later = {self.place(i).root for i in pinned}
        own = {self.place(i).root for i in phase if i.op not in VIEWS}  # what came from elsewhere is not ours to write
        last: dict[Instruction, int] = {}
        for n, i in enumerate(phase):
            for a in i.args:
                last[self.place(a).root] = n
            last[self.place(i).root] = n
        new: list[Buffer] = []
        free: dict[Any, list[Buffer]] = {}
        for n, i in enumerate(phase):
            if i.op in VIEWS:
                continue
            root = self.place(i).root
            if root not in self.buffers:
                taken = self._over(i, n, last, own - read_later, lifetime) if root is i else None
                kind = (root.dims, root.is_boolean, root in self.block_first)
                if isinstance(taken, Place):
                    last[taken.root] = max(last[taken.root], last[i])
                    continue
                if taken is None and free.get(kind):
                    taken = free[kind].pop()
                if taken is None:
                    taken = self._buffer(root, prefix + self.names[root], lifetime)
                    new.append(taken)
                self.buffers[root] = taken
            for a in dict.fromkeys(self.place(a).root for a in i.args):
                buffer = self.buffers.get(a)
                ends = last.get(a) == n and a not in read_later and buffer in new
                if ends and buffer is not None and buffer != self.buffers[self.place(i).root]:
                    others = any(b == buffer and last.get(j, -1) > n for j, b in self.buffers.items() if j is not a)
                    pile = free.setdefault((buffer.dims, buffer.boolean, a in self.block_first), [])
                    if not others and buffer not in pile:
                        pile.append(buffer)
        return new

    def _over(
        self, i: Instruction, n: int, last: Mapping[Instruction, int], ours: set[Instruction], lifetime: Lifetime
    ) -> Buffer | Place | None:
        """The memory of an operand that is read here for the last time, if the result can be written over it."""
        if i.op not in UFUNCS:
            return None
        for a in i.args:
            if a.stage == Stage.FIXED or (a.dims, a.is_boolean) != (i.dims, i.is_boolean):
                continue
            place = self.place(a)
            buffer = self.buffers.get(place.root)
            if buffer is None or buffer.lifetime != lifetime or place.root not in ours:
                continue
            same_order = len(i.dims) < 3 or (i in self.block_first) == buffer.block_first
            if place.whole and last.get(place.root) == n and (same_order or lifetime == Lifetime.STEP):
                return buffer
            parts = self.users.get(place.root, [])
            alone = isinstance(place.block, int) and place.columns is None and all(u.op == "part" for u in parts)
            if alone and a.op == "part" and a.args[0] is place.root and self.users[a] == [i] and i in ours:
                assert isinstance(place.block, int)
                self.homes[i] = (place.root, place.block, 0)
                return place
        return None


def _span(span: int | tuple[int, int]) -> str:
    return f"{span}" if isinstance(span, int) else f"{span[0]}:{span[1]}"


def _shifted(span: tuple[int, int] | None, by: int, size: int) -> tuple[int, int]:
    return (by, by + size) if span is None else (span[0] + by, span[1] + by)
