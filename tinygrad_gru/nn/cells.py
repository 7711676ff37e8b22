"""The recurrent cells, as their equations: a line each.

A cell is a module with `state_sizes` and `step(x, *state) -> tuple of states`, the first of which is the output.
Shapes: x (B, I), each state (B, H); weights multiply from the right, and W of (H+I, H) has the rows of h first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.arrays import FLOATS
from ..core.ops import concat, sigmoid, tanh
from ..core.random import generator
from ..core.scopes import here, scope
from ..core.tensor import Tensor
from ..errors import ArgumentError, DtypeError, ShapeError
from .initialisers import uniform
from .module import Module, Parameter

__all__ = ["Cell", "GRUCell", "LSTMCell", "RNNCell"]


class Cell(Module):
    """Base class of recurrent cells: say how large the states are, and write one `step`.

    Calling a cell does one step with its arguments checked: `(h,) = cell(x, h)`, `h, c = cell(x, h, c)` where there are
    two states. Left out, they are zeros.
    """

    def __init__(self, input_size: int, hidden_size: int, states: tuple[str, ...] = ("h",)) -> None:
        self.input_size = checked_size(self, "input_size", input_size)
        self.hidden_size = checked_size(self, "hidden_size", hidden_size)
        self.state_names = states
        self.state_sizes = (self.hidden_size,) * len(states)

    def step(self, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """`step(x, *state)`: the next states, the output first. Checks nothing: that is up to the caller."""
        raise NotImplementedError(f"{type(self).__name__} needs a step(self, x, *state) method")

    def forward(self, x: Any, *state: Any) -> tuple[Any, ...]:
        """One step: x (B, I) and the states, each (B, H), to the next states."""
        x = self.checked_input(x, "B")
        return self.step(x, *self.checked_state(state or None, (len(x),)))

    @property
    def dtype(self) -> Any:
        """The dtype of the parameters, and so of inputs and states."""
        return next((p.dtype for _, p in self.named_parameters()), np.dtype(np.float32))

    def checked_input(self, x: Any, *lead: str) -> Any:
        """x as a tensor of shape (*lead, I), and of the parameters' dtype."""
        x = checked_input(self, x, (*lead, self.input_size))
        if x.dtype != self.dtype:
            raise DtypeError(
                f"{type(self).__name__}: input {x.brief} is {x.dtype}, the parameters are {self.dtype}{here()}. "
                f"try: x.astype(np.{self.dtype}), or .astype(...) of the module"
            )
        return x

    def checked_state(self, given: tuple[Any, ...] | None, lead: tuple[int, ...]) -> tuple[Any, ...]:
        """The states to start from, as tensors of shape (*lead, H): those given, or zeros."""
        if given is None:
            zeros = [np.zeros((*lead, size), self.dtype) for size in self.state_sizes]
            return tuple(Tensor(z, name=name, copy=False) for z, name in zip(zeros, self.state_names, strict=True))
        if len(given) != len(self.state_sizes):
            wanted = f"{len(self.state_sizes)}: {', '.join(self.state_names)}"
            raise ArgumentError(f"{type(self).__name__}: got {len(given)} states, wanted {wanted}{here()}")
        states = []
        for value, name, size in zip(given, self.state_names, self.state_sizes, strict=True):
            t = value if isinstance(value, Tensor) else Tensor(value, name=name)
            got = f"{type(self).__name__}: state {name} is {t.dtype} {t.shape}"
            if t.shape != (*lead, size):
                raise ShapeError(f"{got}, wanted {(*lead, size)}{here()}")
            if t.dtype != self.dtype:
                raise DtypeError(f"{got}, the parameters are {self.dtype}{here()}. try: h.astype(np.{self.dtype})")
            states.append(t)
        return tuple(states)

    def describe(self) -> str:
        """The sizes."""
        return f"{self.input_size}, {self.hidden_size}"


