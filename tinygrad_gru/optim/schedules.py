"""Schedules: the learning rate of each update."""

from __future__ import annotations

import math

from ..core.support.arguments import at_least_zero, brief, count, positive
from ..core.support.hints import names, not_here
from ..errors import ArgumentError
from ..torch_names import SCHEDULES
from .base import Optimizer

__all__ = ["ConstantLR", "CosineLR", "Schedule", "StepLR"]


class Schedule:
    """Base class: `factor(n)` is what the optimiser's first learning rate is multiplied by after n updates.

    Call `step()` before each update. A schedule counts nothing itself: it goes by `optimizer.steps`, so a training run
    that is resumed goes on where it was.

    >>> import tinygrad_gru as tg
    >>> optimizer = tg.optim.SGD([tg.nn.Parameter([1.0])], lr=0.5)
    >>> schedule = tg.optim.CosineLR(optimizer, total_steps=4, warmup_steps=1)
    >>> rates = []
    >>> for _ in range(5):
    ...     schedule.step()
    ...     rates.append(round(optimizer.lr, 3))
    ...     optimizer.step()
    >>> rates
    [0.25, 0.5, 0.375, 0.125, 0.0]
    """

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(
                f"{type(self).__name__}: optimizer: got {brief(optimizer)}, wanted an Optimizer. try: optim.Adam(...)"
            )
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.step()

    __dir__ = names  # without PyTorch's, which are attached below

    def factor(self, n: int) -> float:
        raise NotImplementedError(f"{type(self).__name__} needs a factor(self, n) method")

    def step(self) -> None:
        """Set the learning rate of the update to come."""
        self.optimizer.lr = self.base_lr * self.factor(self.optimizer.steps)


for _name, _answer in not_here(SCHEDULES).items():
    setattr(Schedule, _name, _answer)


class ConstantLR(Schedule):
    """The learning rate stays as it is."""

    def factor(self, n: int) -> float:
        return 1.0


class StepLR(Schedule):
    """lr·γ^⌊n / step_size⌋: the learning rate is multiplied by γ after every `step_size` updates."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size = count("step_size", step_size, 1)
        self.gamma = positive("gamma", gamma)
        super().__init__(optimizer)

    def factor(self, n: int) -> float:
        return float(self.gamma ** (n // self.step_size))


class CosineLR(Schedule):
    """Up in a straight line over `warmup_steps` updates, then down half a cosine, to `final` at `total_steps`.

    lr·(final + (1 − final)·(1 + cos πs)/2), where s goes from 0 after the warm-up to 1 at `total_steps`, and stays.
    Source: Loshchilov and Hutter, ICLR 2017, arXiv 1608.03983.
    """

    def __init__(self, optimizer: Optimizer, total_steps: int, warmup_steps: int = 0, final: float = 0.0) -> None:
        self.total_steps = count("total_steps", total_steps, 1)
        self.warmup_steps = count("warmup_steps", warmup_steps, 0)
        self.final = at_least_zero("final", final)
        if self.warmup_steps >= self.total_steps:
            raise ArgumentError(f"CosineLR: warmup_steps must be below total_steps {total_steps}, got {warmup_steps}")
        super().__init__(optimizer)

    def factor(self, n: int) -> float:
        if n < self.warmup_steps:
            return (n + 1) / (self.warmup_steps + 1)
        s = min(1.0, (n - self.warmup_steps) / (self.total_steps - self.warmup_steps))
        return self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * s))
