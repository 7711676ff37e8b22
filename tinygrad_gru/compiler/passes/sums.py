"""Sums of many terms, which a program holds as sums of two."""

from __future__ import annotations

from collections.abc import Mapping

from ..ir import Instruction
from ..ir.notation import number_text
from .rewrite import Users

__all__ = ["as_written", "name_of", "terms_of", "within_a_sum"]


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


def as_written(total: Instruction, users: Users, names: Mapping[Instruction, str]) -> str:
    """A sum with its parentheses: `a + (b + c)`."""
    rights: list[str] = []
    while total.op == "add" and (not rights or within_a_sum(total, users)):
        total, right = total.args
        inner = right.op == "add" and within_a_sum(right, users)
        rights.append(f"({as_written(right, users, names)})" if inner else name_of(right, names))
    return " + ".join([name_of(total, names), *reversed(rights)])


def name_of(i: Instruction, names: Mapping[Instruction, str]) -> str:
    """The name of a term; of a number, the number."""
    return number_text(i.option("value")) if i.op == "number" else names[i]
