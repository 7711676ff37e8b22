"""Rounding and remainders: flat between their jumps, so that no gradient comes through, or only past them."""

import numpy as np

from ..op import apply
from ..support import arguments
from ..support.functions import documented_by, function
from .bases import Elementwise

__all__ = ["ceil", "floor", "floor_divide", "remainder", "round", "trunc"]


class Flat(Elementwise):
    """Base of the functions that are constant wherever they have a derivative."""

    def vjp(self, g, out, *inputs):
        return (None,) * len(inputs)


class Floor(Flat):
    """out = ⌊x⌋, the largest whole number up to x; flat, so no gradient comes through.

    >>> tg.floor([-1.5, 0.5, 2.0]).tolist()
    [-2.0, 0.0, 2.0]
    """

    symbol = "floor"

    def forward(self, x):
        return np.floor(x)


floor = function(Floor)


class Ceil(Flat):
    """out = ⌈x⌉, the smallest whole number from x on; flat, so no gradient comes through.

    >>> tg.ceil([-1.5, 0.5, 2.0]).tolist()
    [-1.0, 1.0, 2.0]
    """

    symbol = "ceil"

    def forward(self, x):
        return np.ceil(x)


ceil = function(Ceil)


class Trunc(Flat):
    """out = x without its fraction; flat, so no gradient comes through.

    >>> tg.trunc([-1.5, 0.5, 2.0]).tolist()
    [-1.0, 0.0, 2.0]
    """

    symbol = "trunc"

    def forward(self, x):
        return np.trunc(x)


trunc = function(Trunc)


class Round(Flat):
    """out = x rounded to so many decimals, halves to the even neighbour; flat, so no gradient comes through.

    >>> tg.round([-1.5, 0.5, 2.5]).tolist()
    [-2.0, 0.0, 2.0]
    """

    symbol = "round"

    def __init__(self, decimals: int = 0):
        self.decimals = arguments.integer("round: decimals", decimals)

    def forward(self, x):
        return np.round(x, self.decimals)


@documented_by(Round)
def round(x, decimals: int = 0):
    return apply(Round(decimals), x)


class FloorDivide(Flat):
    """out = ⌊x/y⌋; flat, so no gradient comes through.

    >>> tg.floor_divide([-3.0, 7.0], 2.0).tolist()
    [-2.0, 3.0]
    """

    symbol = "floordiv"

    def forward(self, x, y):
        return np.floor_divide(x, y)


floor_divide = function(FloorDivide)


class Remainder(Elementwise):
    """out = x − ⌊x/y⌋·y, which has the sign of y;  ∂out/∂x = 1, ∂out/∂y = −⌊x/y⌋.

    >>> tg.remainder([-3.0, 7.0], 2.0).tolist()
    [1.0, 1.0]
    """

    symbol = "mod"

    def forward(self, x, y):
        return np.remainder(x, y)

    def vjp(self, g, out, x, y):
        return g, lambda: -g * floor_divide(x, y)


remainder = function(Remainder)
