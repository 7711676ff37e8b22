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
    """A name with its numbers; ONNX lists the numbers apart, only for the functions that have some."""

    name: str
    alpha: float | None = None
    beta: float | None = None


# The functions of ONNX that are ours with these numbers, and what the numbers are where a node gives none.
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


def activation_from_onnx(given: OnnxActivation) -> str | Activation | None:
    """ONNX's activation as a layer of ours takes it, or None if there is none: a name, or a function with its slope."""
    for name, ours in OURS.items():
        if ours.name == given.name and _equal(ours.alpha, given.alpha) and _equal(ours.beta, given.beta):
            return name
    for function, (_, name, beta) in SLOPED.items():
        if given.name == name and given.beta == beta and given.alpha is not None:
            return functools.partial(function, slope=given.alpha)
    return None


def expression(function: str | Activation) -> str:
    """An activation as one writes it in Python: `"tanh"`, or `partial(hard_sigmoid, slope=0.2)`."""
    if isinstance(function, str):
        return f'"{function}"'
    sloped = _sloped(function)
    if sloped is not None:
        return f"partial({SLOPED[sloped[0]][0]}, slope={sloped[1]:.9g})"
    return f'"{name_of(function)}"' if function in ACTIVATIONS.values() else getattr(function, "__name__", "?")


def read_activations(names: Sequence[str], alphas: Iterable[float], betas: Iterable[float]) -> list[OnnxActivation]:
    """The activations of a node, whose numbers are handed out in order to those that take one."""
    by_name = {name.lower(): default for name, default in DEFAULTS.items()}  # upper and lower case are the same
    left_alphas, left_betas = iter(alphas), iter(betas)
    found = []
    for name in names:
        default = by_name.get(name.lower())
        if default is None:
            raise FileError(f"activations: ONNX has no {name[:80]!r} here, wanted one of {', '.join(DEFAULTS)}")
        alpha = None if default.alpha is None else _shortest(next(left_alphas, default.alpha))
        beta = None if default.beta is None else _shortest(next(left_betas, default.beta))
        found.append(OnnxActivation(default.name, alpha, beta))
    for number in itertools.chain(left_alphas, left_betas):
        raise FileError(f"activation_alpha and activation_beta: no activation is left to take {number:.6g}")
    return found


def _shortest(number: float) -> float:
    """The number with the fewest digits that is the same in float32, as ONNX stores it: 0.2, not 0.20000000298."""
    return float(str(np.float32(number)))


def _equal(a: float | None, b: float | None) -> bool:
    return a is b if a is None or b is None else np.float32(a) == np.float32(b)


def _sloped(function: Activation) -> tuple[Activation, float] | None:
    """The function and the slope, if it is one of ours with a slope of the user's."""
    if isinstance(function, functools.partial) and function.func in SLOPED and set(function.keywords) == {"slope"}:
        return function.func, float(function.keywords["slope"])
    return None
