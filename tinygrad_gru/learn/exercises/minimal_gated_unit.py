"""A cell of your own: the minimal gated unit.

A GRU with a single gate (Zhou et al. 2016, arXiv 1603.09420):

    f  = σ([h, x] W_f + b_f)           one gate, which does the work of both
    h̃  = tanh([f ⊙ h, x] W_h + b_h)
    h′ = (1 − f) ⊙ h + f ⊙ h̃

The parameters are there; write `step`, which returns the new states as a TUPLE (if you are stuck, look at GRUCell in
`tinygrad_gru/nn/cells.py`). Everything else comes with it: gradients, time, the compiler, pictures. The check runs
your cell over some steps, walks back through it, and runs it compiled.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ... import nn
from ...core.backward import grad
from ...core.ops import concat, sigmoid, tanh
from ...core.tensor import Tensor
from . import Remark

CHAPTER = 14
ANSWER = "MinimalGatedUnit"
RETURNS = ("the outputs", "∂L/∂W_f", "∂L/∂W_h", "∂L/∂b_f", "∂L/∂b_h", "the outputs, compiled")
NO_TUPLE = "A step returns a TUPLE of states, also where there is one: return (new,)."
Array = np.ndarray

STUB = '''
import tinygrad_gru as tg


class MinimalGatedUnit(tg.nn.Cell):
    """A recurrent cell with one gate."""

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.W_f, self.W_h = self.weights(2)  # (H+I, H), rows of h first
        self.b_f, self.b_h = self.biases("f", "h")  # (H,)

    def step(self, x, h):
        """The new states, as a tuple, for x (B, I) and h (B, H). Use tg.concat, tg.sigmoid and tg.tanh."""
        return ...
'''


class MinimalGatedUnit(nn.Cell):
    """A recurrent cell with one gate."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.W_f, self.W_h = self.weights(2)  # (H+I, H)
        self.b_f, self.b_h = self.biases("f", "h")  # (H,)

    def step(self, x: Any, h: Any) -> tuple[Any, ...]:
        f = sigmoid(concat([h, x], axis=-1) @ self.W_f + self.b_f)  # (B, H)
        candidate = tanh(concat([f * h, x], axis=-1) @ self.W_h + self.b_h)  # (B, H)
        return ((1 - f) * h + f * candidate,)


def cases() -> Iterator[tuple[dict[str, Array], Array]]:
    """The parameters, and x (T, B, I)."""
    for steps, batch, inputs, units in [(1, 1, 1, 2), (6, 2, 3, 4)]:
        rng = np.random.default_rng(steps)
        weights = {name: 0.5 * rng.standard_normal((units + inputs, units)) for name in ("W_f", "W_h")}
        biases = {name: rng.standard_normal(units) for name in ("b_f", "b_h")}
        yield weights | biases, rng.standard_normal((steps, batch, inputs))


def probe(attempt: Callable[[int, int], nn.Cell], parameters: dict[str, Array], x: Array) -> tuple[Any, ...]:
    """The outputs (T, B, H), the gradients of the sum of their squares, and the outputs of the compiled cell."""
    units = len(parameters["b_f"])
    cell = attempt(x.shape[-1], units)
    cell.astype(np.float64)
    for name, array in parameters.items():
        getattr(cell, name).assign(array)
    states: Any = cell.step(Tensor(x[0]), Tensor(np.zeros((x.shape[1], units))))
    if states is not ... and not isinstance(states, tuple):
        raise Remark(NO_TUPLE, about=type(cell).step)
    out, _ = nn.Recurrent(cell)(x)
    gradients = grad((out * out).sum(), [getattr(cell, name) for name in parameters])
    for name, gradient in zip(parameters, gradients, strict=True):
        if gradient is None:
            raise Remark(f"{name} got no gradient: your step does not use it, or uses its numbers (.data).")
    compiled, _ = nn.Recurrent(cell, engine="compiled")(x)
    return out.numpy(), *gradients, compiled.numpy()