class RNNCell(Cell):
    """The plain recurrent cell:  h = tanh([h, x] W_h + b_h).  Source: Elman 1990."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, dtype: Any = np.float32) -> None:
        super().__init__(input_size, hidden_size)
        H, I = self.hidden_size, self.input_size
        self.W_h = weight((H + I, H), dtype)
        self.b_h = weight((H,), dtype) if bias else 0.0

    def step(self, x: Any, h: Any) -> tuple[Any, ...]:
        """One step of the equation."""
        with scope("new state", role="state"):
            h = tanh(concat([h, x], axis=-1) @ self.W_h + self.b_h).named("h")  # (B, H)
        return (h,)


class GRUCell(Cell):
    """The gated recurrent unit: skim, draft, overwrite.

        r = sigmoid([h, x] W_r + b_r)            reset gate: which part of the past to consult
        z = sigmoid([h, x] W_z + b_z)            update gate: 0 keeps the old, 1 takes the new
        h̃ = tanh([r ⊙ h, x] W_h + b_h)           candidate: the draft
        h = (1 − z) ⊙ h + z ⊙ h̃                  new state

    Source: Chung et al. 2014, arXiv 1412.3555. With `reset_after=True` the reset gate comes after the product, as in
    PyTorch, cuDNN and Keras:  h̃ = tanh(x W_hx + b_xh + r ⊙ (h W_hh + b_hh)).  In those libraries z multiplies the OLD
    state: the same network with the signs of W_z and b_z changed.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        reset_after: bool = False,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(input_size, hidden_size)
        H, I = self.hidden_size, self.input_size
        self.reset_after = reset_after
        self.W_r = weight((H + I, H), dtype)
        self.W_z = weight((H + I, H), dtype)
        if reset_after:
            self.W_hx = weight((I, H), dtype)
            self.W_hh = weight((H, H), dtype)
        else:
            self.W_h = weight((H + I, H), dtype)
        self.b_r = weight((H,), dtype) if bias else 0.0
        self.b_z = weight((H,), dtype) if bias else 0.0
        if reset_after:
            self.b_xh = weight((H,), dtype) if bias else 0.0
            self.b_hh = weight((H,), dtype) if bias else 0.0
        else:
            self.b_h = weight((H,), dtype) if bias else 0.0

    def step(self, x: Any, h: Any) -> tuple[Any, ...]:
        """One step of the equations."""
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

    def describe(self) -> str:
        """The sizes, and the dialect if it is not the usual one."""
        return super().describe() + (", reset_after=True" if self.reset_after else "")


class LSTMCell(Cell):
    """The long short-term memory: a memory c beside the output h.

        i = sigmoid([h, x] W_i + b_i)            input gate
        f = sigmoid([h, x] W_f + b_f)            forget gate
        g = tanh([h, x] W_g + b_g)               cell candidate
        o = sigmoid([h, x] W_o + b_o)            output gate
        c = f ⊙ c + i ⊙ g                        memory
        h = o ⊙ tanh(c)                          new state

    Source: Gers, Schmidhuber and Cummins 2000, in PyTorch's letters.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, dtype: Any = np.float32) -> None:
        super().__init__(input_size, hidden_size, states=("h", "c"))
        H, I = self.hidden_size, self.input_size
        self.W_i = weight((H + I, H), dtype)
        self.W_f = weight((H + I, H), dtype)
        self.W_g = weight((H + I, H), dtype)
        self.W_o = weight((H + I, H), dtype)
        self.b_i = weight((H,), dtype) if bias else 0.0
        self.b_f = weight((H,), dtype) if bias else 0.0
        self.b_g = weight((H,), dtype) if bias else 0.0
        self.b_o = weight((H,), dtype) if bias else 0.0

    def step(self, x: Any, h: Any, c: Any) -> tuple[Any, ...]:
        """One step of the equations."""
        hx = concat([h, x], axis=-1)  # (B, H+I)
        with scope("input gate", role="input"):
            i = sigmoid(hx @ self.W_i + self.b_i).named("i")  # (B, H)
        with scope("forget gate", role="forget"):
            f = sigmoid(hx @ self.W_f + self.b_f).named("f")  # (B, H)
        with scope("cell candidate", role="candidate"):
            g = tanh(hx @ self.W_g + self.b_g).named("g")  # (B, H)
        with scope("output gate", role="output"):
            o = sigmoid(hx @ self.W_o + self.b_o).named("o")  # (B, H)
        with scope("memory", role="state"):
            c = (f * c + i * g).named("c")  # (B, H)
        with scope("new state", role="state"):
            h = (o * tanh(c)).named("h")  # (B, H)
        return h, c


def weight(shape: tuple[int, ...], dtype: Any) -> Any:
    """A new parameter, evenly between ±1/√H. (Where there is no bias, b is the number 0: the equations stay.)"""
    if np.dtype(dtype) not in FLOATS:
        raise DtypeError(f"a parameter is float32 or float64, got {np.dtype(dtype)}")
    return Parameter(uniform(shape, generator(), dtype), copy=False)


def checked_size(module: Module, name: str, value: Any) -> int:
    """A size that a layer was given: a whole number above 0."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ArgumentError(f"{type(module).__name__}: {name} must be a whole number above 0, got {value!r}")
    return int(value)


def checked_input(module: Module, x: Any, wanted: tuple[Any, ...]) -> Any:
    """The input as a tensor, if its shape is the one wanted; letters stand for any size."""
    x = x if isinstance(x, Tensor) else Tensor(x, name="x")
    if x.ndim != len(wanted) or any(isinstance(n, int) and n != m for n, m in zip(wanted, x.shape, strict=True)):
        shape = f"({', '.join(str(n) for n in wanted)})"
        raise ShapeError(f"{type(module).__name__}: input {x.brief} does not fit, wanted {shape}{here()}")
    return x
