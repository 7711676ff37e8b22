"""A pass of a compiler: one product less.

(1 − z)·a + z·b becomes a + z·(b − a).

A program is a list of lines (name, operation, left, right), the operation "sub", "mul" or "add"; "1" is the number 1.
Where a line adds two products, the first with (1 − z) and the second with the SAME z, write new lines in its place. The
factors of a product may stand in either order, z·b or b·z. A new line needs a name that no line and no input has. Then
leave out the lines whose names nobody reads any more. The results are called "out", and "also" where there is a second
one. Return the program.
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
FACTORS_TURNED: Program = [MIX[0], ("b", "mul", "h", "a"), ("c", "mul", "n", "z"), MIX[3]]
ONE_TURNED: Program = [*MIX[:2], ("c", "mul", "n", "z"), MIX[3]]
INPUTS_NAMED: Program = [  # d, t0, t1, tmp and the last are inputs
    *MIX,
    ("p", "mul", "out", "d"),
    ("q", "mul", "p", "t0"),
    ("r", "mul", "q", "t1"),
    ("s", "mul", "r", "tmp"),
    ("also", "mul", "s", "out_difference"),
]
LINES_NAMED: Program = [
    ("t0", "sub", "1", "z"),
    ("t1", "mul", "t0", "h"),
    ("t2", "mul", "z", "n"),
    ("out", "add", "t1", "t2"),
    ("d", "mul", "t0", "t1"),
    ("also", "mul", "d", "t2"),
]
INPUTS = ("z", "y", "h", "n", "k", "d", "t0", "t1", "tmp", "out_difference")


def interpolate(program: Program) -> Program:
    """The program, with a + z·(b − a) for each (1 − z)·a + z·b, and without lines that nobody reads."""
    taken = {word for line in program for word in line}
    rewritten = []
    for name, op, left, right in program:
        mix = mixed(program, left, right) if op == "add" else None
        if mix:
            z, a, b = mix
            difference, share = (unused(f"{name}_{part}", taken) for part in ("difference", "share"))
            rewritten += [(difference, "sub", b, a), (share, "mul", z, difference), (name, "add", a, share)]
        else:
            rewritten.append((name, op, left, right))
    return alive(rewritten)


def mixed(program: Program, left: str, right: str) -> tuple[str, str, str] | None:
    """z, a and b, if left is (1 − z)·a and right is z·b, the factors in either order."""
    lines = {name: operation for name, *operation in program}
    for one_minus_z, a in factors(program, left):
        for z, b in factors(program, right):
            if lines.get(one_minus_z) == ["sub", "1", z]:
                return z, a, b
    return None


def factors(program: Program, product: str) -> list[tuple[str, str]]:
    """The two factors of a product, both ways round; none of what is no product."""
    pairs = [(left, right) for name, op, left, right in program if name == product and op == "mul"]
    return pairs + [(right, left) for left, right in pairs]


def unused(name: str, taken: set[str]) -> str:
    """A name that nothing else has."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _variant(
    program: Program, same_gate: bool = True, any_left: bool = False, any_operation: bool = False, turned: bool = False,
    negative: bool = False, fixed_names: bool = False, keep_dead: bool = False, one_order: bool = False,
) -> Program:  # fmt: skip
    """The same with a mistake."""
    lines = {name: operation for name, *operation in program}
    taken = {word for line in program for word in line}

    def pairs_of(product: str) -> list[tuple[str, str]]:
        op, left, right = lines.get(product, ["", "", ""])
        pairs = [(left, right), (right, left)] if op == "mul" or (any_operation and op) else []
        return pairs[:1] if one_order else pairs

    def mix_of(left: str, right: str) -> tuple[str, str, str] | None:
        for gate, a in pairs_of(left):
            for z, b in pairs_of(right):
                op, one, of = lines.get(gate, ["", "", ""])
                if op == "sub" and (one == "1" or any_left) and (of == z or not same_gate):
                    return z, a, b
        return None

    rewritten: Program = []
    for name, op, left, right in program:
        mix = mix_of(left, right) if op == "add" else None
        if mix is None:
            rewritten.append((name, op, left, right))
            continue
        z, a, b = mix if not turned else (mix[0], mix[2], mix[1])
        names = ("d", "m") if fixed_names else (f"{name}_difference", f"{name}_share")
        difference, share = names if fixed_names else (unused(each, taken) for each in names)
        rewritten.append((difference, "sub", *((a, b) if negative else (b, a))))
        rewritten += [(share, "mul", z, difference), (name, "add", a, share)]
    return rewritten if keep_dead else alive(rewritten)


