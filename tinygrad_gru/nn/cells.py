"""The recurrent cells, as their equations: a line each.

A cell is a module with `state_sizes` and `step(x, *state) -> tuple of states`, the first of which is the output.
Shapes: x (B, I), each state (B, H); weights multiply from the right, and W of (H+I, H) has the rows of h first.

`bias` is True or False, or says how many vectors there are: "single", a vector b_r; or "double", one on the side of x
and one on the side of h, b_r = b_xr + b_hr, as in PyTorch. Only the sum counts for the output; but each of two gets the
whole gradient, so that an optimiser moves their sum twice as far. True is what others do: "double" for the GRU with
reset_after, otherwise "single".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.ops import concat
from ..core.support.arguments import finite, flag
from ..core.support.scopes import scope
from .activations import Activation
from .activations import activation as named_activation
from .cell import Bias, Cell
from .module import Parameter

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]


class RNNCell(Cell):
    """The plain recurrent cell:  h = tanh([h, x] W_h + b_h), or another nonlinearity.  Source: Elman 1990."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: Bias = True,
        nonlinearity: str | Activation = "tanh",
        *,
        dtype: Any = np.float32,
        init: str = "torch",
    ) -> None:
        super().__init__(input_size, hidden_size)
        self.nonlinearity = named_activation(nonlinearity)
        (self.W_h,) = self._weights(1, init, dtype)  # (H+I, H)
        self.bias = self._kind_of_bias(bias)
        self._biases("h", kind=self.bias, init=init, dtype=dtype)

    def step(self, x: Any, h: Any, seen: Any = None) -> tuple[Any, ...]:
        """One step of the equation."""
        with scope("new state", role="state"):
            hx = concat([h if seen is None else seen, x], axis=-1)  # (B, H+I)
            h = self.nonlinearity(hx @ self.W_h + self.b("h")).named("h")  # (B, H)
        return (h,)

    def describe(self) -> str:
        """The sizes, and what is not as usual."""
        return super().describe() + self._chosen(bias="single", nonlinearity="tanh")


class GRUCell(Cell):
    """The gated recurrent unit: skim, draft, overwrite.

        r = sigmoid([h, x] W_r + b_r)            reset gate: which part of the past to consult
        z = sigmoid([h, x] W_z + b_z)            update gate: 0 keeps the old, 1 takes the new
        h̃ = tanh([r ⊙ h, x] W_h + b_h)           candidate: the draft
        h = (1 − z) ⊙ h + z ⊙ h̃                  new state

    Source: Chung et al. 2014, arXiv 1412.3555. With `reset_after=True` the reset gate comes after the product, as in
    PyTorch, cuDNN and Keras:  h̃ = tanh(x W_hx + b_xh + r ⊙ (h W_hh + b_hh)); and unless `bias="single"` the gates have
    two bias vectors as they do there, b_r = b_xr + b_hr. In those libraries z multiplies the OLD state: the same
    network with the signs of W_z and b_z changed. `keep_bias=2` starts with b_z = −2, so that the state is kept at
    first: what helps where the past matters for long.
    """

    gate_names = ("r", "z", "candidate")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: Bias = True,
        reset_after: bool = False,
        *,
        activation: str | Activation = "tanh",
        gate_activation: str | Activation = "sigmoid",
        dtype: Any = np.float32,
        init: str = "torch",
        keep_bias: float | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size)
        H = self.hidden_size
        self.reset_after = reset_after = flag("GRUCell: reset_after", reset_after)
        self.activation = named_activation(activation)
        self.gate_activation = named_activation(gate_activation)
        self.W_r, self.W_z, W_h = self._weights(3, init, dtype)  # (H+I, H)
        if reset_after:
            self.W_hx = Parameter(W_h.data[H:])  # (I, H)
            self.W_hh = Parameter(W_h.data[:H])  # (H, H)
        else:
            self.W_h = W_h
        self.bias = self._kind_of_bias(bias, usual="double" if reset_after else "single")
        self._biases("r", "z", kind=self.bias, init=init, dtype=dtype)
        if reset_after and self.bias == "none":
            self.b_xh = self.b_hh = 0.0
        else:  # b_hh inside r ⊙ (…) and b_xh outside of it are never one vector
            self._biases("h", kind="double" if reset_after else self.bias, init=init, dtype=dtype)
        if keep_bias is not None:
            self.start_bias("z", -finite("GRUCell: keep_bias", keep_bias))

    def gates(self, x: Any, h: Any) -> tuple[Any, ...]:
        """r, z and the candidate for x (..., I) and h (..., H)."""
        σ, φ = self.gate_activation, self.activation  # sigmoid and tanh, unless others were chosen
        hx = concat([h, x], axis=-1)  # (B, H+I)
        with scope("reset gate", role="reset"):
            r = σ(hx @ self.W_r + self.b("r")).named("r")  # (B, H)
        with scope("update gate", role="update"):
            z = σ(hx @ self.W_z + self.b("z")).named("z")  # (B, H)
        with scope("candidate", role="candidate"):
            if self.reset_after:
                candidate = φ(x @ self.W_hx + self.b_xh + r * (h @ self.W_hh + self.b_hh)).named("h̃")  # (B, H)
            else:
                candidate = φ(concat([r * h, x], axis=-1) @ self.W_h + self.b("h")).named("h̃")  # (B, H)
        return r, z, candidate

    def step(self, x: Any, h: Any, seen: Any = None) -> tuple[Any, ...]:
        """One step of the equations."""
        _, z, candidate = self.gates(x, h if seen is None else seen)
        with scope("new state", role="state"):
            h = ((1 - z) * h + z * candidate).named("h")  # (B, H)
        return (h,)

    def describe(self) -> str:
        """The sizes, and what is not as usual."""
        usual = {"reset_after": False, "activation": "tanh", "gate_activation": "sigmoid"}
        return super().describe() + self._chosen(bias="double" if self.reset_after else "single", **usual)


