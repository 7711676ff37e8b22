"""Products that only a sum reads: they are one product, of what stands side by side."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from ...ir import Instruction

__all__ = ["of_blocks", "only_summed", "sums_above"]

Users = Mapping[Instruction, Sequence[Instruction]]


def of_blocks(product: Instruction) -> bool:
    """Whether each matrix of a block is multiplied by one of its own."""
    a, W = product.args
    return len(a.dims) == len(W.dims) == 3


def sums_above(i: Instruction, users: Users, stored: Container[Instruction]) -> list[Instruction]:
    """A value, and the longer and longer sums that it is a term of, as long as nothing else reads them."""
    path = [i]
    while path[-1] not in stored and len(users.get(path[-1], [])) == 1:
        up = users[path[-1]][0]
        if up.op != "add" or up.dims != i.dims:
            break
        path.append(up)
    return path


def only_summed(product: Instruction, users: Users, stored: Container[Instruction]) -> bool:
    """Whether all matrices of a block are read by one sum, and by nothing else."""
    parts = users.get(product, [])
    if [part.op for part in parts] != ["part"] * product.dims[0]:
        return False
    sums = [sums_above(part, users, stored)[1:] for part in parts]
    return any(all(total in path for path in sums) for total in sums[0])
