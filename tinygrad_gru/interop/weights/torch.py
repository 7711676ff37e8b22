"""Weights from and to PyTorch, by the names of its `state_dict`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ...core.support.arguments import path_of
from ...core.support.arrays import Array
from ...errors import ArgumentError, CheckpointError
from ...nn.module import Module
from ...nn.recurrent.layer import Recurrent
from .module_map import Piece, pieces_of
from .safetensors import read_safetensors, safetensors_header
from .validate import adopt, as_array_of, misfits, refuse, unusable

__all__ = ["from_torch", "to_torch"]

M = TypeVar("M", bound=Module)
V = TypeVar("V")

WRAPPERS = ("module.", "_orig_mod.")

SAFE = "from safetensors.torch import save_file; save_file(model.state_dict(), 'model.safetensors')"


def from_torch(module: M, arrays: Mapping[str, Any] | str | os.PathLike[str]) -> M:
    """Give a module the weights of the same network in PyTorch, in their dtype, and return it.

    `arrays` is a `state_dict` (of tensors or of arrays) or the path of a .safetensors file. The names are those that
    PyTorch has for modules built in the same way: `0.weight`, `encoder.weight_ih_l0_reverse`. A GRU must have
    `reset_after=True`, and any recurrent layer `bias="double"` unless it has no bias. A parameter of a module of the
    user's own is taken as it is. Raises CheckpointError with everything that is missing, unexpected, mis-shaped or not
    finite, and ArgumentError for what PyTorch has not; then the module is unchanged.

    >>> import numpy as np, tinygrad_gru as tg
    >>> layer = tg.interop.from_torch(tg.nn.Linear(2, 1), {"weight": np.array([[1.0, 2.0]]), "bias": np.array([3.0])})
    >>> layer(np.array([10.0, 100.0])).data.tolist()
    [213.0]
    """
    pieces = [(piece, _names(piece)) for piece in pieces_of(module, "torch")]
    who = type(module).__name__
    if isinstance(arrays, str | os.PathLike):
        path = _safe(arrays)
        does_not_fit = f"{path} does not fit {who}"
        stored = safetensors_header(path)
        found = without_wrappers(stored, pieces)
        pieces = _without_ties(pieces, found)
        if problems := misfits(found, _wanted(pieces)):
            refuse(does_not_fit, problems)
        given = without_wrappers(read_safetensors(path, {n: shape for n, (_, shape) in stored.items()}), pieces)
    else:
        does_not_fit = f"the arrays do not fit {who}"
        if not isinstance(arrays, Mapping):
            hint = "model.state_dict()" if hasattr(arrays, "state_dict") else "a dictionary of arrays, or a path"
            raise ArgumentError(f"from_torch: arrays is a {type(arrays).__name__}. try: {hint}")
        named = {str(name): as_array_of(str(name), value) for name, value in arrays.items()}
        given = without_wrappers(named, pieces)
        pieces = _without_ties(pieces, given)
        found = {name: (array.dtype.name, array.shape) for name, array in given.items()}
        if problems := misfits(found, _wanted(pieces)) or unusable(given):
            refuse(does_not_fit, problems)

    pairs = []
    for piece, names in pieces:
        try:
            pairs += piece.parameters({local: given[name] for local, name in names.items()})
        except CheckpointError as error:
            place = f"{piece.path.rstrip('.')}: " if piece.path else ""
            raise CheckpointError(f"{does_not_fit}: {place}{error}") from None
    adopt(module, pairs)
    return module


def without_wrappers(found: Mapping[str, V], pieces: Sequence[tuple[Piece, dict[str, str]]] = ()) -> dict[str, V]:
    """The names without `module.` and `_orig_mod.`, which DataParallel and torch.compile put before every one.

    Where the module itself has something of that name, as `pieces` tell, it stays.
    """
    wanted = [name for _, names in pieces for name in names.values()]
    inside = dict(found)
    while prefix := next((p for p in WRAPPERS if inside and all(name.startswith(p) for name in inside)), ""):
        if any(name.startswith(prefix) for name in wanted):
            break
        inside = {name.removeprefix(prefix): value for name, value in inside.items()}
    return inside


def to_torch(module: Module) -> dict[str, Array]:
    """The weights of a module as PyTorch has them: what `load_state_dict` of the same network there takes, as arrays.

    In PyTorch: `model.load_state_dict({name: torch.from_numpy(a) for name, a in arrays.items()})`. Raises ArgumentError
    for what PyTorch has not: a GRU with the reset gate before the product, other activations, `go_backwards`.
    """
    arrays: dict[str, Array] = {}
    for piece in pieces_of(module, "torch"):
        names = _names(piece)
        arrays |= {names[local]: array for local, array in piece.arrays().items()}
    return arrays


def _names(piece: Piece) -> dict[str, str]:
    """PyTorch's full names by those in the piece: `weight_ih` is `encoder.weight_ih_l1_reverse`."""
    end = ""
    if piece.layer is not None:
        _check(piece.layer)
        end = f"_l{piece.depth}" + ("_reverse" if piece.direction == "backward" else "")
    return {local: f"{piece.path}{local}{end}" for local in piece.shapes()}


def _check(layer: Recurrent) -> None:
    """Raise ArgumentError if PyTorch has no layer like this one, although it has the cells."""
    if layer.go_backwards:
        raise ArgumentError(
            f"torch's {type(layer).__name__} has no go_backwards. try: a layer without it, on inputs in reverse order"
        )
    cells = [cell for cells in layer.layers for cell in cells.values()]
    alike = {(type(cell), cell.bias == "none", getattr(cell, "nonlinearity", None)) for cell in cells}
    if len(alike) > 1:
        raise ArgumentError(
            f"torch has layers of one kind of cell, with a bias or without, got {len(alike)} kinds in a "
            f"{type(layer).__name__}. try: a Recurrent for each"
        )


def _wanted(pieces: list[tuple[Piece, dict[str, str]]]) -> dict[str, tuple[int, ...]]:
    return {names[local]: shape for piece, names in pieces for local, shape in piece.shapes().items()}


def _without_ties(
    pieces: list[tuple[Piece, dict[str, str]]], found: Mapping[str, Any]
) -> list[tuple[Piece, dict[str, str]]]:
    """Without the pieces that are not there because they are another one's: files often hold tied weights once."""
    there = {id(piece.thing) for piece, names in pieces if any(name in found for name in names.values())}
    return [
        (piece, names)
        for piece, names in pieces
        if id(piece.thing) not in there or any(name in found for name in names.values())
    ]


def _safe(path: str | os.PathLike[str]) -> Path:
    path = path_of("from_torch", path, "model.safetensors")
    if path.suffix.lower() == ".safetensors":
        return path
    raise CheckpointError(
        f"{path} is not opened: only .safetensors is read here, as a pickle can run any program. "
        f"try, where PyTorch is: {SAFE}"
    )