class LSTMCell(Cell):
    """The long short-term memory: a memory c beside the output h.

        i = sigmoid([h, x] W_i + b_i)            input gate
        f = sigmoid([h, x] W_f + b_f)            forget gate
        g = tanh([h, x] W_g + b_g)               cell candidate
        o = sigmoid([h, x] W_o + b_o)            output gate
        c = f ⊙ c + i ⊙ g                        memory
        h = o ⊙ tanh(c)                          new state

    Source: Gers, Schmidhuber and Cummins 2000, in PyTorch's letters. `forget_bias=1` starts with b_f = 1, so that the
    memory is kept at first (Jozefowicz et al. 2015).
    """

    gate_names = ("i", "f", "g", "o")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: Bias = True,
        *,
        activation: str | Activation = "tanh",
        gate_activation: str | Activation = "sigmoid",
        dtype: Any = np.float32,
        init: str = "torch",
        forget_bias: float | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, states=("h", "c"))
        self.activation = named_activation(activation)
        self.gate_activation = named_activation(gate_activation)
        self.W_i, self.W_f, self.W_g, self.W_o = self._weights(4, init, dtype)  # (H+I, H)
        self.bias = self._kind_of_bias(bias)
        self._biases("i", "f", "g", "o", kind=self.bias, init=init, dtype=dtype)
        if forget_bias is not None:
            self.start_bias("f", finite("LSTMCell: forget_bias", forget_bias))

    def gates(self, x: Any, h: Any) -> tuple[Any, ...]:
        """i, f, g and o for x (..., I) and h (..., H)."""
        σ, φ = self.gate_activation, self.activation  # sigmoid and tanh, unless others were chosen
        hx = concat([h, x], axis=-1)  # (B, H+I)
        with scope("input gate", role="input gate"):
            i = σ(hx @ self.W_i + self.b("i")).named("i")  # (B, H)
        with scope("forget gate", role="forget"):
            f = σ(hx @ self.W_f + self.b("f")).named("f")  # (B, H)
        with scope("cell candidate", role="candidate"):
            g = φ(hx @ self.W_g + self.b("g")).named("g")  # (B, H)
        with scope("output gate", role="output"):
            o = σ(hx @ self.W_o + self.b("o")).named("o")  # (B, H)
        return i, f, g, o

    def step(self, x: Any, h: Any, c: Any, seen: Any = None) -> tuple[Any, ...]:
        """One step of the equations."""
        i, f, g, o = self.gates(x, h if seen is None else seen)
        with scope("memory", role="state"):
            c = (f * c + i * g).named("c")  # (B, H)
        with scope("new state", role="state"):
            h = (o * self.activation(c)).named("h")  # (B, H)
        return h, c

    def describe(self) -> str:
        """The sizes, and what is not as usual."""
        return super().describe() + self._chosen(bias="single", activation="tanh", gate_activation="sigmoid")
