"""The three recurrent layers by name: RNN, GRU, LSTM. Arguments and their order are PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.support.arguments import flag
from ...errors import ArgumentError
from ..activations import Activation
from ..cell_base import Cell
from ..cells import GRUCell, LSTMCell, RNNCell
from ..standard_cell import BiasKind
from ..support.checks import checked_size
from .layer import Recurrent

__all__ = ["GRU", "LSTM", "RNN"]

MOST_LAYERS = 10_000  # above each other


class RNN(Recurrent):
    """The plain recurrent network, h = tanh([h, x] W_h + b_h), over time.

    `out, h_n = rnn(x, h0)` for x (T, B, I): T time steps, a batch of B sequences, I numbers each; `out` (T, B, H) holds
    h after every step, h_n (1, B, H) h after the last, and h0 is zeros unless given.

    `nonlinearity` is "tanh", "relu" or any other activation. The other options, and shapes with several layers or two
    directions, are in help(tg.nn.Recurrent). `bias` is True, False, or how many vectors each gate has: "single" or
    "double". `init` is "torch" (±1/√H) or "keras".
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str | Activation = "tanh",
        bias: BiasKind = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        init: str = "torch",
        dtype: Any = np.float32,
        **options: Any,
    ) -> None:
        def cell(inputs: int) -> RNNCell:
            return RNNCell(inputs, hidden_size, bias, nonlinearity, init=init, dtype=dtype)

        cells = _stack(self, cell, input_size, hidden_size, num_layers, bidirectional)
        super().__init__(cells, batch_first, dropout, **options)


class GRU(Recurrent):
    """The gated recurrent unit over time; its equations are in help(tg.nn.GRUCell).

    `out, h_n = gru(x, h0)` for x (T, B, I): T time steps, a batch of B sequences, I numbers each; `out` (T, B, H) holds
    h after every step, h_n (1, B, H) h after the last, and h0 is zeros unless given.

    The default is h = (1 − z) ⊙ h + z ⊙ h̃ with the reset gate before the product. `reset_after=True` is the GRU of
    PyTorch, cuDNN and Keras 3, with two bias vectors as there. The other options, and shapes with several layers or two
    directions, are in help(tg.nn.Recurrent). `bias` is True, False, or how many vectors each gate has: "single" or
    "double". `init` is "torch" (±1/√H) or "keras".
    `keep_bias=2` starts with b_z = −2, so that the state is kept at first.

    >>> import numpy as np, tinygrad_gru as tg
    >>> gru = tg.nn.GRU(input_size=2, hidden_size=4)
    >>> out, h_n = gru(np.zeros((5, 3, 2), np.float32))
    >>> out.shape, h_n.shape
    ((5, 3, 4), (1, 3, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: BiasKind = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        reset_after: bool = False,
        *,
        activation: str | Activation = "tanh",
        gate_activation: str | Activation = "sigmoid",
        keep_bias: float | None = None,
        init: str = "torch",
        dtype: Any = np.float32,
        **options: Any,
    ) -> None:
        def cell(inputs: int) -> GRUCell:
            return GRUCell(
                inputs, hidden_size, bias, reset_after, activation=activation, gate_activation=gate_activation,
                keep_bias=keep_bias, init=init, dtype=dtype,
            )  # fmt: skip

        cells = _stack(self, cell, input_size, hidden_size, num_layers, bidirectional)
        super().__init__(cells, batch_first, dropout, **options)


class LSTM(Recurrent):
    """The long short-term memory over time; its equations are in help(tg.nn.LSTMCell).

    `out, (h_n, c_n) = lstm(x, (h0, c0))` for x (T, B, I): T time steps, a batch of B sequences, I numbers each; `out`
    (T, B, H) holds h after every step, h_n and c_n (1, B, H) h and c after the last; h0 and c0 are zeros unless given.

    The other options, and shapes with several layers or two directions, are in help(tg.nn.Recurrent). `bias` is True,
    False, or how many vectors each gate has: "single" or "double". `init` is "torch" (±1/√H) or "keras".
    `forget_bias=1` starts with b_f = 1, so that c is kept at first.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: BiasKind = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        activation: str | Activation = "tanh",
        gate_activation: str | Activation = "sigmoid",
        forget_bias: float | None = None,
        init: str = "torch",
        dtype: Any = np.float32,
        **options: Any,
    ) -> None:
        def cell(inputs: int) -> LSTMCell:
            return LSTMCell(
                inputs, hidden_size, bias, activation=activation, gate_activation=gate_activation,
                forget_bias=forget_bias, init=init, dtype=dtype,
            )  # fmt: skip

        cells = _stack(self, cell, input_size, hidden_size, num_layers, bidirectional)
        super().__init__(cells, batch_first, dropout, **options)


def _stack(
    layer: Recurrent, cell: Callable[[int], Cell], input_size: int, hidden_size: int, num_layers: int, both: bool
) -> list[Any]:
    """A cell for each layer, or a pair of cells; a layer reads what all directions of the one below put out."""
    width = checked_size(layer, "input_size", input_size)
    checked_size(layer, "hidden_size", hidden_size)
    if checked_size(layer, "num_layers", num_layers) > MOST_LAYERS:
        raise ArgumentError(
            f"{type(layer).__name__}: num_layers: got {num_layers}, wanted at most {MOST_LAYERS}. try: 2"
        )
    both = flag(f"{type(layer).__name__}: bidirectional", both)
    cells: list[Any] = []
    for _ in range(num_layers):
        cells.append((cell(width), cell(width)) if both else cell(width))
        width = 2 * hidden_size if both else hidden_size
    return cells
