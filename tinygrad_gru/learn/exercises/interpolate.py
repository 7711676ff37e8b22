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

from . import Remark

CHAPTER = 13
RETURNS = ("out", "also", "number of lines", "number of products")
Line = tuple[str, str, str, str]
Program = list[Line]

OPERATIONS = {"sub": np.subtract, "mul": np.multiply, "add": np.add}
MIX: Program = [("a", "sub", "1", "z"), ("b", "mul", "a", "h"), ("c", "mul", "z", "n"), ("out", "add", "b", "c")]
OTHER_GATE: Program = [*MIX[:2], ("c", "mul", "y", "n"), ("out", "add", "b", "c")]
READ_ELSEWHERE: Program = [*MIX, ("also", "mul", "a", "n")]
ANOTHER_LEFT: Program = [("a", "sub", "k", "z"), *MIX[1:]]  # k − z
NO_PRODUCT: Program = [MIX[0], ("b", "add", "a", "h"), *MIX[2:]]
TWO_MIXES: Program = [*MIX, ("p", "mul", "a", "n"), ("q", "mul", "z", "h"), ("also", "add", "p", "q")]
NO_SUM: Program = [*MIX[:3], ("out", "sub", "b", "c")]
NO_DIFFERENCE: Program = [("a", "add", "1", "z"), *MIX[1:]]  # 1 + z
INPUT_NAMED_D: Program = [*MIX, ("also", "mul", "out", "d")]  # d is an input


def interpolate(program: Program) -> Program:
    """The program, with a + z·(b − a) for each (1 − z)·a + z·b, and without lines that nobody reads."""
    lines = {line[0]: line for line in program}
    rewritten: Program = []
    for name, op, left, right in program:
        _, op_l, one_minus_z, a = lines.get(left, ("", "", "", ""))
        _, op_r, z, b = lines.get(right, ("", "", "", ""))
        if op == "add" and op_l == op_r == "mul" and lines.get(one_minus_z, ("",) * 4)[1:] == ("sub", "1", z):
            difference, share = f"{name}_difference", f"{name}_share"  # names that nothing else has
            rewritten += [(difference, "sub", b, a), (share, "mul", z, difference), (name, "add", a, share)]
        else:
            rewritten.append((name, op, left, right))
    return _alive(rewritten)


def _variant(
    program: Program, same_gate: bool = True, any_left: bool = False, any_operation: bool = False, turned: bool = False,
    negative: bool = False, fixed_names: bool = False, keep_dead: bool = False,
) -> Program:  # fmt: skip
    """The same with a mistake."""
    lines = {line[0]: line for line in program}
    rewritten: Program = []
    for name, op, left, right in program:
        kept, taken = lines.get(left), lines.get(right)
        products = kept and taken and (any_operation or kept[1] == taken[1] == "mul") and kept[2] in lines
        if op == "add" and kept and taken and products:
            _, outer, one, z = lines[kept[2]]
            if outer == "sub" and (one == "1" or any_left) and (z == taken[2] or not same_gate):
                a, b = (taken[3], kept[3]) if turned else (kept[3], taken[3])
                difference, share = ("d", "m") if fixed_names else (f"{name}_difference", f"{name}_share")
                rewritten.append((difference, "sub", *((a, b) if negative else (b, a))))
                rewritten += [(share, "mul", taken[2], difference), (name, "add", a, share)]
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
    yield (ANOTHER_LEFT,)
    yield (NO_PRODUCT,)
    yield (TWO_MIXES,)
    yield (INPUT_NAMED_D,)
    yield (NO_SUM,)
    yield (NO_DIFFERENCE,)


def probe(attempt: Callable[[Program], Program], program: Program) -> tuple[Any, ...]:
    """What the program computes, how long it is, and how many of its lines are products."""
    lines = attempt(program)
    values: dict[str, Any] = {name: np.random.default_rng(i).standard_normal(3) for i, name in enumerate("zyhnkd")}
    values["1"] = 1.0
    for name, op, left, right in lines:
        for side in (left, right):
            if side not in values:
                raise Remark(f"The line {name} reads {side}, which no line above it makes.")
        values[name] = OPERATIONS[op](values[left], values[right])
    if "out" not in values:
        raise Remark("No line makes out, the result.")
    products = sum(op == "mul" for _, op, _, _ in lines)
    return values["out"], values.get("also", 0.0), len(lines), products


HINTS = (
    "Put the lines into a dictionary by name, so that you can look up what made the two sides of an add.",
    "Is one side mul of (sub 1 z) and the other mul of z? The SAME z in both: otherwise leave it.",
    "Last, go through the lines backwards: keep a line if its name is read, and note what it reads.",
)


def wrong_end(program: Program) -> Program:
    """At z = 0 the result must be the OLD state: a + z·(b − a), with a beside 1 − z."""
    return _variant(program, turned=True)


def any_gate(program: Program) -> Program:
    """You joined 1 − z with another gate: it must be the same z on both sides."""
    return _variant(program, same_gate=False)


def any_left(program: Program) -> Program:
    """You took k − z for 1 − z: the left of the sub must be "1"."""
    return _variant(program, any_left=True)


def any_operation(program: Program) -> Program:
    """You took a sum for a product: both sides of the add must be made by mul."""
    return _variant(program, any_operation=True)


def negative(program: Program) -> Program:
    """The difference has its sign turned: b − a."""
    return _variant(program, negative=True)


def fixed_names(program: Program) -> Program:
    """Your new lines always have the same names: with two mixes, or an input of that name, one hides the other."""
    return _variant(program, fixed_names=True)


def dead_lines(program: Program) -> Program:
    """Right, and no faster: the lines that nobody reads are still there."""
    return _variant(program, keep_dead=True)


def untouched(program: Program) -> Program:
    """Nothing is rewritten: the program comes back as it was."""
    return list(program)


TWINS = (wrong_end, any_gate, any_left, any_operation, negative, fixed_names, dead_lines, untouched)
OURS = ("compiler.passes.interpolate", 'return p.line("add", a, p.line("multiply", z, p.line("subtract", b, a)))')
TORCH = "torch.compile(model)  # rewrites its graph in passes, too"
