"""Angles: tangent, the inverse functions, arctan2 and hypot; and the hyperbolic functions with their inverses.

The names are NumPy's: arcsin, where others have asin.
"""

import numpy as np

from ..op import apply
from ..support.functions import documented_by, function
from .arithmetic import where
from .bases import Elementwise
from .elementary import sqrt

__all__ = [
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cosh",
    "hypot",
    "sinh",
    "tan",
]


class Tan(Elementwise):
    """out = tan x;  ∂out/∂x = 1 + out².

    >>> tg.tan([0.0, np.pi / 4]).round(4)
    array([0., 1.], dtype=float32)
    """

    symbol = "tan"

    def forward(self, x):
        return np.tan(x)

    def vjp(self, g, out, x):
        return g * (1 + out * out)


tan = function(Tan)


class Arcsin(Elementwise):
    """out = arcsin x, from −½π to ½π, NaN for |x| > 1;  ∂out/∂x = 1/√(1 − x²), infinite at ±1.

    >>> tg.arcsin([-1.0, 0.0, 0.5]).round(4)
    array([-1.5708,  0.    ,  0.5236], dtype=float32)
    """

    symbol = "arcsin"

    def forward(self, x):
        return np.arcsin(x)

    def vjp(self, g, out, x):
        return g / sqrt((1 - x) * (1 + x))  # 1 − x² would lose its digits near ±1


arcsin = function(Arcsin)


class Arccos(Elementwise):
    """out = arccos x, from 0 to π, NaN for |x| > 1;  ∂out/∂x = −1/√(1 − x²), infinite at ±1.

    >>> tg.arccos([-1.0, 0.0, 0.5]).round(4)
    array([3.1416, 1.5708, 1.0472], dtype=float32)
    """

    symbol = "arccos"

    def forward(self, x):
        return np.arccos(x)

    def vjp(self, g, out, x):
        return -g / sqrt((1 - x) * (1 + x))


arccos = function(Arccos)


class Arctan(Elementwise):
    """out = arctan x, from −½π to ½π;  ∂out/∂x = 1/(1 + x²).

    >>> tg.arctan([0.0, 1.0, np.inf]).round(4)
    array([0.    , 0.7854, 1.5708], dtype=float32)
    """

    symbol = "arctan"

    def forward(self, x):
        return np.arctan(x)

    def vjp(self, g, out, x):
        return g / hypot(x, 1.0) / hypot(x, 1.0)  # x² could overflow


arctan = function(Arctan)


class Hypot(Elementwise):
    """out = √(x² + y²), without overflow on the way;  ∂out/∂x = x/out, ∂out/∂y = y/out, 0 where out = 0.

    >>> tg.hypot([3.0, 0.0], [4.0, 0.0]).tolist()
    [5.0, 0.0]
    """

    symbol = "hypot"

    def forward(self, x, y):
        return np.hypot(x, y)

    def vjp(self, g, out, x, y):
        r = where(out == 0, 1.0, out)
        g = where(out == 0, 0.0, g)
        return g * (x / r), g * (y / r)


hypot = function(Hypot)


class Arctan2(Elementwise):
    """out = the angle of the point (x, y), y first, from −π to π;  ∂out/∂y = x/r², ∂out/∂x = −y/r² with r² = x² + y².

    At the origin, where there is no angle, it is 0 as in NumPy and C, and so is the gradient.

    >>> tg.arctan2([1.0, 0.0, -1.0], [0.0, -1.0, 0.0]).round(4)
    array([ 1.5708,  3.1416, -1.5708], dtype=float32)
    """

    symbol = "arctan2"

    def forward(self, y, x):
        return np.arctan2(y, x)

    def vjp(self, g, out, y, x):
        r = hypot(x, y)
        g = where(r == 0, 0.0, g)
        r = where(r == 0, 1.0, r)
        return g * (x / r) / r, -g * (y / r) / r


ARCTAN2 = Arctan2()


@documented_by(Arctan2)
def arctan2(y, x):
    return apply(ARCTAN2, y, x)


class Sinh(Elementwise):
    """out = sinh x = ½(eˣ − e⁻ˣ);  ∂out/∂x = cosh x.

    >>> tg.sinh([-1.0, 0.0, 1.0]).round(4)
    array([-1.1752,  0.    ,  1.1752], dtype=float32)
    """

    symbol = "sinh"

    def forward(self, x):
        return np.sinh(x)

    def vjp(self, g, out, x):
        return g * cosh(x)


sinh = function(Sinh)


class Cosh(Elementwise):
    """out = cosh x = ½(eˣ + e⁻ˣ);  ∂out/∂x = sinh x.

    >>> tg.cosh([-1.0, 0.0, 1.0]).round(4)
    array([1.5431, 1.    , 1.5431], dtype=float32)
    """

    symbol = "cosh"

    def forward(self, x):
        return np.cosh(x)

    def vjp(self, g, out, x):
        return g * sinh(x)


cosh = function(Cosh)


class Arcsinh(Elementwise):
    """out = arcsinh x = ln(x + √(x² + 1));  ∂out/∂x = 1/√(x² + 1).

    >>> tg.arcsinh([-1.0, 0.0, 1.0]).round(4)
    array([-0.8814,  0.    ,  0.8814], dtype=float32)
    """

    symbol = "arcsinh"

    def forward(self, x):
        return np.arcsinh(x)

    def vjp(self, g, out, x):
        return g / hypot(x, 1.0)


arcsinh = function(Arcsinh)


class Arccosh(Elementwise):
    """out = arccosh x = ln(x + √(x² − 1)), NaN for x < 1;  ∂out/∂x = 1/√(x² − 1), infinite at 1.

    >>> tg.arccosh([1.0, 2.0]).round(4)
    array([0.   , 1.317], dtype=float32)
    """

    symbol = "arccosh"

    def forward(self, x):
        return np.arccosh(x)

    def vjp(self, g, out, x):
        return g / (sqrt(x - 1) * sqrt(x + 1))


arccosh = function(Arccosh)


class Arctanh(Elementwise):
    """out = arctanh x = ½ ln((1 + x)/(1 − x)), ±∞ at ±1, NaN beyond;  ∂out/∂x = 1/(1 − x²).

    >>> tg.arctanh([-0.5, 0.0, 0.5]).round(4)
    array([-0.5493,  0.    ,  0.5493], dtype=float32)
    """

    symbol = "arctanh"

    def forward(self, x):
        return np.arctanh(x)

    def vjp(self, g, out, x):
        return g / ((1 - x) * (1 + x))


arctanh = function(Arctanh)
