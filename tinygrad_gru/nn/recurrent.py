"""Cells over time: one loop, whatever the cell."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.ops import expand_dims, permute_dims, stack
from ..core.scopes import here, scope
from ..errors import ShapeError
from .cells import Cell, GRUCell, LSTMCell, RNNCell
from .module import Module

__all__ = ["GRU", "LSTM", "RNN", "Recurrent"]


class Recurrent(Module):
    """A cell over all time steps: `out, h_n = layer(x, h0)`.

    x is (T, B, I), or (B, T, I) with `batch_first`; `out` holds the output of every step, (T, B, H) or (B, T, H). The
    initial state h0, zeros unless given, and the final state h_n are (1, B, H) in either case: one layer in one
    direction. Cells with several states take and return tuples of them. Gradients flow back into h0.

    >>> import numpy as np, tinygrad_gru as tg
    >>> layer = tg.nn.Recurrent(tg.nn.GRUCell(2, 3))
    >>> out, h_n = layer(np.zeros((5, 1, 2), np.float32))
    >>> out.shape, h_n.shape, bool((out[-1] == h_n[0]).all())
    ((5, 1, 3), (1, 1, 3), True)
    """

    def __init__(self, cell: Cell, batch_first: bool = False) -> None:
        self.batch_first = batch_first
        self.layers = [{"forward": cell}]

    @property
    def cell(self) -> Cell:
        """The cell."""
        return self.layers[0]["forward"]

    def forward(self, x: Any, h0: Any = None) -> tuple[Any, Any]:
        """The outputs of all steps, and the state after the last."""
        cell = self.cell
        if self.batch_first:
            x = permute_dims(cell.checked_input(x, "B", "T"), (1, 0, 2))  # (T, B, I)
        else:
            x = cell.checked_input(x, "T", "B")
        steps, batch, _ = x.shape
        if steps == 0:
            raise ShapeError(f"{type(self).__name__}: input {x.brief} has no time steps{here()}")
        with scope("start", role="state"):
            state = self._start(h0, batch)  # (B, H)

        outputs = []
        for t in range(steps):
            with scope("step", t + 1):
                with scope("input", role="input"):
                    x_t = x[t].named("x")  # (B, I)
                state = cell.step(x_t, *state)
            outputs.append(state[0])

        out = stack(outputs, axis=0)  # (T, B, H)
        if self.batch_first:
            out = permute_dims(out, (1, 0, 2))  # (B, T, H)
        last = tuple(expand_dims(s, axis=0) for s in state)  # (1, B, H)
        return out, last[0] if len(last) == 1 else last

    def _start(self, h0: Any, batch: int) -> tuple[Any, ...]:
        if h0 is None:
            return self.cell.checked_state(None, (batch,))
        given = self.cell.checked_state(h0 if isinstance(h0, tuple) else (h0,), (1, batch))
        return tuple(s[0].named(name) for s, name in zip(given, self.cell.state_names, strict=True))

    def describe(self) -> str:
        """That of the cell, and the order of the axes if it is not the usual one."""
        return self.cell.describe() + (", batch_first=True" if self.batch_first else "")


class RNN(Recurrent):
    """The plain recurrent network, h = tanh([h, x] W_h + b_h), over time."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        bias: bool = True,
        batch_first: bool = False,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(RNNCell(input_size, hidden_size, bias, dtype), batch_first)


class GRU(Recurrent):
    """The gated recurrent unit over time; the equations and the two dialects stand in GRUCell."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        bias: bool = True,
        batch_first: bool = False,
        reset_after: bool = False,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(GRUCell(input_size, hidden_size, bias, reset_after, dtype), batch_first)


class LSTM(Recurrent):
    """The long short-term memory over time: `out, (h_n, c_n) = lstm(x, (h0, c0))`."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        bias: bool = True,
        batch_first: bool = False,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(LSTMCell(input_size, hidden_size, bias, dtype), batch_first)
