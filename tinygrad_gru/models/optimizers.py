"""Optimisers under Keras's names, arguments and defaults; those of `optim` do the work."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .. import optim
from ..errors import ArgumentError

__all__ = ["SGD", "Adam", "AdamW", "RMSprop", "maker_of"]

Maker = Callable[[Sequence[Any]], Any]


@dataclass(frozen=True)
class Adam:
    """Adam."""

    learning_rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def __call__(self, parameters: Sequence[Any]) -> Any:
        """The optimiser for these parameters."""
        return optim.Adam(parameters, self.learning_rate, betas=(self.beta_1, self.beta_2), eps=self.epsilon)


@dataclass(frozen=True)
class AdamW:
    """Adam with weight decay."""

    learning_rate: float = 0.001
    weight_decay: float = 0.004
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def __call__(self, parameters: Sequence[Any]) -> Any:
        """The optimiser for these parameters."""
        betas = (self.beta_1, self.beta_2)
        return optim.AdamW(
            parameters, self.learning_rate, betas=betas, eps=self.epsilon, weight_decay=self.weight_decay
        )


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
    """RMSprop. Keras adds epsilon under the root, this beside it: at 1e-7 the difference is far below rounding."""

    learning_rate: float = 0.001
    rho: float = 0.9
    epsilon: float = 1e-7

    def __call__(self, parameters: Sequence[Any]) -> Any:
        """The optimiser for these parameters."""
        return optim.RMSprop(parameters, self.learning_rate, alpha=self.rho, eps=self.epsilon)


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
        name = type(given).__name__
        raise ArgumentError(f"compile: optimizer: got {name}. try: 'adam', models.Adam(learning_rate=0.01), or a function")
    return given  # type: ignore[no-any-return]


def described(maker: Maker) -> dict[str, Any] | None:
    """Name and settings of an optimiser, if it is one of the above."""
    name = next((name for name, kind in BY_NAME.items() if type(maker) is kind), None)
    return None if name is None else {"name": name} | asdict(maker)  # type: ignore[call-overload]
