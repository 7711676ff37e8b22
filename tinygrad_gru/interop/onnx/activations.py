"""The activation functions of ONNX's recurrent nodes, by name, with their numbers alpha and beta."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...errors import FileError
from ...nn.activations import ACTIVATIONS, Activation, hard_sigmoid, leaky_relu, name_of

__all__ = ["OnnxActivation", "activation_from_onnx", "activation_to_onnx", "expression", "read_activations"]


class OnnxActivation(NamedTuple):
    """A name with its numbers; a node lists the numbers apart, for the functions that have them."""

    name: str
    alpha: float | None = None
    beta: float | None = None


# ONNX's functions, with the numbers that they have by default.
PLAIN = {name: OnnxActivation(name) for name in ("Tanh", "Sigmoid", "Relu", "Softsign", "Softplus")}
DEFAULTS = PLAIN | {
    "Affine": OnnxActivation("Affine", 1.0, 0.0),
    "Elu": OnnxActivation("Elu", 1.0),
    "LeakyRelu": OnnxActivation("LeakyRelu", 0.01),
    "HardSigmoid": OnnxActivation("HardSigmoid", 0.2, 0.5),
    "ScaledTanh": OnnxActivation("ScaledTanh", 1.0, 1.0),
    "ThresholdedRelu": OnnxActivation("ThresholdedRelu", 1.0),
}
OURS = {
    "tanh": PLAIN["Tanh"],
    "sigmoid": PLAIN["Sigmoid"],
    "relu": PLAIN["Relu"],
    "softsign": PLAIN["Softsign"],
    "softplus": PLAIN["Softplus"],
    "linear": DEFAULTS["Affine"],
    "elu": DEFAULTS["Elu"],
    "leaky_relu": OnnxActivation("LeakyRelu", 0.2),
    "hard_sigmoid": OnnxActivation("HardSigmoid", 1 / 6, 0.5),
}
SLOPED: dict[Any, tuple[str, str, float | None]] = {
    leaky_relu: ("leaky_relu", "LeakyRelu", None),
    hard_sigmoid: ("hard_sigmoid", "HardSigmoid", 0.5),
}


def activation_to_onnx(function: Activation) -> OnnxActivation | None:
    """One of our activations, by ONNX's name, or None if it has no such function."""
    sloped = _sloped(function)
    if sloped is not None:
        _, name, beta = SLOPED[sloped[0]]
        return OnnxActivation(name, sloped[1], beta)
    return OURS.get(name_of(function) or "")


def activation_from_onnx(activation: OnnxActivation) -> str | Activation | None:
    """Our activation for one of ONNX's, a name or a function with its slope, or None if we have none."""
    for name, ours in OURS.items():
        if ours.name == activation.name and _equal(ours.alpha, activation.alpha) and _equal(ours.beta, activation.beta):
            return name
    for function, (_, name, beta) in SLOPED.items():
        if activation.name == name and activation.beta == beta and activation.alpha is not None:
            return functools.partial(function, slope=activation.alpha)
    return None


def expression(function: str | Activation) -> str:
    """An activation as Python code: `"tanh"`, or `partial(hard_sigmoid, slope=0.2)`."""
    if isinstance(function, str):
        return f'"{function}"'
    sloped = _sloped(function)
    if sloped is not None:
        return f"partial({SLOPED[sloped[0]][0]}, slope={sloped[1]:.9g})"
    return f'"{name_of(function)}"' if function in ACTIVATIONS.values() else getattr(function, "__name__", "?")


def read_activations(names: Sequence[str], alphas: Iterable[float], betas: Iterable[float]) -> list[OnnxActivation]:
    """The activations of a node; the numbers go, in order, to those that take one."""
    by_name = {name.lower(): default for name, default in DEFAULTS.items()}  # upper and lower case are the same
    left_alphas, left_betas = iter(alphas), iter(betas)
    activations = []
    for name in names:
        default = by_name.get(name.lower())
        if default is None:
            raise FileError(f"activations: ONNX has no {name[:80]!r}. try: {', '.join(DEFAULTS)}")
        alpha = None if default.alpha is None else _shortest(next(left_alphas, default.alpha))
        beta = None if default.beta is None else _shortest(next(left_betas, default.beta))
        activations.append(OnnxActivation(default.name, alpha, beta))
    for number in itertools.chain(left_alphas, left_betas):
        raise FileError(
            f"activation_alpha and activation_beta: no activation is left to take {number:.6g}. try: one per activation"
        )
    return activations


def _shortest(number: float) -> float:
    """The shortest number that is the same in float32, as ONNX stores it: 0.2, not 0.20000000298."""
    return float(str(np.float32(number)))


def _equal(a: float | None, b: float | None) -> bool:
    return a is b if a is None or b is None else np.float32(a) == np.float32(b)


def _sloped(function: Activation) -> tuple[Activation, float] | None:
    """The function and its slope, if it is one of ours with a slope bound to it."""
    if isinstance(function, functools.partial) and function.func in SLOPED and set(function.keywords) == {"slope"}:
        return function.func, float(function.keywords["slope"])
    return None
