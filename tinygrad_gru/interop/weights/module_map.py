"""A module as the pieces that PyTorch and Keras have too: cells, layers without time, and single parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.support.arrays import Array
from ...errors import ArgumentError
from ...nn.cell_base import Cell
from ...nn.containers import Sequential
from ...nn.layers import Embedding, LayerNorm, Linear
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
    """A part of a module that a library stores as a whole; its arrays have the library's names."""

    library: str
    path: str  # `encoder.0.`; of a cell over time, that of its layer
    thing: Any  # a Cell, a Linear, Embedding or LayerNorm, or a Parameter
    layer: Recurrent | None = None  # of a cell over time, with its depth and direction in the layer
    depth: int = 0
    direction: str = ""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The library's names of the arrays, with their shapes."""
        if isinstance(self.thing, Cell):
            return shapes(self.thing, dialect_for(self.library, self.thing))
        return {name: p.shape[::-1] if turned else p.shape for name, p, turned in self._plain()}

    def arrays(self) -> dict[str, Array]:
        """New arrays, as the library stores them."""
        if isinstance(self.thing, Cell):
            return pack(self.thing, dialect_for(self.library, self.thing))
        return {name: np.array(p.data.T if turned else p.data, order="C") for name, p, turned in self._plain()}

    def parameters(self, arrays: Mapping[str, Array]) -> list[tuple[Parameter, Array]]:
        """Each parameter with its new array, made of those of the library; nothing is assigned yet."""
        if isinstance(self.thing, Cell):
            by_name = unpack(arrays, self.thing, dialect_for(self.library, self.thing))
            return [(getattr(self.thing, name), array) for name, array in by_name.items()]
        return [
            (p, np.array(arrays[name].T if turned else arrays[name], order="C")) for name, p, turned in self._plain()
        ]

    def holds(self) -> list[Parameter]:
        """The parameters of this piece."""
        if isinstance(self.thing, Cell):
            names = parameter_names(self.thing, dialect_for(self.library, self.thing))
            return [getattr(self.thing, name) for name in names]
        return [p for _, p, _ in self._plain()]

    def _plain(self) -> list[tuple[str, Parameter, bool]]:
        """The library's name for each parameter, and whether it has it transposed."""
        if isinstance(self.thing, Parameter):
            return [("", self.thing, False)]
        kind = next(kind for kind in PLAIN if isinstance(self.thing, kind))
        named = []
        for ours, theirs in NAMES[self.library, kind].items():
            p = getattr(self.thing, ours)
            if p is not None:  # bias=False
                named.append((theirs, p, (self.library, kind, ours) in TRANSPOSED))
        return named


def pieces_of(root: Module, library: str) -> list[Piece]:
    """The pieces of a module in order; one that is used twice comes up twice.

    Paths are our keys without the `layers.` of a Sequential. Raises ArgumentError for a
    cell that the library has not, and for a parameter that is in no piece, such as one added to a Linear.
    """
    if not isinstance(root, Module):
        raise ArgumentError(
            f"weights go into a module and come out of one, got a {type(root).__name__}. try: nn.GRU(...)"
        )
    pieces: list[Piece] = []
    pending: list[tuple[str, Any, tuple[int, ...]]] = [("", root, ())]
    while pending:
        path, item, above = pending.pop()
        if id(item) in above:  # a module that holds itself
            continue
        before = f"{path}." if path else ""
        if isinstance(item, Parameter):
            pieces.append(Piece(library, path, item))
        elif isinstance(item, Cell | Linear | Embedding | LayerNorm):
            pieces.append(Piece(library, before, item))
        elif isinstance(item, Recurrent):
            for depth, cells in enumerate(item.layers):
                pieces += [Piece(library, before, cell, item, depth, direction) for direction, cell in cells.items()]
        else:
            inside = [(before + _key(item, key), child, (*above, id(item))) for key, child in children_of(item)]
            inside.sort(key=lambda entry: not isinstance(entry[1], Parameter))  # its own first, as there
            pending += reversed(inside)

    held = {id(p) for piece in pieces for p in piece.holds()}
    left = [key for key, p in root.named_parameters() if id(p) not in held]
    if left:
        raise ArgumentError(
            f"{type(root).__name__}: {library} has no place for {', '.join(left)}. try: a module around it"
        )
    return pieces


def _key(module: Module, key: str) -> str:
    return key.removeprefix("layers.") if isinstance(module, Sequential) else key
