"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..core.support.arguments import at_least_zero, flag
from ..core.tensor import Tensor
from ..errors import ArgumentError
from .base import Optimizer

__all__ = ["SGD"]


class SGD(Optimizer):
    """θ ← θ − lr·g,  or with momentum μ  θ ← θ − lr·v,  v ← μ·v + g.

    Nesterov's form looks ahead:  θ ← θ − lr·(g + μ·v).  Source: Sutskever et al., ICML 2013.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        momentum: float = 0.0,
        *,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        maximize: bool = False,
    ) -> None:
        self.momentum = at_least_zero("momentum", momentum)
        self.nesterov = flag("nesterov", nesterov)
        self.moments = ("v",) if momentum else ()
        if nesterov and not momentum:
            raise ArgumentError("SGD: nesterov needs a momentum. try: momentum=0.9")
        super().__init__(params, lr, weight_decay, maximize)

    def update(self, new, theta, g, t, v=None):
        if v is not None:
            v *= self.momentum
            v += g  # v ← μ·v + g
            if self.nesterov:
                np.multiply(v, self.momentum, out=new)
                new += g
                g = new  # g + μ·v
            else:
                g = v
        np.multiply(g, -self.lr, out=new)
        new += theta  # θ − lr·g
