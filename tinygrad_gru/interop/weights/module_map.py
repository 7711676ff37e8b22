"""A module as the pieces that others know: cells, layers without time, and parameters of the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.support.arrays import Array
from ...errors import ArgumentError
from ...nn.cell_base import Cell
from ...nn.layers import Embedding, LayerNorm, Linear, Sequential
from ...nn.module import Module, Parameter, children_of
from ...nn.recurrent.layer import Recurrent
from .gate_layouts import dialect_for, pack, parameter_names, shapes, unpack

__all__ = ["Piece", "pieces_of"]

# Layers without time: the names of W or gain, and of b. PyTorch's Linear multiplies from the left, W (out, in).
NAMES = {
    ("torch", Linear): {"W": "weight", "b": "bias"},
    ("torch", Embedding): {"W": "weight"},
    ("torch", LayerNorm): {"gain": "weight", "b": "bias"},
    ("keras", Linear): {"W": "kernel", "b": "bias"},
    ("keras", Embedding): {"W": "embeddings"},
    ("keras", LayerNorm): {"gain": "gamma", "b": "beta"},
}
TRANSPOSED = {("torch", Linear, "W")}
PLAIN = (Linear, Embedding, LayerNorm)


@dataclass(frozen=True)
class Piece:
    """A part of a module that a library writes down as a whole; its arrays go by the library's own names."""

    library: str
    path: str  # the way to it, `encoder.0.`; for a cell over time, to its layer
    thing: Any  # a Cell, a Linear, Embedding or LayerNorm, or a Parameter
    layer: Recurrent | None = None  # of a cell over time, with the depth and direction it has there
    depth: int = 0
    direction: str = ""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """What the library calls the arrays, and their shapes."""
        if isinstance(self.thing, Cell):
            return shapes(self.thing, dialect_for(self.library, self.thing))
        return {name: p.shape[::-1] if turned else p.shape for name, p, turned in self._plain()}

    def arrays(self) -> dict[str, Array]:
        """The numbers as the library has them, in new arrays."""
        if isinstance(self.thing, Cell):
            return pack(self.thing, dialect_for(self.library, self.thing))
        return {name: np.array(p.data.T if turned else p.data, order="C") for name, p, turned in self._plain()}

    def parameters(self, arrays: Mapping[str, Array]) -> list[tuple[Parameter, Array]]:
        """Each parameter and the array it would get, from those of the library; nothing is changed yet."""
        if isinstance(self.thing, Cell):
            found = unpack(arrays, self.thing, dialect_for(self.library, self.thing))
            return [(getattr(self.thing, name), array) for name, array in found.items()]
        return [
            (p, np.array(arrays[name].T if turned else arrays[name], order="C")) for name, p, turned in self._plain()
        ]

    def holds(self) -> list[Parameter]:
        """The parameters that are in this piece."""
        if isinstance(self.thing, Cell):
            names = parameter_names(self.thing, dialect_for(self.library, self.thing))
            return [getattr(self.thing, name) for name in names]
        return [p for _, p, _ in self._plain()]

    def _plain(self) -> list[tuple[str, Parameter, bool]]:
        """The library's name for each parameter, and whether it has it transposed."""
        if isinstance(self.thing, Parameter):
            return [("", self.thing, False)]
        kind = next(kind for kind in PLAIN if isinstance(self.thing, kind))
        found = []
        for ours, theirs in NAMES[self.library, kind].items():
            p = getattr(self.thing, ours)
            if p is not None:  # bias=False
                found.append((theirs, p, (self.library, kind, ours) in TRANSPOSED))
        return found


def pieces_of(root: Module, library: str) -> list[Piece]:
    """The pieces of a module in order; one that is used in two places comes up twice.

    Paths are as our keys, but that there is no `layers.` before the modules of a Sequential. Raises ArgumentError for a
    cell that the library has not, and for a parameter that is in no piece, such as one added to a Linear.
    """
    if not isinstance(root, Module):
        raise ArgumentError(
            f"weights go into a module and come out of one, got a {type(root).__name__}. try: nn.GRU(...)"
        )
    found: list[Piece] = []
    pending: list[tuple[str, Any, tuple[int, ...]]] = [("", root, ())]
    while pending:
        path, item, above = pending.pop()
        if id(item) in above:  # a module that holds itself
            continue
        before = f"{path}." if path else ""
        if isinstance(item, Parameter):
            found.append(Piece(library, path, item))
        elif isinstance(item, Cell | Linear | Embedding | LayerNorm):
            found.append(Piece(library, before, item))
        elif isinstance(item, Recurrent):
            for depth, cells in enumerate(item.layers):
                found += [Piece(library, before, cell, item, depth, direction) for direction, cell in cells.items()]
        else:
            inside = [(before + _key(item, key), child, (*above, id(item))) for key, child in children_of(item)]
            inside.sort(key=lambda entry: not isinstance(entry[1], Parameter))  # as there: its own before its modules'
            pending += reversed(inside)

    held = {id(p) for piece in found for p in piece.holds()}
    left = [key for key, p in root.named_parameters() if id(p) not in held]
    if left:
        raise ArgumentError(
            f"{type(root).__name__}: {library} has no place for {', '.join(left)}. try: a module around it"
        )
    return found


def _key(module: Module, key: str) -> str:
    return key.removeprefix("layers.") if isinstance(module, Sequential) else key
