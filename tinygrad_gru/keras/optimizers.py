"""Optimisers under Keras's names, arguments and defaults; those of `optim` do the work.

Each is a recipe: called with parameters, it makes the optimiser, which reads its learning rate from the recipe. Keras
puts epsilon elsewhere than PyTorch, which matters where gradients are as small as epsilon, and the learning rate into
the momentum, which matters where the rate changes; so they are made anew here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from .. import optim
from ..core.support.arguments import brief, finite, flag, positive
from ..core.support.arrays import Array
from ..errors import ArgumentError, did_you_mean
from ..optim.base import running_mean
from .layers.arguments import as_in_keras, refuse_unknown

__all__ = ["SGD", "Adam", "AdamW", "RMSprop", "described", "maker_of"]

Maker = Callable[[Sequence[Any]], Any]

# What Keras's optimisers also take and ours do not, with the values that change nothing.
BEYOND: Mapping[str, tuple[Any, ...]] = {
    "weight_decay": (None,), "clipnorm": (None,), "clipvalue": (None,), "global_clipnorm": (None,), "use_ema": (False,),
    "ema_momentum": (0.99,), "ema_overwrite_frequency": (None,), "loss_scale_factor": (None,),
    "gradient_accumulation_steps": (None,), "name": (None,), "amsgrad": (False,), "momentum": (0.0,),
    "centered": (False,),
}  # fmt: skip


class Recipe:
    """Base of the optimisers: a setting may be changed while a model learns, and a misspelt one is refused."""

    learning_rate: float

    def __setattr__(self, name: str, value: Any) -> None:
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        if name not in names:
            refuse_unknown(type(self).__name__, name, names)
        if name != "nesterov" and (isinstance(value, bool) or not isinstance(value, int | float | np.number)):
            got = type(value).__name__
            raise ArgumentError(f"{type(self).__name__}: {name}: got a {got}, wanted a number. try: to leave it out")
        if name == "learning_rate":
            value = positive("learning_rate", value)
        elif name == "nesterov":
            value = flag("nesterov", value)
        else:
            value = finite(name, value)
        object.__setattr__(self, name, value)


def with_keras_arguments(kind: type[Any]) -> type[Any]:
    """Refuse by name what Keras's namesake takes and this one has not."""
    own = {field.name for field in fields(kind)}
    kind.__init__ = as_in_keras(**{name: ok for name, ok in BEYOND.items() if name not in own})(kind.__init__)
    return kind


@dataclass
class Adam(Recipe):
    """Adam: θ ← θ − α·m / (√v + ε),  α = learning_rate·√(1 − β₂ᵗ) / (1 − β₁ᵗ)."""

    learning_rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def __call__(self, parameters: Sequence[Any]) -> Any:
        """The optimiser for these parameters."""
        return _Adam(self, parameters, self.learning_rate, (self.beta_1, self.beta_2), self.epsilon)


@dataclass
class AdamW(Recipe):
    """Adam, and each step takes learning_rate·weight_decay of every weight away."""

    learning_rate: float = 0.001
    weight_decay: float = 0.004
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def __call__(self, parameters: Sequence[Any]) -> Any:
        """The optimiser for these parameters."""
        betas = (self.beta_1, self.beta_2)
        return _AdamW(self, parameters, self.learning_rate, betas, self.epsilon, weight_decay=self.weight_decay)


@dataclass
class SGD(Recipe):
    """Gradient descent:  θ ← θ − learning_rate·g,  or with momentum μ  θ ← θ + v,  v ← μ·v − learning_rate·g.

    With `nesterov`  θ ← θ + μ·v − learning_rate·g.
    """

    learning_rate: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    def __call__(self, parameters: Sequence[Any]) -> Any:
        """The optimiser for these parameters."""
        nesterov = self.nesterov and self.momentum != 0  # without a momentum there is nothing to look ahead with
        return _SGD(self, parameters, self.learning_rate, momentum=self.momentum, nesterov=nesterov)


