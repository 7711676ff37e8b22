"""Optimisers under Keras's names, arguments and defaults; those of `optim` do the work.

Each is a recipe: called with parameters, it makes the optimiser. Keras puts epsilon elsewhere than PyTorch, which
matters where gradients are as small as epsilon, so two of them are made anew here.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from . import optim
from .core.arrays import Array
from .core.entrance import explain_misuse
from .errors import ArgumentError
from .optim.optimisers import running_mean

__all__ = ["SGD", "Adam", "AdamW", "RMSprop", "described", "maker_of"]

Maker = Callable[[Sequence[Any]], Any]


@dataclass(frozen=True)
class Adam:
    """Adam: x ← x − α·m/(√v + epsilon), where α = learning_rate·√(1 − β₂ⁿ)/(1 − β₁ⁿ)."""

    learning_rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def __call__(self, parameters: Sequence[Any]) -> Any:
        """The optimiser for these parameters."""
        return _Adam(parameters, self.learning_rate, (self.beta_1, self.beta_2), self.epsilon)


@dataclass(frozen=True)
class AdamW:
    """Adam, and each step takes learning_rate·weight_decay of every weight away."""

    learning_rate: float = 0.001
    weight_decay: float = 0.004
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def __call__(self, parameters: Sequence[Any]) -> Any:
        """The optimiser for these parameters."""
        betas = (self.beta_1, self.beta_2)
        return _AdamW(parameters, self.learning_rate, betas, self.epsilon, weight_decay=self.weight_decay)


@dataclass(frozen=True)
class SGD:
    """Gradient descent, with momentum if wanted."""

    learning_rate: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    def __call__(self, parameters: Sequence[Any]) -> Any:
        """The optimiser for these parameters."""
        return optim.SGD(parameters, self.learning_rate, momentum=self.momentum, nesterov=self.nesterov)


@dataclass(frozen=True)
class RMSprop:
    """RMSprop: x ← x − learning_rate·g/√(v + epsilon), where v is the running mean of g²."""

    learning_rate: float = 0.001
    rho: float = 0.9
    epsilon: float = 1e-7

    def __call__(self, parameters: Sequence[Any]) -> Any:
        """The optimiser for these parameters."""
        return _RMSprop(parameters, self.learning_rate, alpha=self.rho, eps=self.epsilon)


class _EpsilonBesideRawRoot:
    """√v + epsilon is √v̂ + epsilon/√(1 − β₂ⁿ), apart from a factor that Adam has anyway."""

    eps: float
    betas: tuple[float, float]

    def update(self, new: Array, x: Array, g: Array, n: int, *moments: Array) -> None:
        eps = self.eps
        self.eps = eps / math.sqrt(1 - self.betas[1] ** n)
        try:
            super().update(new, x, g, n, *moments)  # type: ignore[misc]
        finally:
            self.eps = eps


class _Adam(_EpsilonBesideRawRoot, optim.Adam):
    pass


class _AdamW(_EpsilonBesideRawRoot, optim.AdamW):
    pass


class _RMSprop(optim.RMSprop):
    def update(self, new: Array, x: Array, g: Array, n: int, *moments: Array) -> None:
        (v,) = moments
        running_mean(v, np.multiply(g, g, out=new), self.alpha)
        np.add(v, self.eps, out=new)
        np.divide(g, np.sqrt(new, out=new), out=new)
        new *= -self.lr
        new += x


BY_NAME: dict[str, type[Any]] = {"adam": Adam, "adamw": AdamW, "sgd": SGD, "rmsprop": RMSprop}


def maker_of(given: Any) -> Maker:
    """What makes the optimiser: by name, one of the classes above, or any function of the parameters."""
    if isinstance(given, str):
        if given.lower() not in BY_NAME:
            near = difflib.get_close_matches(given.lower(), BY_NAME, n=1)
            hint = f"did you mean {near[0]}?" if near else f"try: {', '.join(BY_NAME)}"
            raise ArgumentError(f"compile: unknown optimizer {given!r}. {hint}")
        maker: Maker = BY_NAME[given.lower()]()
        return maker
    if isinstance(given, optim.Optimizer) or not callable(given):
        hint = "try: 'adam', optimizers.Adam(learning_rate=0.01), or a function of the parameters"
        raise ArgumentError(f"compile: optimizer: got {type(given).__name__}. {hint}")
    return given  # type: ignore[no-any-return]


def described(maker: Maker) -> dict[str, Any] | None:
    """Name and settings of an optimiser, if it is one of the above."""
    name = next((name for name, kind in BY_NAME.items() if type(maker) is kind), None)
    return None if name is None else {"name": name} | asdict(maker)  # type: ignore[call-overload]


explain_misuse(globals(), __all__)