HINTS = (
    "It is GRUCell with r and z replaced by one f: three lines and a return.",
    "f = tg.sigmoid(tg.concat([h, x], axis=-1) @ self.W_f + self.b_f)",
    "A step returns a tuple, also of one state: return (new,)",
)


class NoTuple(MinimalGatedUnit):
    """A step returns a TUPLE of states, also where there is one: return (new,)."""

    def step(self, x: Any, h: Any) -> Any:
        return super().step(x, h)[0]


class GateSwapped(MinimalGatedUnit):
    """Your f keeps the old state where it should take the new: (1 − f) ⊙ h + f ⊙ h̃."""

    def step(self, x: Any, h: Any) -> tuple[Any, ...]:
        f = sigmoid(concat([h, x], axis=-1) @ self.W_f + self.b_f)
        candidate = tanh(concat([f * h, x], axis=-1) @ self.W_h + self.b_h)
        return (f * h + (1 - f) * candidate,)


class GateOnce(MinimalGatedUnit):
    """The gate works twice: the draft sees f ⊙ h, not h."""

    def step(self, x: Any, h: Any) -> tuple[Any, ...]:
        hx = concat([h, x], axis=-1)
        f = sigmoid(hx @ self.W_f + self.b_f)
        return ((1 - f) * h + f * tanh(hx @ self.W_h + self.b_h),)


class XFirst(MinimalGatedUnit):
    """You lay x before h; the rows of W are those of h first: [h, x]."""

    def step(self, x: Any, h: Any) -> tuple[Any, ...]:
        f = sigmoid(concat([x, h], axis=-1) @ self.W_f + self.b_f)
        candidate = tanh(concat([x, f * h], axis=-1) @ self.W_h + self.b_h)
        return ((1 - f) * h + f * candidate,)


class DraftBySigmoid(MinimalGatedUnit):
    """The draft is a tanh, between −1 and 1: a sigmoid could never be negative."""

    def step(self, x: Any, h: Any) -> tuple[Any, ...]:
        f = sigmoid(concat([h, x], axis=-1) @ self.W_f + self.b_f)
        return ((1 - f) * h + f * sigmoid(concat([f * h, x], axis=-1) @ self.W_h + self.b_h),)


class ResetAfter(MinimalGatedUnit):
    """Your gate comes after the product, f ⊙ (h W): the other dialect. Here it is [f ⊙ h, x] W_h."""

    def step(self, x: Any, h: Any) -> tuple[Any, ...]:
        f = sigmoid(concat([h, x], axis=-1) @ self.W_f + self.b_f)
        of_h, of_x = self.W_h[: h.shape[-1]], self.W_h[h.shape[-1] :]
        return ((1 - f) * h + f * tanh(f * (h @ of_h) + x @ of_x + self.b_h),)


class RestInDraft(MinimalGatedUnit):
    """The draft sees f ⊙ h, not (1 − f) ⊙ h."""

    def step(self, x: Any, h: Any) -> tuple[Any, ...]:
        f = sigmoid(concat([h, x], axis=-1) @ self.W_f + self.b_f)
        return ((1 - f) * h + f * tanh(concat([(1 - f) * h, x], axis=-1) @ self.W_h + self.b_h),)


class WithoutGateBias(MinimalGatedUnit):
    """b_f got no gradient: your step does not use it, or uses its numbers (.data)."""

    def step(self, x: Any, h: Any) -> tuple[Any, ...]:
        f = sigmoid(concat([h, x], axis=-1) @ self.W_f)
        return ((1 - f) * h + f * tanh(concat([f * h, x], axis=-1) @ self.W_h + self.b_h),)


TWINS = (NoTuple, GateSwapped, GateOnce, XFirst, DraftBySigmoid, ResetAfter, RestInDraft, WithoutGateBias)
OURS = ("nn.cells.GRUCell", "return (1 - z) * h + z * candidate  # (B, H)")
TORCH = "class MinimalGatedUnit(torch.nn.Module): ...  # and a loop over time in Python"
