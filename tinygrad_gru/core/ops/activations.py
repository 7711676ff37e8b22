"""Activation functions. None of them warns or overflows, however large x is."""

import math

import numpy as np

from ..support.functions import function
from .arithmetic import clip, where
from .bases import Elementwise

__all__ = ["gelu", "relu", "sigmoid", "silu", "softplus", "tanh"]


class Tanh(Elementwise):
    """out = tanh(x);  ∂out/∂x = 1 − out².

    >>> tg.tanh([-1.0, 0.0, 1.0]).round(4)
    array([-0.7616,  0.    ,  0.7616], dtype=float32)
    """

    symbol = "tanh"

    def forward(self, x):
        return np.tanh(x)

    def vjp(self, g, out, x):
        return g * (1 - out * out)


tanh = function(Tanh)


class Sigmoid(Elementwise):
    """out = σ(x) = 1/(1 + e⁻ˣ);  ∂out/∂x = out·(1 − out).

    Far below zero it keeps its digits, down to the smallest number of the dtype, so that ln σ(x) is right there too.
    Computed as ½·tanh(½x) + ½, as in compiled programs, it would be 0 in float32 from about −17 on.

    >>> tg.sigmoid([-1.0, 0.0, 1.0]).round(4)
    array([0.2689, 0.5   , 0.7311], dtype=float32)
    """

    symbol = "σ"

    ONE = np.array(1.0, np.float32)  # NumPy takes a 0-d array faster than a number, and 1 is exact in every dtype
    MINUS_ONE = np.array(-1.0, np.float32)

    def forward(self, x):
        with np.errstate(over="ignore"):  # where e⁻ˣ is ∞, σ is 0
            out = np.exp(x * self.MINUS_ONE)
        out += self.ONE
        return self.ONE / out

    def vjp(self, g, out, x):
        return g * out * (1 - out)


sigmoid = function(Sigmoid)


class Relu(Elementwise):
    """out = max(x, 0);  ∂out/∂x = 1 for x > 0, otherwise 0 (at 0 too).

    >>> tg.relu([-1.0, 0.0, 2.0]).tolist()
    [0.0, 0.0, 2.0]
    """

    symbol = "relu"
    masks_gradient = True

    def forward(self, x):
        return np.maximum(x, 0)

    def vjp(self, g, out, x):
        return where(x > 0, g, 0.0)


relu = function(Relu)


class Softplus(Elementwise):
    """out = ln(1 + eˣ);  ∂out/∂x = σ(x).

    >>> tg.softplus([-1.0, 0.0, 1.0]).round(4)
    array([0.3133, 0.6931, 1.3133], dtype=float32)
    """

    symbol = "softplus"

    def forward(self, x):
        return np.logaddexp(x, 0)

    def vjp(self, g, out, x):
        return g * sigmoid(x)


softplus = function(Softplus)


class Silu(Elementwise):
    """out = x·σ(x);  ∂out/∂x = σ(x)·(1 + x·(1 − σ(x))).

    Beyond ±800 σ is 0 or 1 in every dtype, so what is multiplied by it, or by 1 − σ, is held there: no 0·∞.

    >>> tg.silu([-1.0, 0.0, 1.0]).round(4)
    array([-0.2689,  0.    ,  0.7311], dtype=float32)
    """

    symbol = "silu"

    def forward(self, x):
        return np.maximum(x, -800) * sigmoid(x)

    def vjp(self, g, out, x):
        s = sigmoid(x)
        return g * s * (1 + clip(x, -800, 800) * (1 - s))


silu = function(Silu)


class Gelu(Elementwise):
    """out = ½x·(1 + tanh u) with u = √(2/π)·(x + 0.044715x³), the usual approximation of x·Φ(x).

    ∂out/∂x = ½(1 + tanh u) + ½x·(1 − tanh² u)·∂u/∂x.  Source: Hendrycks and Gimpel 2016, arXiv 1606.08415.
    Beyond ±10 tanh u is ±1 in every digit, so x is held there: x³ cannot overflow, nor 0 be multiplied by ∞.

    >>> tg.gelu([-1.0, 0.0, 1.0]).round(4)
    array([-0.1588,  0.    ,  0.8412], dtype=float32)
    """

    symbol = "gelu"

    C = math.sqrt(2 / math.pi)

    def forward(self, x):
        c = np.clip(x, -10, 10)
        return np.maximum(x, -10) * 0.5 * (1 + np.tanh(self.C * (c + 0.044715 * c * c * c)))

    def vjp(self, g, out, x):
        c = clip(x, -10, 10)
        t = tanh(self.C * (c + 0.044715 * c * c * c))
        du = self.C * (1 + 3 * 0.044715 * c * c)
        return g * 0.5 * (1 + t + c * (1 - t * t) * du)


gelu = function(Gelu)
