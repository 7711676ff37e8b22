"""Merging the two bias vectors of a gate into their sum."""

from __future__ import annotations

import copy
from typing import TypeVar

from ...core.support.arguments import brief
from ...errors import ArgumentError
from ..cell_base import Cell
from ..cells import GRUCell, LSTMCell
from ..module import Module, Parameter

__all__ = ["fold_biases"]

M = TypeVar("M", bound=Module)


def fold_biases(module: M) -> M:
    """A copy in which every recurrent cell with two bias vectors has their sum: `bias="double"` becomes "single".

    The outputs are the same up to rounding. Training is not: of two vectors each gets the whole gradient, so that an
    optimiser moves their sum twice as far as one. The candidate of a GRU with reset_after keeps its two, of which one
    is inside r ⊙ (…).
    """
    if not isinstance(module, Module):
        raise ArgumentError(f"fold_biases: got {brief(module)}, wanted a module. try: nn.GRU(2, 3)")
    folded = copy.deepcopy(module)
    for cell in folded.modules():
        if isinstance(cell, Cell) and cell.bias == "double":
            for gate in _gates_with_one_bias(cell):
                of_x, of_h = getattr(cell, f"b_x{gate}"), getattr(cell, f"b_h{gate}")
                delattr(cell, f"b_x{gate}")
                delattr(cell, f"b_h{gate}")
                setattr(cell, f"b_{gate}", Parameter(of_x.data + of_h.data, copy=False))
            cell.bias = "single"
    return folded


def _gates_with_one_bias(cell: Cell) -> tuple[str, ...]:
    if isinstance(cell, LSTMCell):
        return ("i", "f", "g", "o")
    if isinstance(cell, GRUCell):
        return ("r", "z") if cell.reset_after else ("r", "z", "h")
    return ("h",)
