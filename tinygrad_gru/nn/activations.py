"""The activation functions that layers take by name.

>>> import tinygrad_gru as tg
>>> tg.nn.activations.activation("hard_sigmoid")(tg.Tensor([-3.0, 0.0, 1.5])).data.tolist()
[0.0, 0.5, 0.75]
>>> tg.nn.activations.activation("tahn")
Traceback (most recent call last):
tinygrad_gru.errors.ArgumentError: unknown activation 'tahn'. did you mean tanh?
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import ops
from ..core.ops import clip, elu, exp, gelu, multiply, relu, selu, sigmoid, silu, softmax, softplus, softsign, tanh
from ..core.support.arguments import brief
from ..errors import ArgumentError, did_you_mean

__all__ = ["ACTIVATIONS", "activation", "name_of"]

Activation = Callable[[Any], Any]


def linear(x: Any) -> Any:
    """y = x."""
    return x


def leaky_relu(x: Any, slope: float = 0.2) -> Any:
    """y = x for x > 0, otherwise slope·x; Keras's slope is 0.2, PyTorch's and ONNX's 0.01."""
    return ops.leaky_relu(x, slope)


def hard_sigmoid(x: Any, slope: float = 1 / 6) -> Any:
    """y = min(max(slope·x + ½, 0), 1); Keras 3 and PyTorch take 1/6, ONNX and Keras 2 take 0.2."""
    return clip(multiply(x, slope) + 0.5, 0.0, 1.0)


ACTIVATIONS: dict[str, Activation] = {
    "tanh": tanh,
    "sigmoid": sigmoid,
    "relu": relu,
    "linear": linear,
    "softmax": softmax,
    "softplus": softplus,
    "softsign": softsign,
    "elu": elu,
    "selu": selu,
    "gelu": gelu,
    "silu": silu,
    "leaky_relu": leaky_relu,
    "hard_sigmoid": hard_sigmoid,
    "exponential": exp,
}


def activation(name: str | Activation | None) -> Activation:
    """The function of this name; a function is returned as it is, and None is the identity."""
    if name is None:
        return linear
    if callable(name):
        return name
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ArgumentError(f"unknown activation {brief(name)}. {did_you_mean(name, ACTIVATIONS)}")
    return ACTIVATIONS[name]


def name_of(function: Activation) -> str | None:
    """The name under which a function stands in the table, or None for one of the user's own."""
    return next((name for name, f in ACTIVATIONS.items() if f is function), None)
