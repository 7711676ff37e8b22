"""Weights from and to Keras, in the order of its `get_weights`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from ...core.support.arrays import Array
from ...errors import ArgumentError, CheckpointError
from ...nn.cells import GRUCell
from ...nn.module import Module
from .module_map import Piece, pieces_of
from .validate import adopt, as_array_of, misfits, refuse, unusable

__all__ = ["from_keras", "to_keras"]

M = TypeVar("M", bound=Module)


def from_keras(module: M, weights: Sequence[Any]) -> M:
    """Give a module the weights of the same network in Keras, in their dtype, and return it.

    `weights` is the list that `get_weights()` returns there, of a layer or of a whole model whose layers come in the
    same order: for each kernel, recurrent kernel, bias; of a Bidirectional the forward ones first; of several layers in
    one of ours the first layer first. Keras's GRU is by default one with `reset_after=True` here. Raises
    CheckpointError with everything that is mis-shaped or not finite, and ArgumentError for what Keras has not; then the
    module is unchanged. What is no weight is not in the list and up to the reader: activations, the epsilon of a
    LayerNormalization (0.001 there, 0.00001 here).

    >>> import numpy as np, tinygrad_gru as tg
    >>> layer = tg.interop.from_keras(tg.nn.Linear(2, 1), [np.array([[1.0], [2.0]]), np.array([3.0])])
    >>> layer(np.array([10.0, 100.0])).data.tolist()
    [213.0]
    """
    if not isinstance(weights, Sequence) or isinstance(weights, str | bytes):
        hint = "model.get_weights()" if hasattr(weights, "get_weights") else "the list that get_weights() returns"
        raise ArgumentError(f"from_keras: weights is a {type(weights).__name__}. try: {hint}")
    pieces = [(piece, list(piece.shapes().items())) for piece in _once(pieces_of(module, "keras"))]
    places = [f"{_place(piece)}{local}".rstrip(".") for piece, arrays in pieces for local, _ in arrays]
    does_not_fit = f"the weights do not fit {type(module).__name__}"
    if len(weights) != len(places):
        refuse(does_not_fit, [f"got {len(weights)} arrays, wanted {len(places)}: {', '.join(places)}"])

    names = [f"weights[{i}] ({place})" for i, place in enumerate(places)]
    shapes = [shape for _, arrays in pieces for _, shape in arrays]
    given = {name: as_array_of(name, value) for name, value in zip(names, weights, strict=True)}
    found = {name: (array.dtype.name, array.shape) for name, array in given.items()}
    if problems := misfits(found, dict(zip(names, shapes, strict=True))) or unusable(given):
        refuse(does_not_fit, problems, _other_reset(pieces, list(given.values())))

    pairs = []
    arrays = iter(given.values())
    for piece, wanted in pieces:
        try:
            pairs += piece.parameters({local: next(arrays) for local, _ in wanted})
        except CheckpointError as error:
            place = f"{_place(piece).rstrip('.')}: " if _place(piece) else ""
            raise CheckpointError(f"{does_not_fit}: {place}{error}") from None
    adopt(module, pairs)
    return module


def to_keras(module: Module) -> list[Array]:
    """The weights of a module as Keras has them: what `set_weights` of the same network there takes.

    Raises ArgumentError for what Keras has not: an LSTM, RNN, or GRU without `reset_after` that has two bias vectors.
    """
    return [array for piece in _once(pieces_of(module, "keras")) for array in piece.arrays().values()]


def _once(pieces: list[Piece]) -> list[Piece]:
    """Without repetition: in Keras a layer that is used twice is listed once."""
    first: dict[int, Piece] = {}
    for piece in pieces:
        first.setdefault(id(piece.thing), piece)
    return list(first.values())


def _place(piece: Piece) -> str:
    """The way to a piece: `1.layers.0.backward.`."""
    return piece.path if piece.layer is None else f"{piece.path}layers.{piece.depth}.{piece.direction}."


def _other_reset(pieces: list[tuple[Piece, list[tuple[str, Any]]]], arrays: list[Array]) -> str:
    """What to try where the biases are those of the GRU with the reset gate on the other side of the product."""
    i = 0
    for piece, wanted in pieces:
        if isinstance(piece.thing, GRUCell) and len(wanted) == 3:
            after, size = piece.thing.reset_after, 3 * piece.thing.hidden_size
            if arrays[i + 2].shape == ((size,) if after else (2, size)):
                return f"a GRU with reset_after={not after}, as these biases are of one"
        i += len(wanted)
    return ""
