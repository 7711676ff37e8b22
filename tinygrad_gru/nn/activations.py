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

from ..core.ops import abs as absolute
from ..core.ops import clip, exp, expm1, gelu, greater, multiply, relu, sigmoid, silu, softmax, softplus, tanh, where
from ..core.support.arguments import brief
from ..core.support.arrays import as_array
from ..core.tensor import Tensor
from ..errors import ArgumentError, did_you_mean

__all__ = ["ACTIVATIONS", "activation", "name_of"]

Activation = Callable[[Any], Any]

SELU_LAMBDA, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017, arXiv 1706.02515


def linear(x: Any) -> Any:
    """y = x."""
    return x


def softsign(x: Any) -> Any:
    """y = x / (1 + |x|), between −1 and 1."""
    x = x if isinstance(x, Tensor) else as_array(x)  # refuses float16, which cannot hold 1e30
    x = clip(x, -1e30, 1e30)  # there y is ±1 in every digit, and ∞/∞ would be NaN
    return x / (1 + absolute(x))


def elu(x: Any) -> Any:
    """y = x for x > 0, otherwise eˣ − 1.  Source: Clevert et al. 2015, arXiv 1511.07289."""
    positive = greater(x, 0.0)
    return where(positive, x, expm1(where(positive, 0.0, x)))  # eˣ is never taken of a large x


def selu(x: Any) -> Any:
    """y = λx for x > 0, otherwise λα(eˣ − 1), with λ and α by which activations tend to mean 0 and variance 1."""
    positive = greater(x, 0.0)
    return SELU_LAMBDA * where(positive, x, SELU_ALPHA * expm1(where(positive, 0.0, x)))


def leaky_relu(x: Any, slope: float = 0.2) -> Any:
    """y = x for x > 0, otherwise slope·x; Keras's slope is 0.2, PyTorch's and ONNX's 0.01."""
    return where(greater(x, 0.0), x, multiply(x, slope))


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
