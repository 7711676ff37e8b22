"""The models of the tasks: a recurrent layer, and a linear map of its last state or of each of its outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import nn
from ..core.support.arrays import Array
from ..core.support.modes import no_grad
from ..core.support.operands import value_of
from ..core.tensor import Tensor
from .base import recurrent

__all__ = ["AtEachStep", "AtTheEnd", "last_state", "outputs"]


def last_state(state: Any) -> Any:
    """The state (B, H) of the one layer: of an LSTM the first of h and c."""
    return (state[0] if isinstance(state, tuple) else state)[0]


class AtTheEnd(nn.Module):
    """Reads a sequence (T, B, I), and says `outputs` numbers (B, O) once it has read it all."""

    def __init__(self, cell: str, inputs: int, hidden: int, outputs: int) -> None:
        self.recurrent = recurrent(cell, inputs, hidden)
        self.output = nn.Linear(hidden, outputs)

    def forward(self, x: Any, lengths: Array | None = None) -> Any:
        """The state after the last step, of sequences of different lengths each after its own, mapped to (B, O)."""
        _, state = self.recurrent(x, lengths=lengths)
        return self.output(last_state(state))


class AtEachStep(nn.Module):
    """Says `outputs` numbers at each step: (T, B, I) to (T, B, O)."""

    def __init__(self, cell: str, inputs: int, hidden: int, outputs: int) -> None:
        self.recurrent = recurrent(cell, inputs, hidden)
        self.output = nn.Linear(hidden, outputs)

    def forward(self, x: Any, lengths: Array | None = None) -> Any:
        """The output of every step, mapped to O numbers."""
        out, _ = self.recurrent(x, lengths=lengths)
        return self.output(out)


def outputs(model: Any, x: Array, lengths: Array | None = None) -> Array:
    """What the model says of x, as an array, without recording anything."""
    with no_grad():
        given = Tensor(x, name="x") if x.dtype == np.float32 else x  # codes go in as they are
        return np.asarray(value_of(model(given) if lengths is None else model(given, lengths)))
