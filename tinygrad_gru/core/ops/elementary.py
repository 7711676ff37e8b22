"""The elementary functions: exponentials, logarithms, the square root, sine and cosine."""

from __future__ import annotations

import numpy as np

from ..op import Op, function

__all__ = ["cos", "exp", "expm1", "log", "log1p", "sin", "sqrt"]


class Exp(Op):
    """y = eˣ;  ∂y/∂x = y."""

    symbol = "exp"
    elementwise = True

    def forward(self, x):
        return np.exp(x)

    def vjp(self, g, y, x):
        return g * y


class Expm1(Op):
    """y = eˣ − 1, exact for small x;  ∂y/∂x = eˣ, which y + 1 would round to 0 for x far below 0."""

    symbol = "expm1"
    elementwise = True

    def forward(self, x):
        return np.expm1(x)

    def vjp(self, g, y, x):
        return g * exp(x)


class Log(Op):
    """y = ln x;  ∂y/∂x = 1/x."""

    symbol = "log"
    elementwise = True

    def forward(self, x):
        return np.log(x)

    def vjp(self, g, y, x):
        return g / x


class Log1p(Op):
    """y = ln(1 + x), exact for small x;  ∂y/∂x = 1/(1 + x)."""

    symbol = "log1p"
    elementwise = True

    def forward(self, x):
        return np.log1p(x)

    def vjp(self, g, y, x):
        return g / (x + 1)


class Sqrt(Op):
    """y = √x;  ∂y/∂x = 1/(2y), which is infinite at 0 (no subgradient exists there)."""

    symbol = "√"
    elementwise = True

    def forward(self, x):
        return np.sqrt(x)

    def vjp(self, g, y, x):
        return g * 0.5 / y


class Sin(Op):
    """y = sin x;  ∂y/∂x = cos x."""

    symbol = "sin"
    elementwise = True

    def forward(self, x):
        return np.sin(x)

    def vjp(self, g, y, x):
        return g * cos(x)


class Cos(Op):
    """y = cos x;  ∂y/∂x = −sin x."""

    symbol = "cos"
    elementwise = True

    def forward(self, x):
        return np.cos(x)

    def vjp(self, g, y, x):
        return -g * sin(x)


exp = function(Exp)
expm1 = function(Expm1)
log = function(Log)
log1p = function(Log1p)
sqrt = function(Sqrt)
sin = function(Sin)
cos = function(Cos)
