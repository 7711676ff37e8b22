"""Cells over time: one loop for the RNN, the GRU, the LSTM, and any other cell.

T is the number of time steps, B the batch size, I the input size, H the hidden size.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.ops import expand_dims, permute_dims, stack
from ..core.scopes import scope
from ..core.tensor import Tensor
from ..errors import ArgumentError, DtypeError, ShapeError
from .cells import Cell, GRUCell, LSTMCell, RNNCell
from .module import Module

__all__ = ["GRU", "LSTM", "RNN", "Recurrent"]


class Recurrent(Module):
    """A cell applied to each step of a sequence, its state carried along.

    Called with x (T, B, I) and, if they are not zeros, the initial states (1, B, H) or (B, H), one or a tuple of them.
    Returns the outputs of all steps (T, B, H) and the last states (1, B, H): one, or a tuple if the cell has several.
    With `batch_first` x and the outputs are (B, T, ·) instead; the states are not affected.
    """

    def __init__(self, cell: Cell, batch_first: bool = False) -> None:
        self.layers = [{"forward": cell}]
        self.batch_first = batch_first

    @property
    def cell(self) -> Cell:
        """The cell that is run."""
        return self.layers[0]["forward"]

    def forward(self, x: Any, h0: Any = None) -> tuple[Any, Any]:
        """The outputs of all steps and the last states."""
        cell = self.cell
        x = self._sequence(x)  # (T, B, I)
        state = self._initial(h0, batch=x.shape[1], dtype=x.dtype)
        outputs = []
        for t in range(len(x)):
            with scope("step", t + 1):
                x_t = x[t].named("x")  # (B, I)
                state = cell.step(x_t, *state)
            outputs.append(state[0])
        out = stack(outputs)  # (T, B, H)
        last = tuple(expand_dims(s, 0) for s in state)  # each (1, B, H)
        if self.batch_first:
            out = permute_dims(out, (1, 0, 2))  # (B, T, H)
        return out, last if len(last) > 1 else last[0]

    def _sequence(self, x: Any) -> Any:
        """x as a tensor (T, B, I), checked."""
        x = x if isinstance(x, Tensor) else Tensor(x, name="x")
        order = "batch, steps" if self.batch_first else "steps, batch"
        name = type(self).__name__
        if x.ndim != 3 or x.shape[2] != self.cell.input_size:
            raise ShapeError(f"{name}: x must be ({order}, {self.cell.input_size}), got {x.shape}")
        if self.batch_first:
            x = permute_dims(x, (1, 0, 2))  # (T, B, I)
        if x.shape[0] == 0:
            raise ShapeError(f"{name}: x must have at least one time step, got {x.shape}")
        weights = next(iter(self.cell.parameters())).dtype
        if x.dtype != weights:
            raise DtypeError(f"{name}: x is {x.dtype} but the weights are {weights}. try: x.astype(np.{weights})")
        return x

    def _initial(self, h0: Any, batch: int, dtype: Any) -> tuple[Any, ...]:
        """The states before the first step, checked: those given, or zeros."""
        names = ("h", "c")
        sizes = self.cell.state_sizes
        with scope("start", role="state"):
            if h0 is None:
                return tuple(Tensor(np.zeros((batch, n), dtype), name=s) for n, s in zip(sizes, names, strict=False))
            given = h0 if isinstance(h0, tuple | list) else (h0,)
            if len(given) != len(sizes):
                raise ArgumentError(f"{type(self).__name__}: wants {len(sizes)} initial states, got {len(given)}")
            states = []
            for s, n, name in zip(given, sizes, names, strict=False):
                s = s if isinstance(s, Tensor) else Tensor(s)
                if s.shape not in ((1, batch, n), (batch, n)):
                    wanted = f"{(1, batch, n)} or {(batch, n)}"
                    raise ShapeError(f"{type(self).__name__}: the initial {name} must be {wanted}, got {s.shape}")
                states.append(s[0].named(name) if s.ndim == 3 else s)
            return tuple(states)


class RNN(Recurrent):
    """The classic recurrent network over time: h' = tanh([h, x] W_h + b_h); see RNNCell."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        batch_first: bool = False,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(RNNCell(input_size, hidden_size, bias, dtype), batch_first)


class GRU(Recurrent):
    """The gated recurrent unit over time; see GRUCell for its equations and its two dialects.

    >>> import numpy as np, tinygrad_gru as tg
    >>> out, h_n = tg.nn.GRU(input_size=2, hidden_size=4)(np.zeros((5, 3, 2), np.float32))
    >>> out.shape, h_n.shape
    ((5, 3, 4), (1, 3, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        batch_first: bool = False,
        reset_after: bool = False,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(GRUCell(input_size, hidden_size, bias, reset_after, dtype), batch_first)


class LSTM(Recurrent):
    """The long short-term memory over time; see LSTMCell. Its states are the pair (h, c)."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        batch_first: bool = False,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(LSTMCell(input_size, hidden_size, bias, dtype), batch_first)
