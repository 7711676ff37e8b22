"""Adam, and AdamW beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ..core.support.arguments import flag, positive
from ..core.tensor import Tensor
from .base import Optimizer, running_mean
from .checks import checked_betas

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer, elementwise=True):
    """θ ← θ − lr·m̂ / (√v̂ + ε), with m and v the running means of the gradient g and of its square.

        m ← β₁·m + (1 − β₁)·g         m̂ = m / (1 − β₁ᵗ)
        v ← β₂·v + (1 − β₂)·g²        v̂ = v / (1 − β₂ᵗ)

    The means start from zeros and are too small in the first updates; the hats correct that.
    Source: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv 1412.6980.

    >>> import numpy as np, tinygrad_gru as tg
    >>> theta = tg.nn.Parameter(np.array([1.0, 1.0]))
    >>> theta.grad = np.array([50.0, -0.01])
    >>> tg.optim.Adam([theta], lr=0.1).step()
    >>> theta.data.round(4).tolist()  # m̂ / √v̂ = ±1 at first: a step of lr, however large g is
    [0.9, 1.1]
    """

    moments: tuple[str, ...] = ("m", "v")

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0, amsgrad: bool = False, maximize: bool = False,
    ) -> None:  # fmt: skip
        self.betas = checked_betas(betas)
        self.eps = positive("eps", eps)
        self.moments += ("v_max",) if flag("amsgrad", amsgrad) else ()
        super().__init__(params, lr, weight_decay, maximize)

    def update(self, new, theta, g, t, m, v, v_max=None):
        beta1, beta2 = self.betas  # `new` holds each value on the way, so that nothing else is allocated
        running_mean(m, beta1, g, new)  # m ← β₁·m + (1 − β₁)·g
        running_mean(v, beta2, np.multiply(g, g, out=new), new)  # v ← β₂·v + (1 − β₂)·g²
        if v_max is not None:  # amsgrad, Reddi et al., ICLR 2018: what a step is divided by never shrinks
            v = np.maximum(v_max, v, out=v_max)
        np.sqrt(v, out=new)
        new /= math.sqrt(1 - beta2**t)  # √v̂
        new += self.eps  # √v̂ + ε
        np.divide(m, new, out=new)
        new *= -self.lr / (1 - beta1**t)  # −lr·m̂ / (√v̂ + ε)
        new += theta  # θ − lr·m̂ / (√v̂ + ε)


class AdamW(Adam, elementwise=True):
    """Adam whose weight decay λ shrinks θ itself, θ ← θ·(1 − lr·λ), and leaves the means alone.

    Source: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, arXiv 1711.05101.
    """

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize)

    def decay(self, theta, g):
        return theta * (1 - self.lr * self.weight_decay), g
