"""The recurrent cells, as their equations: a method each, named by its letter.

A cell is a module with `state_sizes` and `step(x, *state) -> tuple of states`, the first of which is the output. Here a
step is written in two halves, `update(gates(x, h), *state)`: the gates take the matrix products, and the
update makes the next states of them. Shapes: x (B, I), each state (B, H); weights multiply from the right, and W of
(H+I, H) has the rows of h first. σ is the sigmoid and φ is tanh, unless others were chosen.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..core.ops import concat
from ..core.support.arguments import finite
from .activations import Activation
from .equations import Bias, equation
from .module import Parameter
from .standard_cell import BiasKind, StandardCell, TwoDialects

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "ResetAfterGRUCell"]


class RNNCell(StandardCell):
    """The plain recurrent cell:  h = tanh([h, x] W_h + b_h), or another nonlinearity.  Source: Elman 1990."""

    b_h = Bias()
    nonlinearity = property(lambda self: self.activation)
    usual: ClassVar = {"bias": "single", "nonlinearity": "tanh"}

    @equation("new state", role="state")
    def h(self, x: Any, h: Any) -> Any:
        return self.φ(concat([h, x], axis=-1) @ self.W_h + self.b_h)  # (B, H)

    def gates(self, x: Any, h: Any) -> tuple[Any, ...]:
        """The new state itself: there is no gate."""
        return (self.h(x, h),)

    def update(self, gates: tuple[Any, ...], h: Any) -> tuple[Any, ...]:
        """The new state, without anything of the previous one."""
        return gates

    # --- parameters --------------------------------------------------------------------------------------------------

    def __init__(
        self, input_size: int, hidden_size: int, bias: BiasKind = True, nonlinearity: str | Activation = "tanh",
        *, dtype: Any = np.float32, init: str = "torch",
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, activation=nonlinearity, dtype=dtype, init=init)
        (self.W_h,) = self.weights(1)  # (H+I, H)
        (self.b_h,) = self.biases("h")  # (H,)


class GRUCell(TwoDialects):
    """The gated recurrent unit: skim, draft, overwrite.

        r = sigmoid([h, x] W_r + b_r)            reset gate: which part of the past to consult
        z = sigmoid([h, x] W_z + b_z)            update gate: 0 keeps the old, 1 takes the new
        h̃ = tanh([r ⊙ h, x] W_h + b_h)           candidate: the draft
        h = (1 − z) ⊙ h + z ⊙ h̃                  new state

    Source: Chung et al. 2014, arXiv 1412.3555. `reset_after=True` gives the other dialect, a ResetAfterGRUCell.
    `keep_bias=2` starts with b_z = −2, so that the state is kept at first: what helps where the past matters for long.
    """

    gate_names = ("r", "z", "candidate")
    usual: ClassVar = {"bias": "single", "reset_after": False, "activation": "tanh", "gate_activation": "sigmoid"}
    b_r, b_z, b_h = Bias(), Bias(), Bias()

    @equation("reset gate", role="reset")
    def r(self, hx: Any) -> Any:
        return self.σ(hx @ self.W_r + self.b_r)  # (B, H)

    @equation("update gate", role="update")
    def z(self, hx: Any) -> Any:
        return self.σ(hx @ self.W_z + self.b_z)  # (B, H)

    @equation("candidate", role="candidate", name="h̃")
    def candidate(self, x: Any, h: Any, r: Any) -> Any:
        return self.φ(concat([r * h, x], axis=-1) @ self.W_h + self.b_h)  # (B, H)

    @equation("new state", role="state")
    def h(self, h: Any, z: Any, candidate: Any) -> Any:
        return (1 - z) * h + z * candidate  # (B, H)

    def gates(self, x: Any, h: Any) -> tuple[Any, ...]:
        """r, z and the candidate for x (..., I) and h (..., H)."""
        hx = concat([h, x], axis=-1)  # (B, H+I)
        r, z = self.r(hx), self.z(hx)
        return r, z, self.candidate(x, h, r)

    def update(self, gates: tuple[Any, ...], h: Any) -> tuple[Any, ...]:
        """The new state: h where z is 0, the candidate where z is 1."""
        _, z, candidate = gates
        return (self.h(h, z, candidate),)

    # --- parameters --------------------------------------------------------------------------------------------------

    def __init__(
        self, input_size: int, hidden_size: int, bias: BiasKind = True, reset_after: bool | None = None,
        *, keep_bias: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, reset_after, **options)
        self.make_parameters()
        if keep_bias is not None:
            self.start_bias("z", -finite("GRUCell: keep_bias", keep_bias))

    def make_parameters(self) -> None:
        """W and b of each equation."""
        self.W_r, self.W_z, self.W_h = self.weights(3)  # (H+I, H)
        self.b_r, self.b_z, self.b_h = self.biases("r", "z", "h")  # (H,)


class ResetAfterGRUCell(GRUCell):
    """The GRU of PyTorch, cuDNN and Keras 3: the reset gate comes after the product.

        r = sigmoid([h, x] W_r + b_r)                        reset gate
        z = sigmoid([h, x] W_z + b_z)                        update gate
        h̃ = tanh(x W_hx + b_xh + r ⊙ (h W_hh + b_hh))        candidate
        h = (1 − z) ⊙ h + z ⊙ h̃                              new state

    In those libraries z multiplies the OLD state: the same network with the signs of W_z and b_z changed. Unless
    `bias="single"` the gates have two bias vectors as they do there, b_r = b_xr + b_hr; b_xh and b_hh are two in any
    case, since one of them is inside of r ⊙ (…).
    """

    reset_after = True
    other_dialect = GRUCell
    usual: ClassVar = GRUCell.usual | {"bias": "double"}

    @equation("candidate", role="candidate", name="h̃")
    def candidate(self, x: Any, h: Any, r: Any) -> Any:
        return self.φ(x @ self.W_hx + self.b_xh + r * (h @ self.W_hh + self.b_hh))  # (B, H)

    # --- parameters --------------------------------------------------------------------------------------------------

    def make_parameters(self) -> None:
        """W and b of each equation."""
        H = self.hidden_size
        self.W_r, self.W_z, W_h = self.weights(3)  # (H+I, H)
        self.W_hx, self.W_hh = Parameter(W_h.data[H:]), Parameter(W_h.data[:H])  # (I, H), (H, H)
        self.b_r, self.b_z = self.biases("r", "z")  # (H,)
        self.b_xh, self.b_hh = self.biases("xh", "hh", kind="none" if self.bias == "none" else "single")  # (H,)


GRUCell.other_dialect = ResetAfterGRUCell  # GRUCell(..., reset_after=True)


class LSTMCell(StandardCell):
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
    usual: ClassVar = {"bias": "single", "activation": "tanh", "gate_activation": "sigmoid"}
    b_i, b_f, b_g, b_o = Bias(), Bias(), Bias(), Bias()

    @equation("input gate", role="input gate")
    def i(self, hx: Any) -> Any:
        return self.σ(hx @ self.W_i + self.b_i)  # (B, H)

    @equation("forget gate", role="forget")
    def f(self, hx: Any) -> Any:
        return self.σ(hx @ self.W_f + self.b_f)  # (B, H)

    @equation("cell candidate", role="candidate")
    def g(self, hx: Any) -> Any:
        return self.φ(hx @ self.W_g + self.b_g)  # (B, H)

    @equation("output gate", role="output")
    def o(self, hx: Any) -> Any:
        return self.σ(hx @ self.W_o + self.b_o)  # (B, H)

    @equation("memory", role="state")
    def c(self, c: Any, i: Any, f: Any, g: Any) -> Any:
        return f * c + i * g  # (B, H)

    @equation("new state", role="state")
    def h(self, c: Any, o: Any) -> Any:
        return o * self.φ(c)  # (B, H)

    def gates(self, x: Any, h: Any) -> tuple[Any, ...]:
        """i, f, g and o for x (..., I) and h (..., H)."""
        hx = concat([h, x], axis=-1)  # (B, H+I)
        return self.i(hx), self.f(hx), self.g(hx), self.o(hx)

    def update(self, gates: tuple[Any, ...], h: Any, c: Any) -> tuple[Any, ...]:
        """The new h and c: forget, add, and output a part of c."""
        i, f, g, o = gates
        c = self.c(c, i, f, g)
        return self.h(c, o), c

    # --- parameters --------------------------------------------------------------------------------------------------

    def __init__(
        self, input_size: int, hidden_size: int, bias: BiasKind = True, *, forget_bias: float | None = None,
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, states=("h", "c"), **options)
        self.W_i, self.W_f, self.W_g, self.W_o = self.weights(4)  # (H+I, H)
        self.b_i, self.b_f, self.b_g, self.b_o = self.biases("i", "f", "g", "o")  # (H,)
        if forget_bias is not None:
            self.start_bias("f", finite("LSTMCell: forget_bias", forget_bias))