@dataclass
class RMSprop(Recipe):
    """RMSprop: θ ← θ − learning_rate·g / √(v + ε),  v the running mean of g²."""

    learning_rate: float = 0.001
    rho: float = 0.9
    epsilon: float = field(default=1e-7, kw_only=True)  # in Keras momentum stands before it

    def __call__(self, parameters: Sequence[Any]) -> Any:
        """The optimiser for these parameters."""
        return _RMSprop(self, parameters, self.learning_rate, alpha=self.rho, eps=self.epsilon)


class _OfRecipe:
    """The learning rate is that of the recipe: whoever changes it there or here changes both."""

    def __init__(self, recipe: Recipe, *args: Any, **options: Any) -> None:
        self.recipe = recipe
        super().__init__(*args, **options)

    @property
    def learning_rate(self) -> float:
        """How far a step goes."""
        return self.recipe.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self.recipe.learning_rate = value

    lr = learning_rate  # as the optimisers of `optim` call it


class _EpsilonBesideRawRoot:
    """√v + ε is √v̂ + ε / √(1 − β₂ᵗ), apart from a factor that Adam has anyway."""

    eps: float
    betas: tuple[float, float]

    def update(
        self, new: Array, theta: Array, g: Array, t: int, m: Array, v: Array, v_max: Array | None = None
    ) -> None:
        eps = self.eps
        self.eps = eps / math.sqrt(1 - self.betas[1] ** t)
        try:
            super().update(new, theta, g, t, m, v, v_max)  # type: ignore[misc]
        finally:
            self.eps = eps


class _Adam(_OfRecipe, _EpsilonBesideRawRoot, optim.Adam, elementwise=True):
    pass


class _AdamW(_OfRecipe, _EpsilonBesideRawRoot, optim.AdamW, elementwise=True):
    pass


class _SGD(_OfRecipe, optim.SGD):
    """What the momentum keeps are steps, not gradients: a rate that changes counts for the steps from then on."""

    def update(self, new: Array, theta: Array, g: Array, t: int, v: Array | None = None) -> None:
        if v is None:
            np.multiply(g, -self.lr, out=new)
            new += theta
            return
        v *= self.momentum
        v -= np.multiply(g, self.lr, out=new)  # v ← μ·v − learning_rate·g
        if self.nesterov:
            np.subtract(theta, new, out=new)
            new += self.momentum * v
        else:
            np.add(theta, v, out=new)


class _RMSprop(_OfRecipe, optim.RMSprop, elementwise=True):
    def update(self, new: Array, theta: Array, g: Array, t: int, v: Array) -> None:
        running_mean(v, self.alpha, np.multiply(g, g, out=new), new)
        np.add(v, self.eps, out=new)
        np.divide(g, np.sqrt(new, out=new), out=new)
        new *= -self.lr
        new += theta


for _kind in (Adam, AdamW, SGD, RMSprop):
    with_keras_arguments(_kind)

BY_NAME: dict[str, type[Any]] = {"adam": Adam, "adamw": AdamW, "sgd": SGD, "rmsprop": RMSprop}


def maker_of(optimizer: Any) -> Maker:
    """What makes the optimiser: by name, one of the classes above, or any function of the parameters."""
    if isinstance(optimizer, str):
        if optimizer.lower() not in BY_NAME:
            raise ArgumentError(f"compile: unknown optimizer {brief(optimizer)}. {did_you_mean(optimizer, BY_NAME)}")
        maker: Maker = BY_NAME[optimizer.lower()]()
        return maker
    if isinstance(optimizer, optim.Optimizer) or not callable(optimizer):
        hint = "try: 'adam', optimizers.Adam(learning_rate=0.01), or a function of the parameters"
        raise ArgumentError(f"compile: optimizer: got {type(optimizer).__name__}. {hint}")
    return optimizer  # type: ignore[no-any-return]


def described(maker: Maker) -> dict[str, Any] | None:
    """Name and settings of an optimiser, if it is one of the above."""
    name = next((name for name, kind in BY_NAME.items() if type(maker) is kind), None)
    return None if name is None else {"name": name} | asdict(maker)  # type: ignore[call-overload]
