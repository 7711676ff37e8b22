"""The activation functions that layers take by name: Keras's names, and Keras's functions.

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


def gelu_tanh(x: Any) -> Any:
    """y = ½x·(1 + tanh(√(2/π)·(x + 0.044715x³))): gelu with approximate="tanh", and "gelu" in version 0.1.0."""
    return gelu(x, approximate="tanh")


def celu(x: Any) -> Any:
    """y = x for x > 0, otherwise eˣ − 1: elu, as Keras's α is 1 in both."""
    return elu(x)


def mish(x: Any) -> Any:
    """y = x·tanh(ln(1 + eˣ)), which is x from 50 on.  Source: Misra 2019, arXiv 1908.08681."""
    c = clip(x, -800.0, 50.0)  # no 0·∞
    return ops.where(ops.greater(x, 50.0), x, c * tanh(softplus(c)))


def relu6(x: Any) -> Any:
    """y = min(max(x, 0), 6), with derivative 0 at 0 and at 6, as in Keras and PyTorch."""
    return ops.where(ops.greater_equal(x, 6.0), 6.0, relu(x))


def hard_silu(x: Any) -> Any:
    """y = x·hard_sigmoid(x).  Source: Howard et al. 2019, arXiv 1905.02244."""
    return ops.maximum(x, -3.0) * hard_sigmoid(x)  # no 0·∞


def hard_tanh(x: Any) -> Any:
    """y = min(max(x, −1), 1)."""
    return clip(x, -1.0, 1.0)


def log_sigmoid(x: Any) -> Any:
    """y = ln σ(x) = −softplus(−x)."""
    return multiply(softplus(multiply(x, -1.0)), -1.0)


def tanh_shrink(x: Any) -> Any:
    """y = x − tanh(x)."""
    return ops.subtract(x, tanh(x))


def soft_shrink(x: Any) -> Any:
    """y = x − ½ for x > ½, x + ½ for x < −½, otherwise 0."""
    return ops.subtract(x, clip(x, -0.5, 0.5))


def hard_shrink(x: Any) -> Any:
    """y = 0 for |x| ≤ ½, otherwise x."""
    return ops.where(ops.less_equal(ops.abs(x), 0.5), 0.0, x)


def sparse_sigmoid(x: Any) -> Any:
    """y = min(max(½x + ½, 0), 1)."""
    return hard_sigmoid(x, 0.5)


def sparse_plus(x: Any) -> Any:
    """y = 0 for x < −1, ¼(x + 1)² up to 1, and x from there on."""
    return ops.where(ops.greater(x, 1.0), x, ops.square(clip(x, -1.0, 1.0) + 1.0) * 0.25)


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
    "gelu_tanh": gelu_tanh,
    "silu": silu,
    "swish": silu,
    "leaky_relu": leaky_relu,
    "hard_sigmoid": hard_sigmoid,
    "exponential": exp,
    "log_softmax": ops.log_softmax,
    "log_sigmoid": log_sigmoid,
    "mish": mish,
    "relu6": relu6,
    "celu": celu,
    "hard_silu": hard_silu,
    "hard_swish": hard_silu,
    "hard_tanh": hard_tanh,
    "hard_shrink": hard_shrink,
    "soft_shrink": soft_shrink,
    "tanh_shrink": tanh_shrink,
    "sparse_plus": sparse_plus,
    "sparse_sigmoid": sparse_sigmoid,
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
