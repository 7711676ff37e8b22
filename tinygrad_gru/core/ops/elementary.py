"""The elementary functions: exponentials, logarithms, the square root, 1/x, sine and cosine; and the error function."""

import math

import numpy as np

from ..support.arrays import as_floats
from ..support.erf import erf_of, erfc_of
from ..support.functions import function
from .bases import Elementwise

__all__ = [
    "cos",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "reciprocal",
    "sin",
    "sqrt",
]


class Exp(Elementwise):
    """out = eˣ;  ∂out/∂x = out.

    >>> tg.exp([-1.0, 0.0, 1.0]).round(4)
    array([0.3679, 1.    , 2.7183], dtype=float32)
    """

    symbol = "exp"

    def forward(self, x):
        return np.exp(x)

    def vjp(self, g, out, x):
        return g * out


exp = function(Exp)


class Expm1(Elementwise):
    """out = eˣ − 1, exact for small x;  ∂out/∂x = eˣ, which out + 1 would round to 0 for x far below 0.

    >>> tg.expm1([0.0, 1.0]).round(4)
    array([0.    , 1.7183], dtype=float32)
    """

    symbol = "expm1"

    def forward(self, x):
        return np.expm1(x)

    def vjp(self, g, out, x):
        return g * exp(x)


expm1 = function(Expm1)


class Exp2(Elementwise):
    """out = 2ˣ;  ∂out/∂x = out·ln 2.

    >>> tg.exp2([-1.0, 0.0, 3.0]).tolist()
    [0.5, 1.0, 8.0]
    """

    symbol = "exp2"

    def forward(self, x):
        return np.exp2(x)

    def vjp(self, g, out, x):
        return g * out * math.log(2)


exp2 = function(Exp2)


class Log(Elementwise):
    """out = ln x;  ∂out/∂x = 1/x.

    >>> tg.log([0.5, 1.0, 2.0]).round(4)
    array([-0.6931,  0.    ,  0.6931], dtype=float32)
    """

    symbol = "log"

    def forward(self, x):
        return np.log(x)

    def vjp(self, g, out, x):
        return g / x


log = function(Log)


class Log1p(Elementwise):
    """out = ln(1 + x), exact for small x;  ∂out/∂x = 1/(1 + x).

    >>> tg.log1p([-0.5, 0.0, 1.0]).round(4)
    array([-0.6931,  0.    ,  0.6931], dtype=float32)
    """

    symbol = "log1p"

    def forward(self, x):
        return np.log1p(x)

    def vjp(self, g, out, x):
        return g / (x + 1)


log1p = function(Log1p)


class Log2(Elementwise):
    """out = log₂ x;  ∂out/∂x = 1/(x·ln 2).

    >>> tg.log2([0.5, 1.0, 8.0]).tolist()
    [-1.0, 0.0, 3.0]
    """

    symbol = "log2"

    def forward(self, x):
        return np.log2(x)

    def vjp(self, g, out, x):
        return g / x * (1 / math.log(2))


log2 = function(Log2)


class Log10(Elementwise):
    """out = log₁₀ x;  ∂out/∂x = 1/(x·ln 10).

    >>> tg.log10([0.01, 1.0, 1000.0]).round(4).tolist()
    [-2.0, 0.0, 3.0]
    """

    symbol = "log10"

    def forward(self, x):
        return np.log10(x)

    def vjp(self, g, out, x):
        return g / x * (1 / math.log(10))


log10 = function(Log10)


class Reciprocal(Elementwise):
    """out = 1/x;  ∂out/∂x = −1/x² = −out².

    >>> tg.reciprocal([0.5, 4.0]).tolist()
    [2.0, 0.25]
    """

    symbol = "reciprocal"

    def forward(self, x):
        return np.reciprocal(as_floats(np.asarray(x)))  # of whole numbers NumPy's is a whole number, mostly 0

    def vjp(self, g, out, x):
        return -g * out * out


reciprocal = function(Reciprocal)


class Sqrt(Elementwise):
    """out = √x;  ∂out/∂x = 1/(2·out), which is infinite at 0 (no subgradient exists there).

    >>> tg.sqrt([4.0, 9.0]).tolist()
    [2.0, 3.0]
    """

    symbol = "√"

    def forward(self, x):
        return np.sqrt(x)

    def vjp(self, g, out, x):
        return g * 0.5 / out


sqrt = function(Sqrt)


class Sin(Elementwise):
    """out = sin x;  ∂out/∂x = cos x.

    >>> tg.sin([0.0, np.pi / 6, np.pi / 2]).round(4)
    array([0. , 0.5, 1. ], dtype=float32)
    """

    symbol = "sin"

    def forward(self, x):
        return np.sin(x)

    def vjp(self, g, out, x):
        return g * cos(x)


sin = function(Sin)


class Cos(Elementwise):
    """out = cos x;  ∂out/∂x = −sin x.

    >>> tg.cos([0.0, np.pi / 3, np.pi]).round(4)
    array([ 1. ,  0.5, -1. ], dtype=float32)
    """

    symbol = "cos"

    def forward(self, x):
        return np.cos(x)

    def vjp(self, g, out, x):
        return -g * sin(x)


cos = function(Cos)


class Erf(Elementwise):
    """out = erf x = 2/√π ∫₀ˣ e^(−t²) dt, the error function;  ∂out/∂x = 2/√π·e^(−x²).

    ½ + ½ erf(x/√2) is the probability that a normal random number is below x. Source: Cody 1969 (support/erf.py).

    >>> tg.erf([-1.0, 0.0, 1.0]).round(4)
    array([-0.8427,  0.    ,  0.8427], dtype=float32)
    """

    symbol = "erf"

    def forward(self, x):
        return erf_of(x)

    def vjp(self, g, out, x):
        return g * exp(-x * x) * (2 / math.sqrt(math.pi))


erf = function(Erf)


class Erfc(Elementwise):
    """out = 1 − erf x, which keeps its digits for large x;  ∂out/∂x = −2/√π·e^(−x²).

    >>> tg.erfc([-1.0, 0.0, 1.0]).round(4)
    array([1.8427, 1.    , 0.1573], dtype=float32)
    """

    symbol = "erfc"

    def forward(self, x):
        return erfc_of(x)

    def vjp(self, g, out, x):
        return -g * exp(-x * x) * (2 / math.sqrt(math.pi))


erfc = function(Erfc)
