"""The elementary functions: exponentials, logarithms, the square root, sine and cosine."""

import numpy as np

from ..support.functions import function
from .bases import Elementwise

__all__ = ["cos", "exp", "expm1", "log", "log1p", "sin", "sqrt"]


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
