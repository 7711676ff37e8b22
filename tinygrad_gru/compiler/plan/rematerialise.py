"""Saving against recomputing (rematerialisation): what of the forward pass is stored for the backward pass.

What the backward pass reads is stored, unless it is cheap to compute again from what is there anyway.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from ..ir import Instruction, Program, Stage

__all__ = ["choose_saved"]

CHEAP = {"add", "subtract", "multiply", "negative", "broadcast_columns"}
VIEWS = {"part", "parts", "columns"}


def choose_saved(
    program: Program,
    forward: Sequence[Instruction],
    everything: Sequence[Instruction],
    stored: Container[Instruction] = (),
) -> tuple[list[Instruction], list[Instruction]]:
    """The instructions that are saved, and those that the backward pass computes before its steps go back.

    `stored` are there anyway: the new states are outputs.
    """
    in_forward = set(forward)
    readers = [i for i in everything if i.stage == Stage.GRADIENT or i not in in_forward]
    read = {_base(a) for i in readers for a in i.args if a.stage in (Stage.INPUT, Stage.STATE)} & in_forward
    available = {i for i in forward if i.op == "input" or i.stage == Stage.FIXED}
    recomputed: set[Instruction] = set()
    saved = []
    for i in forward:
        if i.stage not in (Stage.INPUT, Stage.STATE) or i.op == "input" or i.op in VIEWS:
            continue
        cheap = i.op in CHEAP and all(_base(a) in available or a.op == "number" for a in i.args)
        if cheap and i.stage == Stage.STATE and i not in stored:
            available.add(i)
            recomputed.add(i)
        elif i in read or i in stored:
            available.add(i)
            saved.append(i)
    return saved, _needed(everything, in_forward - recomputed)


def _needed(everything: Sequence[Instruction], there: set[Instruction]) -> list[Instruction]:
    """What the gradients read and is not there, with all that it is computed from."""
    gradients = [i for i in everything if i.stage == Stage.GRADIENT]
    pending = [_base(a) for i in gradients for a in i.args if a.stage in (Stage.INPUT, Stage.STATE)]
    needed: set[Instruction] = set()
    while pending:
        i = pending.pop()
        if i not in needed and i.op != "input" and i not in there:
            needed.add(i)
            pending += [_base(a) for a in i.args if a.stage in (Stage.INPUT, Stage.STATE)]
    return [i for i in everything if i in needed]


def _base(i: Instruction) -> Instruction:
    while i.op in VIEWS:
        i = i.args[0]
    return i
