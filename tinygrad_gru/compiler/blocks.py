"""Operations on neighbouring columns become one operation on the block: σ of r and of z is σ of [r, z]."""

from __future__ import annotations

from typing import Any

from .listing import FIXED, Line, Program
from .primitives import ELEMENTWISE

__all__ = ["blocks"]


def blocks(program: Program) -> Program:
    """Merge elementwise operations on neighbouring columns, until there are none left."""
    while True:
        runs = _runs(program) or _joined(program)
        if not runs:
            return program
        program = _merged(program, runs)


def _runs(program: Program) -> list[list[Line]]:
    """Lists of lines that do the same to neighbouring columns of the same lines."""
    groups: dict[Any, list[Line]] = {}
    for line in program.lines():
        if line.op in ELEMENTWISE and line.per_step and (key := _key(line)) is not None:
            groups.setdefault(key, []).append(line)
    runs = []
    for group in groups.values():
        group.sort(key=_start)
        run = group[:1]
        for line in group[1:]:
            if _follows(run[-1], line):
                run.append(line)
            else:
                if len(run) > 1:
                    runs.append(run)
                run = [line]
        if len(run) > 1:
            runs.append(run)
    return runs


def _key(line: Line) -> Any:
    """The key of mergeable lines: the operation, and for each operand number, parameter, or columns and their line."""
    key: list[Any] = [line.op]
    some = False
    for a in line.args:
        if a.op == "number":
            key.append(a)
        elif a.kind == FIXED and a.dims == (line.width,):
            key.append("fixed")
        elif a.op == "columns" and a.dims == line.dims:
            key.append(a.args[0])
            some = True
        else:
            return None
    return tuple(key) if some else None


def _start(line: Line) -> int:
    return next(int(a.option("start")) for a in line.args if a.op == "columns")


def _follows(one: Line, two: Line) -> bool:
    """Whether all columns of `two` begin where those of `one` end."""
    return all(a.option("stop") == b.option("start")
               for a, b in zip(one.args, two.args, strict=True) if a.op == "columns")  # fmt: skip


def _joined(program: Program) -> list[list[Line]]:
    """Neighbours in a concat that do the same to the same line, or to lines that nothing else needs: g ⊙ a, g ⊙ b."""
    for line in program.lines():
        if line.op != "concat" or not line.per_step:
            continue
        run: list[Line] = []
        for a in line.args:
            if run and _alike(run[0], a):
                run.append(a)
            elif len(run) > 1:
                break
            else:
                run = [a] if a.op == "multiply" and a.per_step else []
        if len(run) > 1:
            return [run]
    return []


def _alike(one: Line, two: Line) -> bool:
    return (
        two.op == "multiply"
        and two.dims == one.dims
        and bool(set(one.args) & set(two.args))
        and all(a.dims == one.dims for a in (*one.args, *two.args))
    )


def _merged(program: Program, runs: list[list[Line]]) -> Program:
    """The program in which each run is one line, and its members are columns of it."""
    position = {line: (run, i) for run in runs for i, line in enumerate(run)}
    block_of: dict[int, Line] = {}
    new: dict[Line, Line] = {}

    def of(p: Program, line: Line) -> Line:
        """A line in the new program."""
        pending = [line]
        while pending:
            here = pending[-1]
            if here in new:
                pending.pop()
                continue
            needs = list(here.args)
            if here in position:
                needs = [a for m in position[here][0] for a in m.args]
            missing = [a for a in needs if a not in new]
            if missing:
                pending += missing
                continue
            new[here] = _made(p, here)
            pending.pop()
        return new[line]

    def _made(p: Program, line: Line) -> Line:
        if line.op == "input":
            return line
        if line.op == "number":
            return p.number(line.option("value"))
        args = [new[a] for a in line.args]
        if line in position:
            run, i = position[line]
            if id(run) not in block_of:
                block_of[id(run)] = _block(p, run, new)
            start = sum(m.width for m in run[:i])
            return p.line(
                "columns", block_of[id(run)], label=line.label, scope=line.scope, start=start, stop=start + line.width
            )
        if line.op == "columns" and args[0].op == "columns":
            base, first = args[0].args[0], args[0].option("start")
            start, stop = first + line.option("start"), first + line.option("stop")
            return base if (start, stop) == (0, base.width) else p.line("columns", base, start=start, stop=stop)
        if line.op == "concat":
            args = _rejoined(p, args)
            if len(args) == 1:
                return args[0]
        return p.line(line.op, *args, label=line.label, scope=line.scope, **dict(line.options))

    result = Program(dict(program.inputs))
    result.outputs = {name: of(result, line) for name, line in program.outputs.items()}
    return result


def _block(p: Program, run: list[Line], new: dict[Line, Line]) -> Line:
    """One operation on all columns of a run."""
    first = run[0]
    label = "_".join(m.label for m in run) if all(m.label for m in run) else ""
    if first.op == "multiply" and not all(a.op == "columns" or a.op == "number" or a.kind == FIXED for a in first.args):
        shared = next(a for a in first.args if all(a in m.args for m in run))
        others = [next((b for b in m.args if b is not shared), shared) for m in run]
        joined = _concat(p, [new[b] for b in others])
        return p.line("multiply", p.line("repeat", new[shared], times=len(run)), joined, label=label, scope=first.scope)
    args: list[Line] = []
    for position, a in enumerate(first.args):
        column = [m.args[position] for m in run]
        if a.op == "number":
            args.append(new[a])
        elif a.kind == FIXED:
            args.append(p.line("concat", *[new[b] for b in column]))
        else:
            args.append(_concat(p, [new[b] for b in column]))
    scope = (
        first.scope if len({m.scope for m in run}) == 1 else ", ".join(dict.fromkeys(m.scope for m in run if m.scope))
    )
    return p.line(first.op, *args, label=label, scope=scope)


def _concat(p: Program, parts: list[Line]) -> Line:
    """The parts side by side."""
    joined = _rejoined(p, parts)
    return joined[0] if len(joined) == 1 else p.line("concat", *joined)


def _rejoined(p: Program, parts: list[Line]) -> list[Line]:
    """The parts, neighbouring columns of the same line being one part."""
    merged: list[Line] = []
    for part in parts:
        last = merged[-1] if merged else None
        if (
            last is not None
            and part.op == last.op == "columns"
            and part.args[0] is last.args[0]
            and last.option("stop") == part.option("start")
        ):
            base, start, stop = part.args[0], last.option("start"), part.option("stop")
            all_columns = (start, stop) == (0, base.width)
            merged[-1] = base if all_columns else p.line("columns", base, start=start, stop=stop)
        else:
            merged.append(part)
    return merged
