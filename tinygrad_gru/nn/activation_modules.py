"""Activations as modules, with PyTorch's names: for Sequential, and where a model shows what it is made of.

>>> import tinygrad_gru as tg
>>> tg.nn.LeakyReLU(0.1)(tg.Tensor([-1.0, 2.0])).data.round(2).tolist()
[-0.10000000149011612, 2.0]
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..core import ops
from ..core.support.arguments import axes, axis, brief, number
from ..core.support.hints import in_our_words
from ..core.tensor import Tensor
from ..errors import ArgumentError
from . import activations
from .module import Module

__all__ = [
    "ELU", "GELU", "SELU", "Flatten", "Hardsigmoid", "Identity", "LeakyReLU", "LogSoftmax", "ReLU", "SiLU", "Sigmoid",
    "Softmax", "Softplus", "Softsign", "Tanh",
]  # fmt: skip


class _Elementwise(Module):
    """A function without settings, element by element."""

    function: ClassVar[Any]  # as a static method

    @in_our_words
    def __init__(self, *settings: Any) -> None:  # so that ReLU(True) and inplace= are answered
        if settings:
            name = type(self).__name__
            raise ArgumentError(
                f"{name}: got {brief(settings[0])}, and it has no settings, no inplace. try: nn.{name}()"
            )

    def forward(self, x: Any) -> Any:
        """The function of x, of the same shape."""
        return self.function(_tensor(x))


def _tensor(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else Tensor(x)


class Identity(_Elementwise):
    """y = x."""

    function = staticmethod(activations.linear)


class Tanh(_Elementwise):
    """y = tanh(x)."""

    function = staticmethod(ops.tanh)


class Sigmoid(_Elementwise):
    """y = 1/(1 + e⁻ˣ)."""

    function = staticmethod(ops.sigmoid)


class ReLU(_Elementwise):
    """y = max(x, 0)."""

    function = staticmethod(ops.relu)


class SiLU(_Elementwise):
    """y = x·σ(x)."""

    function = staticmethod(ops.silu)


class Softplus(_Elementwise):
    """y = ln(1 + eˣ)."""

    function = staticmethod(ops.softplus)


class Softsign(_Elementwise):
    """y = x/(1 + |x|)."""

    function = staticmethod(ops.softsign)


class ELU(_Elementwise):
    """y = x for x > 0, otherwise eˣ − 1."""

    function = staticmethod(ops.elu)


class SELU(_Elementwise):
    """y = λx for x > 0, otherwise λα(eˣ − 1)."""

    function = staticmethod(ops.selu)


class Hardsigmoid(_Elementwise):
    """y = min(max(x/6 + ½, 0), 1)."""

    function = staticmethod(activations.hard_sigmoid)


class GELU(Module):
    """y = x·Φ(x), or ½x·(1 + tanh(√(2/π)·(x + 0.044715x³))) with approximate="tanh", as in PyTorch."""

    def __init__(self, approximate: str = "none") -> None:
        if not isinstance(approximate, str) or approximate not in ("tanh", "none"):
            raise ArgumentError(f"GELU: approximate: got {brief(approximate)}, wanted 'tanh' or 'none', as in PyTorch")
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        """The function of x, of the same shape."""
        return ops.gelu(_tensor(x), self.approximate)

    def describe(self) -> str:
        """The form."""
        return f"approximate={self.approximate!r}"


class LeakyReLU(Module):
    """y = x for x > 0, otherwise slope·x: PyTorch's by default, 0.01; the name "leaky_relu" has Keras's, 0.2."""

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = number("LeakyReLU: slope", slope, "0.01")

    def forward(self, x: Any) -> Any:
        """The function of x, of the same shape."""
        return ops.leaky_relu(_tensor(x), self.slope)

    def describe(self) -> str:
        """The slope."""
        return str(self.slope)


class Softmax(Module):
    """y = eˣ / Σ eˣ along `axis`."""

    function: ClassVar[Any] = staticmethod(ops.softmax)

    def __init__(self, axis: int | tuple[int, ...] | None = -1) -> None:
        self.axis = axes(type(self).__name__, axis)

    def forward(self, x: Any) -> Any:
        """Probabilities, or their logarithms, of the shape of x."""
        return self.function(_tensor(x), axis=self.axis)

    def describe(self) -> str:
        """The axis."""
        return f"axis={self.axis}"


class LogSoftmax(Softmax):
    """y = x − ln Σ eˣ along `axis`."""

    function = staticmethod(ops.log_softmax)


class Flatten(Module):
    """The axes from `start_axis` to `end_axis` as one; by default all but the first, which is that of the batch."""

    def __init__(self, start_axis: int = 1, end_axis: int = -1) -> None:
        self.start_axis = axis("Flatten", start_axis)
        self.end_axis = axis("Flatten", end_axis)

    def forward(self, x: Any) -> Any:
        """x (B, ...) as (B, n)."""
        return _tensor(x).flatten(self.start_axis, self.end_axis)

    def describe(self) -> str:
        """The axes."""
        return f"{self.start_axis}, {self.end_axis}"
