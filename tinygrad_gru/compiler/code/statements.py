"""The statement tree of a program over time, from which the NumPy program, its single step and native code are written.

A statement refers to instructions; the layout knows where their values live. Writers differ in how they say it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..ir import Instruction
from ..plan import Buffer, Layout, Phases

__all__ = ["Apply", "Backward", "Carried", "Copy", "Forward", "Statement", "Step"]


@dataclass(frozen=True)
class Apply:
    """Compute an instruction, into its place."""

    instruction: Instruction


@dataclass(frozen=True)
class Copy:
    """Copy a value, or zeros, into a buffer; `aside` if the value is overwritten by another copy before."""

    to: str
    value: Instruction | None
    aside: bool = False


Statement = Apply | Copy


@dataclass
class Forward:
    """The steps of a cell, after what is computed for all of them at once."""

    phases: Phases
    layout: Layout
    bulk: list[Statement] = field(default_factory=list)
    steps: list[Statement] = field(default_factory=list)
    over_time: list[Buffer] = field(default_factory=list)  # of bulk
    scratch: list[Buffer] = field(default_factory=list)  # of a step


@dataclass
class Step(Forward):
    """A single step, for sampling, where the next input is not known before the last output."""


@dataclass(frozen=True)
class Carried:
    """The gradient of a state, which goes from step to step in the variable `carry`; `now` is where a step reads it."""

    gradient: Instruction
    carry: str
    now: Instruction


@dataclass
class Backward:
    """The steps from the last to the first, chunk by chunk, and the sums over time.

    Without chunks, `pre` and `post` are empty and what they would hold is in `steps`.
    """

    phases: Phases
    layout: Layout
    carried: list[Carried] = field(default_factory=list)
    pre: list[Statement] = field(default_factory=list)
    steps: list[Statement] = field(default_factory=list)
    post: list[Statement] = field(default_factory=list)
    late: list[Statement] = field(default_factory=list)  # what sums over time need
    late_for_x: list[Statement] = field(default_factory=list)
    over_time: list[Buffer] = field(default_factory=list)
    late_buffers: list[Buffer] = field(default_factory=list)
    chunked: list[Buffer] = field(default_factory=list)
    scratch: list[Buffer] = field(default_factory=list)
