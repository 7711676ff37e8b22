"""A pass of a compiler: one product less.

(1 − z)·a + z·b becomes a + z·(b − a).

A program is a list of lines (name, operation, left, right), the operation "sub", "mul" or "add"; "1" is the number 1.
Where a line adds two products, the first with (1 − z) and the second with the SAME z, write new lines in its place;
then leave out the lines whose names nobody reads any more. The results are called "out", and "also" where there is a
second one. Return the program.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

CHAPTER = 13
RETURNS = ("out", "number of lines", "also")
Line = tuple[str, str, str, str]
Program = list[Line]

OPERATIONS = {"sub": np.subtract, "mul": np.multiply, "add": np.add}
MIX: Program = [("a", "sub", "1", "z"), ("b", "mul", "a", "h"), ("c", "mul", "z", "n"), ("out", "add", "b", "c")]
OTHER_GATE: Program = [*MIX[:2], ("c", "mul", "y", "n"), ("out", "add", "b", "c")]
READ_ELSEWHERE: Program = [*MIX, ("also", "mul", "a", "n")]


def interpolate(program: Program) -> Program:
    """The program, with a + z·(b − a) for each (1 − z)·a + z·b, and without lines that nobody reads."""
    return _interpolated(program)


def _interpolated(program: Program, same_gate: bool = True, turned: bool = False, keep_dead: bool = False) -> Program:
    lines = {line[0]: line for line in program}
    rewritten: Program = []
    for name, op, left, right in program:
        kept, taken = lines.get(left), lines.get(right)
        if op == "add" and kept and taken and kept[1] == taken[1] == "mul" and kept[2] in lines:
            _, outer, one, z = lines[kept[2]]
            if (outer, one) == ("sub", "1") and (z == taken[2] or not same_gate):
                a, b = (taken[3], kept[3]) if turned else (kept[3], taken[3])
                difference, share = f"{name}_difference", f"{name}_share"
                rewritten += [(difference, "sub", b, a), (share, "mul", taken[2], difference), (name, "add", a, share)]
                continue
        rewritten.append((name, op, left, right))
    return rewritten if keep_dead else _alive(rewritten)


def _alive(program: Program) -> Program:
    """The lines that a result needs."""
    read, alive = {"out", "also"}, []
    for line in reversed(program):
        if line[0] in read:
            alive.append(line)
            read |= {line[2], line[3]}
    return alive[::-1]


def cases() -> Iterator[tuple[Program]]:
    """A program."""
    yield (MIX,)
    yield (OTHER_GATE,)
    yield (READ_ELSEWHERE,)


def probe(attempt: Callable[[Program], Program], program: Program) -> tuple[Any, ...]:
    """What the program computes, and how long it is."""
    lines = attempt(program)
    values: dict[str, Any] = {name: np.random.default_rng(i).standard_normal(3) for i, name in enumerate("zyhn")}
    values["1"] = 1.0
    for name, op, left, right in lines:
        values[name] = OPERATIONS[op](values[left], values[right])
    return values["out"], len(lines), values.get("also", 0.0)


HINTS = (
    "Put the lines into a dictionary by name, so that you can look up what made the two sides of an add.",
    "Is one side mul of (sub 1 z) and the other mul of z? The SAME z in both: otherwise leave it.",
    "Last, go through the lines backwards: keep a line if its name is read, and note what it reads.",
)


def wrong_end(program: Program) -> Program:
    """At z = 0 the result must be the OLD state: a + z·(b − a), with a beside 1 − z."""
    return _interpolated(program, turned=True)


def any_gate(program: Program) -> Program:
    """You joined 1 − z with another gate: it must be the same z on both sides."""
    return _interpolated(program, same_gate=False)


def dead_lines(program: Program) -> Program:
    """Right, and no faster: the lines that nobody reads are still there."""
    return _interpolated(program, keep_dead=True)


TWINS = (wrong_end, any_gate, dead_lines)
OURS = ("compiler.passes.interpolate", 'return p.line("add", a, p.line("multiply", z, p.line("subtract", b, a)))')
TORCH = "torch.compile(model)  # its passes are thousands of such rules"
