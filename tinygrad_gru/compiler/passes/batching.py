"""The passes that make blocks of gates: what is done alike to several values is done once to a block of them.

All four are one law, f(a), f(b) = f⟨a, b⟩ (the field calls it superword-level parallelism), and differ in the values
that they look for. Members of a block must not depend on one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..ir import Instruction, Program, Stage
from ..ir.primitives import ELEMENTWISE
from ..ir.program import span
from .rewrite import Firing, Pass
from .sums import terms_of, within_a_sum

__all__ = ["batch_gradients", "batch_products", "batch_sums", "vectorise"]

Run = list[Instruction]


class Batching(Pass):
    """A pass that finds runs of instructions, makes a block of each, and looks again until there are none left."""

    def __init__(self, name: str, note: str, law: str, find: Callable[[Program], Iterable[Run]]) -> None:
        super().__init__(name, note)
        self.law = law
        self.find = find

    def __call__(self, program: Program, firings: list[Firing] | None = None) -> Program:
        while run := next((r for r in self.find(program) if len(r) > 1 and _independent(r)), None):
            block, start = _block(program, run), 0
            replaced: dict[Instruction, Instruction] = {}
            for i in run:
                size = i.dims[0] if len(i.dims) == 3 else None
                replaced[i] = program.part(block, start, None if size is None else start + size)
                start += size or 1
            if firings is not None:
                names = program.names()
                together = ", ".join(names[i] for i in run)
                firings.append(Firing(self.law, together, together, f"⟨{together}⟩, one block"))
            program = program.substitute(replaced)  # one run at a time: two could need each other
        return program


def _block(p: Program, run: Run) -> Instruction:
    """One operation for all members: arguments that they share stay, others become blocks."""
    args = []
    rows = [i.args for i in run]
    if all(map(_scaled, run)):  # g·p or p·g
        rows = [i.args if i.args[0].stage == Stage.GRADIENT else i.args[::-1] for i in run]
    for column in zip(*rows, strict=True):
        alike = all(a is column[0] for a in column)
        args.append(column[0] if alike else p.stack(list(column)))
    label = "_".join(i.label for i in run) if all(i.label for i in run) else ""
    scope = ", ".join(dict.fromkeys(i.scope for i in run if i.scope))
    return p.make(run[0].op, *args, label=label, scope=scope, **dict(run[0].options))


def _independent(run: Run) -> bool:
    """Whether no member needs another one."""
    members, visited = set(run), set[Instruction]()
    pending = [a for i in run for a in i.args]
    while pending:
        here = pending.pop()
        if here in members:
            return False
        if here not in visited and here.stage != Stage.FIXED:
            visited.add(here)
            pending += here.args
    return True


# --- products --------------------------------------------------------------------------------------------------------


def _products_of_the_same(program: Program) -> list[Run]:
    """The products of each value with parameters of one size, those whose results fare alike next to each other."""
    users = program.users()
    groups: dict[Any, Run] = {}
    for i in program.instructions():
        if i.op == "matmul" and i.stage != Stage.GRADIENT and _with_a_parameter(i):
            groups.setdefault((i.args[0], i.args[1].dims), []).append(i)
    return [sorted(group, key=lambda i: _fate(i, users)) for group in groups.values()]


def _with_a_parameter(i: Instruction) -> bool:
    return i.per_step and i.args[1].stage == Stage.FIXED and len(i.args[1].dims) == 2 and len(i.dims) == 2


def _fate(i: Instruction, users: Any) -> tuple[str, ...]:
    """The operations that a value goes through, as long as it is used once."""
    ops: list[str] = []
    while len(users[i]) == 1 and len(ops) < 6 and users[i][0] is not i:
        i = users[i][0]
        ops.append(i.op)
    return tuple(ops)


def _products_in_sums(program: Program) -> list[Run]:
    """The products with parameters of one size that one sum of gradients adds up."""
    users = program.users()
    groups: list[Run] = []
    for i in program.instructions():
        if i.op != "add" or i.stage != Stage.GRADIENT or not i.per_step or within_a_sum(i, users):
            continue
        by_size: dict[Any, dict[Instruction, Instruction]] = {}  # and by left operand: each once
        for term in terms_of(i, users):
            if term.op == "matmul" and term.stage == Stage.GRADIENT and _with_a_parameter(term):
                by_size.setdefault(term.args[1].dims, {}).setdefault(term.args[0], term)
        groups += [list(group.values()) for group in by_size.values() if len(group) > 1]
    return _in_one_order(groups)


def _in_one_order(groups: list[Run]) -> list[Run]:
    """Two groups with left operands in common are ordered so that both are parts of one block: [d, e | f | g]."""
    for n, one in enumerate(groups):
        for m, other in enumerate(groups[:n]):
            shared = [i.args[0] for i in other if any(i.args[0] is j.args[0] for j in one)]
            if not shared:
                continue

            def place(i: Instruction, shared: list[Instruction] = shared, last: bool = False) -> int:
                return 1 + shared.index(i.args[0]) if i.args[0] in shared else (len(shared) + 1) * last

            groups[m] = sorted(other, key=place)
            groups[n] = sorted(one, key=lambda i: place(i, last=True))
            return groups
    return groups


class _Gradients(Batching):
    """Two groups with left operands in common take them from one block."""

    def __call__(self, program: Program, firings: list[Firing] | None = None) -> Program:
        groups = [run for run in self.find(program) if _independent(run)]
        pairs = [(one, other) for n, one in enumerate(groups) for other in groups[n + 1 :]]
        for one, other in pairs:
            common = _overlap([i.args[0] for i in one], [i.args[0] for i in other])
            if common and _independent([*one, *other]):
                program = self._joined(program, one, other, common, firings)
                break
        return super().__call__(program, firings)

    def _joined(self, program: Program, one: Run, other: Run, common: int, firings: list[Firing] | None) -> Program:
        lefts = [i.args[0] for i in [*one, *other[common:]]]
        everything = program.stack(lefts)
        replaced: dict[Instruction, Instruction] = {}
        for run, start in ((one, 0), (other, len(one) - common)):
            left = program.part(everything, start, start + len(run))
            block = program.make("matmul", left, program.stack([i.args[1] for i in run]))
            replaced |= {i: program.part(block, k) for k, i in enumerate(run)}
        if firings is not None:
            names = program.names()
            products, gates = ", ".join(names[i] for i in [*one, *other]), ", ".join(names[a] for a in lefts)
            firings.append(Firing(self.law, products, products, f"products of parts of ⟨{gates}⟩"))
        return program.substitute(replaced)


def _overlap(one: list[Instruction], other: list[Instruction]) -> int:
    """The number of values that one list ends with and the other begins with, if they have no others in common."""
    common = [a for a in one if a in other]
    fits = common and one[-len(common) :] == other[: len(common)] == common
    return len(common) if fits else 0


# --- operations element by element -----------------------------------------------------------------------------------


def _neighbours(program: Program) -> list[Run]:
    """Runs of operations that do the same to neighbouring parts of the same blocks, or to a gradient in a block."""
    groups: dict[Any, Run] = {}
    for i in program.instructions():
        if i.op in ELEMENTWISE and i.per_step and (key := _key(i)) is not None:
            groups.setdefault(key, []).append(i)
    runs: list[Run] = []
    for group in groups.values():
        run: Run = []
        for i in sorted(group, key=_first_place):
            if run and not _follows(run[-1], i):
                runs.append(run)
                run = []
            run.append(i)
        runs.append(run)
    return [run for run in runs if len(run) > 1] or _scaled_gradients(program)


def _key(i: Instruction) -> Any:
    """What members of a run have in common; None for what can be in none."""
    key: list[Any] = [i.op, i.dims[-2:], i.options]
    for a in i.args:
        place = span(a)
        if place is not None and a.dims == i.dims and a.stage != Stage.FIXED:
            key.append(("part", place[0]))  # beside the block as a whole, another thing
        elif a.stage == Stage.FIXED and a.dims == (i.width,) and len(i.dims) == 2:
            key.append("a row of parameters")
        else:
            key.append(a)
    return tuple(key) if any(span(a) and a.dims == i.dims and a.stage != Stage.FIXED for a in i.args) else None


def _places(i: Instruction) -> list[tuple[Instruction, int, int]]:
    return [place for a in i.args if a.stage != Stage.FIXED and a.dims == i.dims and (place := span(a))]


def _first_place(i: Instruction) -> int:
    return _places(i)[0][1]


def _follows(one: Instruction, two: Instruction) -> bool:
    """Whether each part of `two` is the neighbour of that of `one`."""
    return all(a[2] == b[1] for a, b in zip(_places(one), _places(two), strict=True))


def _scaled_gradients(program: Program) -> list[Run]:
    """Neighbours in a block that scale one gradient: ⟨g·p, g·q⟩."""
    for stack in program.instructions():
        if stack.op != "stack" or not stack.per_step:
            continue
        run: Run = []
        for i in stack.args:
            if run and not (_scaled(i) and i not in run and set(run[0].args) & set(i.args) & _gradients(i)):
                if len(run) > 1:
                    break
                run = []
            if _scaled(i) and i not in run:
                run.append(i)
        if len(run) > 1:
            return [run]
    return []


def _scaled(i: Instruction) -> bool:
    """Whether it is g·p of one size, p being known before."""
    both = i.op == "multiply" and len(i.dims) == 2 and all(a.dims == i.dims for a in i.args)
    return both and len(_gradients(i)) == 1


def _gradients(i: Instruction) -> set[Instruction]:
    return {a for a in i.args if a.stage == Stage.GRADIENT}


# --- sums over the batch ---------------------------------------------------------------------------------------------


def _sums_of_neighbours(program: Program) -> list[Run]:
    """Runs of aᵀ g with the same a, or of Σ g, for neighbouring parts g of a block."""
    groups: dict[Any, list[tuple[int, Instruction]]] = {}
    for i in program.instructions():
        if i.op in ("outer", "sum_batch") and len(i.args[-1].dims) == 2:
            place = span(i.args[-1])
            if place is not None:
                groups.setdefault((i.op, i.args[:-1], place[0]), []).append((place[1], i))
    runs: list[Run] = []
    for group in groups.values():
        run: list[tuple[int, Instruction]] = []
        for place_, i in sorted(group, key=lambda pair: pair[0]):
            if run and place_ != run[-1][0] + 1:
                runs.append([j for _, j in run])
                run = []
            run.append((place_, i))
        runs.append([j for _, j in run])
    return runs


def _as_parts(program: Program) -> Program:
    """In sums over the batch, members of a block stand as its parts: they are written into its memory anyway."""
    home: dict[Instruction, tuple[Instruction, int]] = {}
    for stack in program.instructions():
        if stack.op == "stack" and stack.stage == Stage.GRADIENT and stack.per_step:
            at = 0
            for a in stack.args:
                home.setdefault(a, (stack, at))
                at += a.dims[0] if len(a.dims) == 3 else 1
    replaced: dict[Instruction, Instruction] = {}
    for i in program.instructions():
        if i.op in ("outer", "sum_batch"):
            g, at = i.args[-1], 0
            size = None if len(g.dims) == 2 else g.dims[0]
            while (place := span(g)) or g in home:
                g, offset = (place[0], place[1]) if place else home[g]
                at += offset
            if g is not i.args[-1]:
                part = program.part(g, at, None if size is None else at + size)
                if part is not i.args[-1]:
                    replaced[i] = program.make(i.op, *i.args[:-1], part)
    return program.substitute(replaced)


class _Sums(Batching):
    def __call__(self, program: Program, firings: list[Firing] | None = None) -> Program:
        return super().__call__(_as_parts(program), firings)


batch_products = Batching(
    "batch_products",
    "Products of one value with several matrices are one product with a block of them.",
    "h U, h V → h ⟨U, V⟩",
    _products_of_the_same,
)
batch_gradients = _Gradients(
    "batch_gradients",
    "The products of the gates' gradients are one product of a block with a block.",
    "d U + e V → Σ ⟨d, e⟩ ⟨U, V⟩",
    _products_in_sums,
)
vectorise = Batching(
    "vectorise",
    "What is done alike to neighbouring parts of a block is done to the block.",
    "f(x[0]), f(x[1]) → f(x[0:2])",
    _neighbours,
)
batch_sums = _Sums(
    "batch_sums",
    "Sums over the batch of neighbouring parts are parts of one sum.",
    "aᵀ d, aᵀ e → aᵀ ⟨d, e⟩",
    _sums_of_neighbours,
)
