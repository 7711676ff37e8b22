"""RMSprop: each weight's step is divided by the root of its gradient's running mean square."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..core.support.arguments import fraction, positive
from ..core.tensor import Tensor
from .base import Optimizer, running_mean

__all__ = ["RMSprop"]


class RMSprop(Optimizer, elementwise=True):
    """θ ← θ − lr·g / (√v + ε),  v ← α·v + (1 − α)·g².  Source: Tieleman and Hinton 2012, lecture 6.5."""

    moments = ("v",)

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        self.alpha = fraction("alpha", alpha)
        self.eps = positive("eps", eps)
        super().__init__(params, lr, weight_decay, maximize)

    def update(self, new, theta, g, t, v):
        running_mean(v, self.alpha, np.multiply(g, g, out=new), new)  # v ← α·v + (1 − α)·g²
        np.sqrt(v, out=new)
        new += self.eps  # √v + ε
        np.divide(g, new, out=new)
        new *= -self.lr
        new += theta  # θ − lr·g / (√v + ε)
