"""A recurrent node of a graph as a layer of ours: its axes are ours with the direction in between."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....core import ops
from ....core.support.operands import value_of
from ....nn import Recurrent
from .node import Node
from .program import Memory

__all__ = ["run_layer"]


ARRAYS = 12  # of the size of the state, that a step makes: gates, products and sums


def run_layer(node: Node, layer: Recurrent, values: tuple[Any, ...], memory: Memory) -> tuple[Any, ...]:
    """Y (T, D, B, H), Y_h (D, B, H), and of an LSTM Y_c; with layout=1 the batch stands before D, and first."""
    x, lengths, *start = [*values, *[None] * 7][0:1] + [*values, *[None] * 7][4:7]
    states = len(layer.cell.state_sizes)
    D, H = len(layer.layers[0]), layer.hidden_size
    if np.ndim(value_of(x)) != 3:
        raise node.refused(f"X has shape {np.shape(value_of(x))}, wanted three axes. try: inputs as they were exported")
    steps, batch = np.shape(value_of(x))[:2][:: -1 if layer.batch_first else 1]
    memory.take(node, ARRAYS * steps * batch * D * H)
    h0 = None
    if any(s is not None for s in start[:states]):
        zeros = np.zeros((batch, D, H) if layer.batch_first else (D, batch, H), layer.cell.dtype)
        begin = [zeros if s is None else s for s in start[:states]]
        begin = [ops.permute_dims(s, (1, 0, 2)) if layer.batch_first else s for s in begin]  # (D, B, H)
        h0 = tuple(begin) if states > 1 else begin[0]
    out, last = layer(x, h0, lengths=lengths)
    first, second, _ = out.shape
    Y = ops.reshape(out, (first, second, D, H))  # (T, B, D, H), or (B, T, D, H)
    ends = last if isinstance(last, tuple) else (last,)
    if layer.batch_first:
        return (Y, *(ops.permute_dims(s, (1, 0, 2)) for s in ends))
    return (ops.permute_dims(Y, (0, 2, 1, 3)), *ends)
