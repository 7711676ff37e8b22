"""The phases of a program: when each instruction is computed, and how long its value is kept.

fixed    when the parameters have changed
bulk     for all steps at once, before the loop: instructions that need the input alone
loop     step by step: instructions that need the state
pre      for a chunk of steps that fits the cache, before its steps go back: the factors of the gradients
back     step by step, from the last to the first: instructions that need the gradient of the state
post     for the chunk, after its steps
late     for all steps at once, after the loop: gradients of the input
sums     sums over time, for the parameters
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...core.support.arguments import ShortRepr
from ..ir import Instruction, Program, Stage
from .rematerialise import choose_saved

__all__ = ["VIEWS", "Phases", "Unplannable", "base", "planned"]

LINEAR = {"add", "subtract", "negative", "concat", "stack_rows", "columns", "rows", "transpose", "reshape", "multiply",
          "divide", "part", "parts", "stack", "sum_columns"}  # fmt: skip
VIEWS = {"part", "parts", "columns"}  # they have no memory of their own
AGES = ("step", "chunk", "time")  # the ages, from the shortest


class Unplannable(Exception):
    """The reason that a program has no loop over time."""


@dataclass(repr=False)
class Phases(ShortRepr):
    """The instructions of each phase, in order."""

    program: Program
    states: tuple[str, ...]
    fixed: list[Instruction] = field(default_factory=list)
    bulk: list[Instruction] = field(default_factory=list)
    loop: list[Instruction] = field(default_factory=list)
    saved: list[Instruction] = field(default_factory=list)  # of bulk and loop, for the backward pass
    outputs: dict[Instruction, Instruction] = field(default_factory=dict)  # new states, and those that they replace
    fixed_back: list[Instruction] = field(default_factory=list)
    pre: list[Instruction] = field(default_factory=list)
    back: list[Instruction] = field(default_factory=list)
    post: list[Instruction] = field(default_factory=list)
    late: list[Instruction] = field(default_factory=list)
    sums: list[Instruction] = field(default_factory=list)
    ages: dict[Instruction, str] = field(default_factory=dict)  # "step", "chunk" or "time", in the backward pass

    def block_first(self) -> set[Instruction]:
        """The values of which a matrix product over all steps wants each gate's in one piece."""
        over_time = [*self.bulk, *self.late]
        return {base(a) for i in [*self.late, *self.sums] for a in i.args} | set(over_time)

    def width_of_a_step(self) -> int:
        """The numbers, for a sequence and a step, that the backward pass goes through in a chunk."""
        stored = [i for i in [*self.pre, *self.back, *self.post] if self.ages.get(i) in ("chunk", "time")]
        sizes = [i.width * (i.dims[0] if len(i.dims) == 3 else 1) for i in [*self.saved, *stored] if i.op not in VIEWS]
        return sum(sizes)

    def __str__(self) -> str:
        """A table: each phase, its instructions, and how long those of the backward pass are kept."""
        names = self.program.names()
        rows = []
        for phase in ("fixed", "bulk", "loop", "fixed_back", "pre", "back", "post", "late", "sums"):
            for i in getattr(self, phase):
                stored = "saved" if i in self.saved else ""
                age = stored if phase in ("bulk", "loop") else self.ages.get(i, "")
                rows.append(f"{phase:10}  {names[i]:16}  {'x'.join(map(str, i.dims)):12}  {age}".rstrip())
        return "\n".join(rows)


def base(i: Instruction) -> Instruction:
    """The instruction whose memory a view is a part of."""
    while i.op in VIEWS:
        i = i.args[0]
    return i


def planned(program: Program, states: tuple[str, ...]) -> Phases:
    """The phases of a program; raises Unplannable for one without such phases."""
    p = Phases(program, states)
    forward = program.instructions(of=[program.outputs[f"new {name}"] for name in states])
    everything = program.instructions(of=program.outputs.values())
    for i in everything:
        mixes = i.stage in (Stage.INPUT, Stage.STATE) and i.op not in ("input", "number") and not i.per_step
        if mixes or i.op == "transpose_batch":
            raise Unplannable(f"{i.op} mixes the sequences of a batch, at {i.scope or 'the step'}")
    real = [i for i in forward if i.op not in ("input", "number")]
    p.fixed = [i for i in real if i.stage == Stage.FIXED]
    p.bulk = [i for i in real if i.stage == Stage.INPUT]
    p.loop = [i for i in real if i.stage == Stage.STATE]
    _split_gradients(p, everything)
    outputs = {program.outputs[f"new {name}"]: program.inputs[name] for name in reversed(states)}
    outputs = {new: state for new, state in outputs.items() if new.op not in {*VIEWS, "concat"}}
    p.saved, p.pre = choose_saved(program, forward, everything, set(outputs))
    for new in [i for i in p.saved if i in outputs]:
        p.saved.remove(new)  # it is an output, and stored as such
        p.outputs[new] = outputs[new]
    used = [a for i in [*p.pre, *p.back, *p.post, *p.late, *p.sums] for a in i.args if a.stage == Stage.FIXED]
    p.fixed_back = [i for i in program.instructions(of=used) if i.op not in ("input", "number")]
    _keep(p)
    return p


def _split_gradients(p: Phases, everything: Sequence[Instruction]) -> None:
    """Set the phases of the gradients: those that the gradients of the states need are the loop."""
    outputs = p.program.outputs
    carried = [out for name in p.states if (out := outputs.get(f"grad {name}")) is not None]
    needed = set(p.program.instructions(of=carried))
    late: set[Instruction] = set()
    for i in everything:
        if i.stage != Stage.GRADIENT or i.op == "input":
            continue
        if i in needed:
            if not i.per_step:
                raise Unplannable("the gradient of its state sums over the batch")
            p.back.append(i)
        elif not i.per_step:
            if i.op not in ("outer", "sum_batch"):
                scaled = i.op in ("multiply", "divide") and sum(a.stage == Stage.GRADIENT for a in i.args) > 1
                if i.op not in LINEAR or scaled or any(a.per_step for a in i.args):
                    raise Unplannable(f"{i.op} of sums over the batch")
            p.sums.append(i)
        elif i.op == "matmul" or any(a in late for a in i.args):
            late.add(i)
            p.late.append(i)
        else:
            p.post.append(i)


def _keep(p: Phases) -> None:
    """Set how long each value of the backward pass is kept: for its step, its chunk, or all time."""
    chunked, late = {*p.pre, *p.post}, {*p.late, *p.sums}
    carried = [i for i in p.program.inputs.values() if i.stage == Stage.GRADIENT]
    p.ages = {i: "chunk" if i in chunked else "step" for i in [*p.pre, *p.back, *p.post, *carried]}
    for user in [*p.post, *p.late, *p.sums]:
        for a in user.args:
            b = base(a)
            if b in p.ages:
                p.ages[b] = max(p.ages[b], "time" if user in late else "chunk", key=AGES.index)
    out = p.program.outputs.get("grad x")
    if out is not None and base(out) in p.ages:
        p.ages[base(out)] = "time"
