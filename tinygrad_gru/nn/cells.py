"""One time step of the RNN, the GRU and the LSTM: their equations, a line each.

B is the batch size, I the input size, H the hidden size. Weights multiply from the right, and a weight for `[h, x]` has
the rows for h first: (H+I, H). A cell is a Module with `state_sizes` and `step(x, *state)`, which returns the new
states, the first of them being the output. The scopes and names are what pictures and errors show.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.ops import concat, sigmoid, tanh
from ..core.scopes import scope
from ..errors import ArgumentError, ShapeError
from .initialisers import uniform
from .module import Module, Parameter

__all__ = ["Cell", "GRUCell", "LSTMCell", "RNNCell"]


class Cell(Module):
    """Base of the cells: sizes, weights, and a checked single step."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, dtype: Any = np.float32) -> None:
        for name, size in (("input_size", input_size), ("hidden_size", hidden_size)):
            if isinstance(size, bool) or not isinstance(size, int) or size < 1:
                raise ArgumentError(f"{type(self).__name__}: {name} must be a whole number of at least 1, got {size!r}")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        self.dtype = dtype

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """The size of each state, the output first."""
        return (self.hidden_size,)

    def weight(self, rows: int) -> Parameter:
        """A matrix (rows, H) with PyTorch's initial values, uniform within ±1/√H."""
        return Parameter(uniform((rows, self.hidden_size), 1 / math.sqrt(self.hidden_size), self.dtype))

    def bias_vector(self) -> Any:
        """A vector (H,) with the same initial values, or the number 0 in a cell without biases."""
        if not self.bias:
            return 0.0
        return Parameter(uniform((self.hidden_size,), 1 / math.sqrt(self.hidden_size), self.dtype))

    def step(self, x: Any, *state: Any) -> tuple[Any, ...]:
        """The new states for the input x (B, I) and the old states."""
        raise NotImplementedError(f"{type(self).__name__} needs a step(self, x, *state) method")

    def forward(self, x: Any, *state: Any) -> tuple[Any, ...]:
        """One step, with the shapes checked: x (B, I), each state (B, its size)."""
        shape = np.shape(x)
        if len(shape) != 2 or shape[1] != self.input_size:
            raise ShapeError(f"{type(self).__name__}: x must be (batch, {self.input_size}), got {shape}")
        if len(state) != len(self.state_sizes):
            raise ArgumentError(f"{type(self).__name__}: wants {len(self.state_sizes)} states, got {len(state)}")
        for s, size in zip(state, self.state_sizes, strict=True):
            if np.shape(s) != (shape[0], size):
                raise ShapeError(f"{type(self).__name__}: a state must be {(shape[0], size)}, got {np.shape(s)}")
        return self.step(x, *state)


