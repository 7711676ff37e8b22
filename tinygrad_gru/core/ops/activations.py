"""Activation functions. None of them warns or overflows, however large x is."""

import math
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ..op import apply
from ..support.arguments import brief
from ..support.arrays import as_array
from ..support.functions import documented_by, function
from ..tensor import Tensor
from .arithmetic import abs as absolute
from .arithmetic import clip, multiply, where
from .bases import Elementwise
from .elementary import erfc, exp, expm1
from .predicates import greater

__all__ = [
    "elu",
    "gelu",
    "leaky_relu",
    "logaddexp",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "tanh",
]

SELU_LAMBDA, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017, arXiv 1706.02515


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


class Logaddexp(Elementwise):
    """out = ln(eˣ + eʸ), a smooth maximum, of which softplus is the case y = 0;  ∂out/∂x = σ(x − y).

    Where both are −∞ so is out, and the gradient is 0; where both are +∞ it is NaN.

    >>> tg.logaddexp([0.0, 2.0], [0.0, -1000.0]).round(4)
    array([0.6931, 2.    ], dtype=float32)
    """

    symbol = "logaddexp"

    def forward(self, x, y):
        return np.logaddexp(x, y)

    def vjp(self, g, out, x, y):
        nothing = out == -np.inf  # e⁻∞ + e⁻∞: 0, however x changes; −∞ − −∞ would be NaN
        d = where(nothing, -np.inf, x) - where(nothing, 0.0, y)
        e = where(nothing, -np.inf, y) - where(nothing, 0.0, x)
        return g * sigmoid(d), g * sigmoid(e)


logaddexp = function(Logaddexp)


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


class GeluTanh(Elementwise):
    """out = ½x·(1 + tanh u) with u = √(2/π)·(x + 0.044715x³), which is x·Φ(x) to 4.8e-4.

    ∂out/∂x = ½(1 + tanh u) + ½x·(1 − tanh² u)·∂u/∂x.
    Beyond ±10 tanh u is ±1 in every digit, so x is held there: x³ cannot overflow, nor 0 be multiplied by ∞.
    """

    symbol = "gelu_tanh"

    C = math.sqrt(2 / math.pi)

    def forward(self, x):
        c = np.clip(x, -10, 10)
        return np.maximum(x, -10) * 0.5 * (1 + np.tanh(self.C * (c + 0.044715 * c * c * c)))

    def vjp(self, g, out, x):
        c = clip(x, -10, 10)
        t = tanh(self.C * (c + 0.044715 * c * c * c))
        du = self.C * (1 + 3 * 0.044715 * c * c)
        return g * 0.5 * (1 + t + c * (1 - t * t) * du)


class Gelu(Elementwise):
    """out = x·Φ(x) with Φ(x) = ½ erfc(−x/√2), the normal distribution;  ∂out/∂x = Φ(x) + x·e^(−½x²)/√(2π).

    With approximate="tanh" it is ½x·(1 + tanh(√(2/π)·(x + 0.044715x³))), which is at most 4.8e-4 off.  Both, and which
    is the default, as in PyTorch and Keras.  Source: Hendrycks and Gimpel 2016, arXiv 1606.08415.
    Beyond ±40 Φ is 0 or 1 and the second term 0 in every dtype, so x is held there: no 0·∞.

    >>> tg.gelu([-1.0, 0.0, 1.0]).round(4)
    array([-0.1587,  0.    ,  0.8413], dtype=float32)
    """

    symbol = "gelu"

    def forward(self, x):
        return np.maximum(x, -40) * 0.5 * erfc(x * -math.sqrt(0.5))

    def vjp(self, g, out, x):
        c = clip(x, -40, 40)
        return g * (0.5 * erfc(c * -math.sqrt(0.5)) + c * exp(-0.5 * c * c) * (1 / math.sqrt(2 * math.pi)))


GELU_TANH, GELU = GeluTanh(), Gelu()


@documented_by(Gelu)
def gelu(x, approximate: str = "none"):
    if not isinstance(approximate, str) or approximate not in ("tanh", "none"):
        raise ArgumentError(f"gelu: approximate: got {brief(approximate)}, wanted 'tanh' or 'none', as in PyTorch")
    return apply(GELU_TANH if approximate == "tanh" else GELU, x)


def elu(x) -> Any:
    """out = x for x > 0, otherwise eˣ − 1;  ∂out/∂x = 1 or eˣ.  Source: Clevert et al. 2015, arXiv 1511.07289.

    >>> tg.elu([-1.0, 0.0, 2.0]).round(4)
    array([-0.6321,  0.    ,  2.    ], dtype=float32)
    """
    positive = greater(x, 0.0)
    return where(positive, x, expm1(where(positive, 0.0, x)))  # eˣ is never taken of a large x


def selu(x):
    """out = λx for x > 0, otherwise λα(eˣ − 1);  ∂out/∂x = λ or λα·eˣ, by which activations tend to mean 0, variance 1.

    >>> tg.selu([-1.0, 0.0, 2.0]).round(4)
    array([-1.1113,  0.    ,  2.1014], dtype=float32)
    """
    positive = greater(x, 0.0)
    return SELU_LAMBDA * where(positive, x, SELU_ALPHA * expm1(where(positive, 0.0, x)))


def leaky_relu(x, slope) -> Any:
    """out = x for x > 0, otherwise slope·x;  ∂out/∂x = 1 or the slope, which at 0 counts too.

    There is no slope by default: PyTorch's and ONNX's is 0.01, Keras's 0.2 or 0.3.

    >>> tg.leaky_relu([-1.0, 0.0, 2.0], 0.01).tolist()
    [-0.009999999776482582, 0.0, 2.0]
    """
    return where(greater(x, 0.0), x, multiply(x, slope))


def softsign(x):
    """out = x / (1 + |x|), between −1 and 1;  ∂out/∂x = 1/(1 + |x|)².

    >>> tg.softsign([-1.0, 0.0, 3.0]).tolist()
    [-0.5, 0.0, 0.75]
    """
    x = x if isinstance(x, Tensor) else as_array(x)  # refuses float16, which cannot hold 1e30
    x = clip(x, -1e30, 1e30)  # there out is ±1 in every digit, and ∞/∞ would be NaN
    return x / (1 + absolute(x))