def alive(program: Program) -> Program:
    """The lines that a result needs."""
    read, living = {"out", "also"}, []
    for line in reversed(program):
        if line[0] in read:
            living.append(line)
            read |= {line[2], line[3]}
    return living[::-1]


def cases() -> Iterator[tuple[Program]]:
    """A program."""
    yield (MIX,)
    yield (OTHER_GATE,)
    yield (READ_ELSEWHERE,)
    yield (ANOTHER_LEFT,)
    yield (NO_PRODUCT,)
    yield (TWO_MIXES,)
    yield (NO_SUM,)
    yield (NO_DIFFERENCE,)
    yield (FACTORS_TURNED,)
    yield (ONE_TURNED,)
    yield (INPUTS_NAMED,)
    yield (LINES_NAMED,)


def probe(attempt: Callable[[Program], Program], program: Program) -> Any:
    """What the program computes, how long it is, and how many of its lines are products."""
    inputs = {word for line in program for word in line[2:]} - {line[0] for line in program}
    lines = attempt(program)
    if not isinstance(lines, list | tuple):
        return lines  # the judge says what it is
    values: dict[str, Any] = {
        x: np.random.default_rng(i).standard_normal(3) for i, x in enumerate(INPUTS) if x in inputs
    }
    values["1"] = 1.0
    for line in lines:
        if not isinstance(line, tuple | list) or len(line) != 4 or line[1] not in OPERATIONS:
            raise Remark(
                f"A line is (name, operation, left, right), the operation sub, mul or add; yours: {line!r}"[:200]
            )
        name, op, left, right = line
        if name in values:
            raise Remark(f"Two lines, or a line and an input, are called {name}: a new line needs a name of its own.")
        for side in (left, right):
            if side not in values:
                raise Remark(f"The line {name} reads {side}, which no line above it makes.")
        values[name] = OPERATIONS[op](values[left], values[right])
    if "out" not in values:
        raise Remark("No line makes out, the result.")
    products = sum(op == "mul" for _, op, _, _ in lines)
    return values["out"], values.get("also", 0.0), len(lines), products


EXAMPLE = """

if __name__ == "__main__":  # an example: (1 − z)·h + z·n
    program = [("a", "sub", "1", "z"), ("b", "mul", "a", "h"), ("c", "mul", "z", "n"), ("out", "add", "b", "c")]
    for line in interpolate(program):
        print(line)  # ("d", "sub", "n", "h"), ("m", "mul", "z", "d"), ("out", "add", "h", "m"); other names will do
"""

HINTS = (
    "Put the lines into a dictionary by name, so that you can look up what made the two sides of an add.",
    "Is the left side mul of (sub 1 z) and the right one mul of z, in either order? The SAME z: otherwise leave it.",
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


def one_order(program: Program) -> Program:
    """The factors of a product may stand in either order: (1 − z)·a and a·(1 − z), z·b and b·z."""
    return _variant(program, one_order=True)


def dead_lines(program: Program) -> Program:
    """Right, and no faster: the lines that nobody reads are still there."""
    return _variant(program, keep_dead=True)


def untouched(program: Program) -> Program:
    """Nothing is rewritten: the program comes back as it was."""
    return list(program)


TWINS = (wrong_end, any_gate, any_left, any_operation, negative, fixed_names, one_order, dead_lines, untouched)
OURS = ("compiler.passes.algebra", '[Rule("(1 − z)·a + z·b → a + z·(b − a)"')
TORCH = "torch.compile(model)  # rewrites its graph in passes, too"
