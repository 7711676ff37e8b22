"""NAdam: Adam, with a momentum that looks ahead as Nesterov's does."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ..core.support.arguments import at_least_zero, positive
from ..core.tensor import Tensor
from .base import Optimizer, running_mean
from .checks import checked_betas

__all__ = ["NAdam"]


class NAdam(Optimizer, elementwise=True):
    """θ ← θ − lr·m̂ / (√v̂ + ε), with m, v and v̂ as in Adam, and in m̂ the momentum of the next update.

        m̂ = μₜ₊₁·m / (1 − μ₁⋯μₜ₊₁) + (1 − μₜ)·g / (1 − μ₁⋯μₜ)        μₜ = β₁·(1 − ½·0.96^(t·ψ))

    ψ is `momentum_decay`.  Source: Dozat, "Incorporating Nesterov momentum into Adam", ICLR 2016 workshop.
    """

    moments = ("m", "v")

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        *,
        maximize: bool = False,
    ) -> None:
        self.betas = checked_betas(betas)
        self.eps = positive("eps", eps)
        self.momentum_decay = at_least_zero("momentum_decay", momentum_decay)
        self._products = [1.0]  # μ₁⋯μₜ for each t so far: it depends on t alone, and is not saved
        super().__init__(params, lr, weight_decay, maximize)

    def update(self, new, theta, g, t, m, v):
        beta1, beta2 = self.betas
        running_mean(m, beta1, g, new)  # m ← β₁·m + (1 − β₁)·g
        running_mean(v, beta2, np.multiply(g, g, out=new), new)  # v ← β₂·v + (1 − β₂)·g²
        ahead = self.mu(t + 1) / (1 - self.product(t + 1))
        now = (1 - self.mu(t)) / (1 - self.product(t))
        np.sqrt(v, out=new)
        new /= math.sqrt(1 - beta2**t)
        new += self.eps  # √v̂ + ε
        np.divide(ahead * m + now * g, new, out=new)  # m̂ / (√v̂ + ε)
        new *= -self.lr
        new += theta

    def mu(self, t: int) -> float:
        """μₜ, the momentum of update t, which grows towards β₁."""
        return self.betas[0] * (1 - 0.5 * math.pow(0.96, t * self.momentum_decay))

    def product(self, t: int) -> float:
        """μ₁⋯μₜ."""
        while len(self._products) <= t:
            self._products.append(self._products[-1] * self.mu(len(self._products)))
        return self._products[t]
