"""Sums of many terms, which a program holds as sums of two."""

from __future__ import annotations

from ..ir import Instruction
from .rewrite import Users

__all__ = ["terms_of", "within_a_sum"]


def within_a_sum(i: Instruction, users: Users) -> bool:
    """Whether a sum is a part of a longer one, and of nothing else."""
    return len(users[i]) == 1 and (user := users[i][0]) is not i and user.op == "add" and user.dims == i.dims


def terms_of(total: Instruction, users: Users) -> list[Instruction]:
    """The terms of a sum, from left to right."""
    terms: list[Instruction] = []
    pending = [*reversed(total.args)]
    while pending:
        here = pending.pop()
        if here.op == "add" and within_a_sum(here, users):
            pending += reversed(here.args)
        else:
            terms.append(here)
    return terms
