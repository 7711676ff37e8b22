"""Cells of ONNX and Keras with activations that the cells of `nn` cannot have.

Our LSTM has one φ for the candidate and for the memory; our GRU lets z multiply the new, which is the old with another
sign only where σ(−a) = 1 − σ(a). A layer of these cells is an `nn.Recurrent`: it runs, learns and compiles as others.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..nn.activations import Activation
from ..nn.activations import activation as named_activation
from ..nn.cells import GRUCell, LSTMCell, ResetAfterGRUCell
from ..nn.equations import equation

__all__ = ["KeepGRUCell", "KeepResetAfterGRUCell", "TwoActivationsLSTMCell"]


class TwoActivationsLSTMCell(LSTMCell):
    """The LSTM with a function ψ of its own for the memory:  h = o ⊙ ψ(c)."""

    usual: ClassVar = LSTMCell.usual | {"output_activation": "tanh"}

    def __init__(self, *args: Any, output_activation: str | Activation = "tanh", **options: Any) -> None:
        super().__init__(*args, **options)
        self.output_activation = named_activation(output_activation)

    @property
    def ψ(self) -> Any:
        """The activation of the memory."""
        return self.output_activation

    @equation("new state", role="state")
    def h(self, c: Any, o: Any) -> Any:
        return o * self.ψ(c)  # (B, H)


class KeepGRUCell(GRUCell):
    """The GRU whose z keeps, as ONNX and Keras write it:  h = z ⊙ h + (1 − z) ⊙ h̃, for any activation of the gates."""

    other_dialect: ClassVar[Any] = None  # set below

    @equation("new state", role="state")
    def h(self, h: Any, z: Any, candidate: Any) -> Any:
        return z * h + (1 - z) * candidate  # (B, H)


class KeepResetAfterGRUCell(KeepGRUCell, ResetAfterGRUCell):
    """The same with the reset gate behind the product."""

    other_dialect = KeepGRUCell


KeepGRUCell.other_dialect = KeepResetAfterGRUCell  # KeepGRUCell(..., reset_after=True)