class RNNCell(Cell):
    """h' = tanh([h, x] W_h + b_h).  Source: Elman 1990."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, dtype: Any = np.float32) -> None:
        super().__init__(input_size, hidden_size, bias, dtype)
        self.W_h = self.weight(hidden_size + input_size)  # (H+I, H)
        self.b_h = self.bias_vector()  # (H,)

    def step(self, x: Any, *state: Any) -> tuple[Any, ...]:
        """The new state (B, H)."""
        (h,) = state
        with scope("new state", role="state"):
            h = tanh(concat([h, x], axis=-1) @ self.W_h + self.b_h).named("h")  # (B, H)
        return (h,)


class GRUCell(Cell):
    """A gated recurrent unit: skim the past, draft a candidate, overwrite where the update gate says so.

    r = σ([h, x] W_r + b_r),  z = σ([h, x] W_z + b_z),  h̃ = tanh([r ⊙ h, x] W_h + b_h),  h' = (1 − z) ⊙ h + z ⊙ h̃

    The update gate: 0 keeps the old state, 1 takes the candidate (PyTorch, Keras and ONNX have it the other way round).
    The reset gate acts before the matrix product. Source: Chung et al. 2014, arXiv 1412.3555.

    `reset_after=True` is the other dialect, that of PyTorch, cuDNN and Keras 3, where it acts after the product:
    h̃ = tanh(x W_hx + b_xh + r ⊙ (h W_hh + b_hh)).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        reset_after: bool = False,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, dtype)
        self.reset_after = reset_after
        self.W_r = self.weight(hidden_size + input_size)  # (H+I, H)
        self.W_z = self.weight(hidden_size + input_size)  # (H+I, H)
        self.b_r = self.bias_vector()  # (H,)
        self.b_z = self.bias_vector()  # (H,)
        if reset_after:
            self.W_hh = self.weight(hidden_size)  # (H, H)
            self.W_hx = self.weight(input_size)  # (I, H)
            self.b_hh = self.bias_vector()  # (H,)
            self.b_xh = self.bias_vector()  # (H,)
        else:
            self.W_h = self.weight(hidden_size + input_size)  # (H+I, H)
            self.b_h = self.bias_vector()  # (H,)

    def step(self, x: Any, *state: Any) -> tuple[Any, ...]:
        """The new state (B, H)."""
        (h,) = state
        hx = concat([h, x], axis=-1)  # (B, H+I)
        with scope("reset gate", role="reset"):
            r = sigmoid(hx @ self.W_r + self.b_r).named("r")  # (B, H)
        with scope("update gate", role="update"):
            z = sigmoid(hx @ self.W_z + self.b_z).named("z")  # (B, H)
        with scope("candidate", role="candidate"):
            if self.reset_after:
                candidate = tanh(x @ self.W_hx + self.b_xh + r * (h @ self.W_hh + self.b_hh)).named("h̃")  # (B, H)
            else:
                candidate = tanh(concat([r * h, x], axis=-1) @ self.W_h + self.b_h).named("h̃")  # (B, H)
        with scope("new state", role="state"):
            h = ((1 - z) * h + z * candidate).named("h")  # (B, H)
        return (h,)


class LSTMCell(Cell):
    """A long short-term memory: a cell state c that is forgotten, written and read through gates.

    i = σ([h, x] W_i + b_i),  f = σ([h, x] W_f + b_f),  o = σ([h, x] W_o + b_o),  g = tanh([h, x] W_g + b_g),
    c' = f ⊙ c + i ⊙ g,  h' = o ⊙ tanh(c').  Source: Gers et al. 2000, without peepholes; the same as PyTorch's.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, dtype: Any = np.float32) -> None:
        super().__init__(input_size, hidden_size, bias, dtype)
        self.W_i = self.weight(hidden_size + input_size)  # (H+I, H)
        self.W_f = self.weight(hidden_size + input_size)  # (H+I, H)
        self.W_g = self.weight(hidden_size + input_size)  # (H+I, H)
        self.W_o = self.weight(hidden_size + input_size)  # (H+I, H)
        self.b_i = self.bias_vector()  # (H,)
        self.b_f = self.bias_vector()  # (H,)
        self.b_g = self.bias_vector()  # (H,)
        self.b_o = self.bias_vector()  # (H,)

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """The sizes of h and c."""
        return (self.hidden_size, self.hidden_size)

    def step(self, x: Any, *state: Any) -> tuple[Any, ...]:
        """The new output h (B, H) and cell state c (B, H)."""
        h, c = state
        hx = concat([h, x], axis=-1)  # (B, H+I)
        with scope("input gate", role="input"):
            i = sigmoid(hx @ self.W_i + self.b_i).named("i")  # (B, H)
        with scope("forget gate", role="forget"):
            f = sigmoid(hx @ self.W_f + self.b_f).named("f")  # (B, H)
        with scope("candidate", role="candidate"):
            g = tanh(hx @ self.W_g + self.b_g).named("g")  # (B, H)
        with scope("output gate", role="output"):
            o = sigmoid(hx @ self.W_o + self.b_o).named("o")  # (B, H)
        with scope("new cell state", role="cell"):
            c = (f * c + i * g).named("c")  # (B, H)
        with scope("new state", role="state"):
            h = (o * tanh(c)).named("h")  # (B, H)
        return h, c
