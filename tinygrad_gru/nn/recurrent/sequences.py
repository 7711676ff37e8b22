"""Sequences of different lengths side by side: which steps count, and long ones in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...core.support.arguments import brief, count
from ...core.support.arrays import Array
from ...core.support.operands import value_of
from ...core.support.scopes import here
from ...core.tensor import Tensor
from ...errors import ArgumentError, DtypeError, ShapeError
from ..module import Module
from ..support.checks import whole_numbers

__all__ = ["detached", "mask_of", "truncated", "valid_steps"]


def mask_of(lengths: Any, steps: int) -> Array:
    """The mask (T, B) of sequences of these lengths (B,): True for the first `lengths[b]` steps of row b."""
    return np.arange(steps)[:, None] < np.asarray(lengths)


def valid_steps(who: str, lengths: Any, mask: Any, steps: int, batch: int, batch_first: bool) -> Array | None:
    """The mask (T, B) from lengths or mask, or None if every step counts."""
    if lengths is None and mask is None:
        return None
    if lengths is not None and mask is not None:
        raise ArgumentError(f"{who}: got lengths and mask{here()}. try: one of the two")
    if lengths is not None:
        lengths = whole_numbers(f"{who}: lengths", lengths)
        if lengths.shape != (batch,):
            raise ShapeError(f"{who}: lengths has shape {lengths.shape}, wanted {(batch,)}, one per sequence{here()}")
        if batch and not 0 <= lengths.min() <= lengths.max() <= steps:
            wrong = lengths.min() if lengths.min() < 0 else lengths.max()
            raise ArgumentError(f"{who}: lengths must be from 0 to {steps}, the number of steps, got {wrong}{here()}")
        mask = mask_of(lengths, steps)
    else:
        mask = value_of(np.array(mask, bool) if isinstance(mask, list) and not mask else mask)
        if mask.dtype != np.bool_ and not (mask.size == 0 == batch):
            raise DtypeError(f"{who}: mask must be of bools, got {mask.dtype}{here()}. try: mask.astype(bool)")
        shape = (batch, steps) if batch_first else (steps, batch)
        if mask.shape != shape:
            raise ShapeError(f"{who}: mask has shape {mask.shape}, wanted {shape}{here()}")
        mask = mask.astype(bool, copy=False)
        mask = mask.T if batch_first else mask  # (T, B)
    return None if mask.all() else mask


def truncated(
    layer: Any, x: Any, length: int, h0: Any = None, lengths: Any = None, mask: Any = None
) -> Iterator[tuple[slice, Any, Any]]:
    """Truncated backpropagation through time: x in pieces of `length` steps, each from the state the last one ended in.

    Yields the slice of time steps, the outputs of the piece and its final state. The outputs are those of the whole
    sequence, but gradients stop where a piece begins: an update after each piece costs memory for `length` steps only.
    Source: Williams and Peng 1990.

        for piece, out, h_n in nn.truncated(gru, x, 25):
            loss = losses.mse(linear(out), y[piece])
    """
    if getattr(layer, "bidirectional", False) or getattr(layer, "go_backwards", False):
        raise ArgumentError("truncated: the layer reads backwards, from the end that comes last. try: a forward layer")
    if not isinstance(layer, Module) or not hasattr(layer, "batch_first"):
        raise ArgumentError(f"truncated: got {brief(layer)}, wanted a recurrent layer. try: nn.GRU(2, 3)")
    length = count("truncated: length", length, 1)
    axis = 1 if layer.batch_first else 0
    x = x if isinstance(x, Tensor) else Tensor(x, name="x")
    if x.ndim != 3:
        raise ShapeError(f"truncated: input {x.summary} does not fit, wanted three axes{here()}")
    if x.shape[axis] == 0:
        raise ShapeError(f"truncated: input {x.summary} has no time steps{here()}")
    valid = valid_steps("truncated", lengths, mask, x.shape[axis], x.shape[1 - axis], layer.batch_first)
    state = h0
    for start in range(0, x.shape[axis], length):
        piece = slice(start, start + length)
        part = None if valid is None else valid[piece].T if layer.batch_first else valid[piece]
        out, state = layer(x[:, piece] if layer.batch_first else x[piece], state, mask=part)
        yield piece, out, state
        state = detached(state)


def detached(state: Any) -> Any:
    """The state as leaves: no gradient flows back through it."""
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
