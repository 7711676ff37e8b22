"""The nonlinearities of networks. None of them warns or overflows, however large x is."""

from __future__ import annotations

import math

import numpy as np

from ..op import Op, function
from .arithmetic import clip, where

__all__ = ["gelu", "relu", "sigmoid", "silu", "softplus", "tanh"]


class Tanh(Op):
    """y = tanh(x);  ∂y/∂x = 1 − y²."""

    symbol = "tanh"
    elementwise = True

    def forward(self, x):
        return np.tanh(x)

    def vjp(self, g, y, x):
        return g * (1 - y * y)


class Sigmoid(Op):
    """y = σ(x) = 1/(1 + e⁻ˣ);  ∂y/∂x = y·(1 − y).

    Far below zero it keeps its digits, down to the smallest number of the dtype, so that ln σ(x) is right there too.
    Computed as ½·tanh(½x) + ½, as in compiled programs, it would be 0 in float32 from about −17 on.
    """

    symbol = "σ"
    elementwise = True

    ONE = np.array(1.0, np.float32)  # NumPy takes a 0-d array faster than a number, and 1 is exact in every dtype
    MINUS_ONE = np.array(-1.0, np.float32)

    def forward(self, x):
        with np.errstate(over="ignore"):  # where e⁻ˣ is ∞, y is 0
            y = np.exp(x * self.MINUS_ONE)
        y += self.ONE
        return self.ONE / y

    def vjp(self, g, y, x):
        return g * y * (1 - y)


class Relu(Op):
    """y = max(x, 0);  ∂y/∂x = 1 for x > 0, otherwise 0 (at 0 too)."""

    symbol = "relu"
    elementwise = True
    masks_gradient = True

    def forward(self, x):
        return np.maximum(x, 0)

    def vjp(self, g, y, x):
        return where(x > 0, g, 0.0)


class Softplus(Op):
    """y = ln(1 + eˣ);  ∂y/∂x = σ(x)."""

    symbol = "softplus"
    elementwise = True

    def forward(self, x):
        return np.logaddexp(x, 0)

    def vjp(self, g, y, x):
        return g * sigmoid(x)


class Silu(Op):
    """y = x·σ(x);  ∂y/∂x = σ(x)·(1 + x·(1 − σ(x))).

    Beyond ±800 σ is 0 or 1 in every dtype, so what is multiplied by it, or by 1 − σ, is held there: no 0·∞.
    """

    symbol = "silu"
    elementwise = True

    def forward(self, x):
        return np.maximum(x, -800) * sigmoid(x)

    def vjp(self, g, y, x):
        s = sigmoid(x)
        return g * s * (1 + clip(x, -800, 800) * (1 - s))


class Gelu(Op):
    """y = ½x·(1 + tanh u) with u = √(2/π)·(x + 0.044715x³), the usual approximation of x·Φ(x).

    ∂y/∂x = ½(1 + tanh u) + ½x·(1 − tanh² u)·∂u/∂x.  Source: Hendrycks and Gimpel 2016, arXiv 1606.08415.
    Beyond ±10 tanh u is ±1 in every digit, so x is held there: x³ cannot overflow, nor 0 be multiplied by ∞.
    """

    symbol = "gelu"
    elementwise = True

    C = math.sqrt(2 / math.pi)

    def forward(self, x):
        c = np.clip(x, -10, 10)
        return np.maximum(x, -10) * 0.5 * (1 + np.tanh(self.C * (c + 0.044715 * c * c * c)))

    def vjp(self, g, y, x):
        c = clip(x, -10, 10)
        t = tanh(self.C * (c + 0.044715 * c * c * c))
        du = self.C * (1 + 3 * 0.044715 * c * c)
        return g * 0.5 * (1 + t + c * (1 - t * t) * du)


tanh = function(Tanh)
sigmoid = function(Sigmoid)
relu = function(Relu)
softplus = function(Softplus)
silu = function(Silu)
gelu = function(Gelu)
