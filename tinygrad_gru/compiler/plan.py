"""The plan of a program: the phase in which each line is computed, and how long it is stored.

    fixed    once a call, from the parameters
    bulk     for all steps at once, before the loop: lines that need the input alone
    loop     step by step: lines that need the state, or in the backward pass the gradient of the state
    chunk    for as many steps at once as fit the cache, before (`pre`) or after (`post`) these steps go back
    late     for all steps at once, after the loop: gradients of the input, and sums over time for the parameters

A line is stored for its step, for its chunk, or for all time: the shortest that serves its uses.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .listing import FIXED, GRADIENT, INPUT, STATE, Line, Program
from .primitives import ELEMENTWISE

__all__ = ["Plan", "Unplannable", "base", "plan"]

CHEAP = {"add", "subtract", "multiply", "negative", "spread"}  # cheaper to compute again than to store for all steps
LINEAR = {"add", "subtract", "negative", "concat", "stack_rows", "columns", "rows", "transpose", "multiply", "divide"}


class Unplannable(Exception):
    """The reason that a program has no loop over time."""


@dataclass
class Plan:
    """The lines of each phase, in order."""

    program: Program
    states: tuple[str, ...]
    fixed: list[Line] = field(default_factory=list)
    bulk: list[Line] = field(default_factory=list)
    loop: list[Line] = field(default_factory=list)  # forward
    saved: list[Line] = field(default_factory=list)  # of the forward lines, for all steps
    outputs: dict[Line, Line] = field(default_factory=dict)  # new states that are needed again: they are saved anyway
    backward_fixed: list[Line] = field(default_factory=list)
    pre: list[Line] = field(default_factory=list)
    back: list[Line] = field(default_factory=list)  # the loop backwards
    post: list[Line] = field(default_factory=list)
    late: list[Line] = field(default_factory=list)
    sums: list[Line] = field(default_factory=list)
    keep: dict[Line, str] = field(default_factory=dict)  # "step", "chunk" or "time", for lines of the backward pass


def base(line: Line) -> Line:
    """The line whose memory a line is a part of."""
    while line.op == "columns":
        line = line.args[0]
    return line


def plan(program: Program, states: tuple[str, ...]) -> Plan:
    """The phases of a program; raises Unplannable for one without such phases."""
    p = Plan(program, states)
    new = [program.outputs[f"new {name}"] for name in states]
    forward = program.lines(of=new)
    everything = program.lines()
    for line in everything:
        if line.kind in (INPUT, STATE) and line.op not in ("input", "number") and not line.per_step:
            raise Unplannable(f"{line.op} mixes the sequences of a batch, at {line.scope or 'the step'}")
    real = [line for line in forward if line.op not in ("input", "number")]
    p.fixed = [line for line in real if line.kind == FIXED]
    p.bulk = [line for line in real if line.kind == INPUT]
    p.loop = [line for line in real if line.kind == STATE]

    gradients = [line for line in everything if line.kind == GRADIENT and line.op != "input"]
    back = {line for name in states if (out := program.outputs.get(f"grad {name}")) is not None
            for line in program.lines(of=[out]) if line.kind == GRADIENT and line.op != "input"}  # fmt: skip
    if any(not line.per_step for line in back):
        raise Unplannable("the gradient of its state sums over the batch")
    p.back = [line for line in gradients if line in back]
    rest = [line for line in gradients if line not in back]
    late: set[Line] = set()
    for line in rest:
        if not line.per_step:
            if line.op not in ("outer", "sum_batch"):
                scaled = line.op in ("multiply", "divide") and sum(a.kind == GRADIENT for a in line.args) > 1
                if line.op not in LINEAR or scaled or any(a.per_step for a in line.args):
                    raise Unplannable(f"{line.op} of sums over the batch")
            p.sums.append(line)
        elif line.op == "matmul" or any(a in late for a in line.args):
            late.add(line)
            p.late.append(line)
        else:
            p.post.append(line)

    _save(p, forward, everything)
    _keep(p)
    return p


def _save(p: Plan, forward: list[Line], everything: list[Line]) -> None:
    """Choose the forward lines that are stored for all steps, and those that the backward pass computes again."""
    forward_lines = set(forward)
    needed: set[Line] = set()  # forward lines that the backward pass refers to
    for line in everything:
        if line.kind == GRADIENT or line not in forward_lines:
            needed |= {base(a) for a in line.args if base(a) in forward_lines and a.kind in (INPUT, STATE)}
    available = {line for line in forward if line.op == "input" or line.kind == FIXED}
    again: set[Line] = set()
    for line in forward:
        if line.kind not in (INPUT, STATE) or line.op in ("input", "columns"):
            continue
        cheap = line.op in CHEAP and all(base(a) in available or a.op == "number" for a in line.args)
        if cheap and line.kind == STATE:
            available.add(line)
            again.add(line)
        elif line in needed:
            p.saved.append(line)
            available.add(line)
    operands = {a for line in everything if line.kind == GRADIENT for a in line.args if a.kind in (INPUT, STATE)}
    pending = [base(a) for a in operands]
    pre: set[Line] = set()
    while pending:
        line = pending.pop()
        if line in pre or line.op == "input" or (line in forward_lines and line not in again):
            continue
        pre.add(line)
        pending += [base(a) for a in line.args if a.kind in (INPUT, STATE)]
    for name in p.states:
        new = p.program.outputs[f"new {name}"]
        if new in p.saved and new not in p.outputs and new.op != "concat":
            p.saved.remove(new)
            p.outputs[new] = p.program.inputs[name]
    p.pre = [line for line in everything if line in pre]
    used = {a for line in [*p.pre, *p.back, *p.post, *p.late, *p.sums] for a in line.args if a.kind == FIXED}
    fixed = [line for line in p.program.lines(of=used) if line.op not in ("input", "number")]
    p.backward_fixed = fixed


def _keep(p: Plan) -> None:
    """Set how long each line of the backward pass is stored: for its step, its chunk, or all time."""
    chunked, late = set(p.pre) | set(p.post), {*p.late, *p.sums}
    lines = [*p.pre, *p.back, *p.post, *(line for line in p.program.inputs.values() if line.kind == GRADIENT)]
    p.keep = {line: "chunk" if line in chunked else "step" for line in lines}
    for user in [*p.post, *p.late, *p.sums]:
        for a in user.args:
            b = base(a)
            if b in p.keep:
                if user in late:
                    p.keep[b] = "time"
                elif p.keep[b] == "step":
                    p.keep[b] = "chunk"
    out = p.program.outputs.get("grad x")
    if out is not None and base(out) in p.keep:
        p.keep[base(out)] = "time"


def elementwise(line: Line) -> bool:
    """Whether NumPy can write the result anywhere, also over an operand."""
    return line.op in ELEMENTWISE and line.op != "where"
