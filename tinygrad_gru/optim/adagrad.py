"""Adagrad: each weight's step is divided by the root of the sum of its squared gradients."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..core.support.arguments import at_least_zero, positive
from ..core.tensor import Tensor
from .base import Optimizer

__all__ = ["Adagrad"]


class Adagrad(Optimizer, elementwise=True):
    """θ ← θ − lr·g / (√v + ε),  v ← v + g², where v only grows.  Source: Duchi et al., JMLR 12 (2011).

    v starts from `initial_accumulator_value`; with `lr_decay` λ the rate of update t is lr / (1 + (t − 1)·λ).
    """

    moments = ("v",)

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        self.lr_decay = at_least_zero("lr_decay", lr_decay)
        self.eps = positive("eps", eps)
        start = at_least_zero("initial_accumulator_value", initial_accumulator_value)
        super().__init__(params, lr, weight_decay, maximize)
        for moments in self.state:
            moments["v"][...] = start

    def update(self, new, theta, g, t, v):
        v += np.multiply(g, g, out=new)  # v ← v + g²
        np.sqrt(v, out=new)
        new += self.eps  # √v + ε
        np.divide(g, new, out=new)
        new *= -self.lr / (1 + (t - 1) * self.lr_decay)
        new += theta  # θ − lr·g / (√v + ε)
