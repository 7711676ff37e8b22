"""Arithmetic, element by element: + − × ÷, powers, and the choices between two numbers."""

from typing import Any

import numpy as np

from ...errors import GraphError
from ..op import apply
from ..support.arguments import number
from ..support.functions import documented_by, function
from ..support.scopes import current_mode
from ..tensor import Tensor
from .bases import Elementwise
from .elementary import log
from .predicates import greater, less, logical_or, not_equal

__all__ = [
    "abs",
    "add",
    "clip",
    "divide",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "pow",
    "sign",
    "square",
    "subtract",
    "where",
]


class Add(Elementwise):
    """out = x + y;  ∂out/∂x = ∂out/∂y = 1.

    >>> tg.add([1.0, 2.0], 10.0).tolist()
    [11.0, 12.0]
    """

    symbol = "+"

    def forward(self, x, y):
        return np.add(x, y)

    def vjp(self, g, out, x, y):
        return g, g


add = function(Add)


class Subtract(Elementwise):
    """out = x − y;  ∂out/∂x = 1,  ∂out/∂y = −1.

    >>> tg.subtract([1.0, 2.0], 10.0).tolist()
    [-9.0, -8.0]
    """

    symbol = "−"

    def forward(self, x, y):
        return np.subtract(x, y)

    def vjp(self, g, out, x, y):
        return g, -g


subtract = function(Subtract)


class Multiply(Elementwise):
    """out = x ⊙ y;  ∂out/∂x = y,  ∂out/∂y = x.

    >>> tg.multiply([1.0, 2.0], [3.0, 4.0]).tolist()
    [3.0, 8.0]
    """

    symbol = "⊙"

    def forward(self, x, y):
        return np.multiply(x, y)

    def vjp(self, g, out, x, y):
        return g * y, g * x


multiply = function(Multiply)


class Divide(Elementwise):
    """out = x / y;  ∂out/∂x = 1/y,  ∂out/∂y = −x/y² = −out/y.

    >>> tg.divide([1.0, 2.0], 4.0).tolist()
    [0.25, 0.5]
    """

    symbol = "/"

    def forward(self, x, y):
        return np.divide(x, y)

    def vjp(self, g, out, x, y):
        return g / y, lambda: -g * out / y  # y is a constant more often than not


divide = function(Divide)


class Negative(Elementwise):
    """out = −x;  ∂out/∂x = −1.

    >>> tg.negative([1.0, -2.0]).tolist()
    [-1.0, 2.0]
    """

    symbol = "−"

    def forward(self, x):
        return np.negative(x)

    def vjp(self, g, out, x):
        return -g


negative = function(Negative)


class Pow(Elementwise):
    """out = xʸ;  ∂out/∂x = y·xʸ⁻¹ (0 where y = 0),  ∂out/∂y = xʸ·ln x (0 where x = 0, also for y < 0).

    A negative x wants a whole y.

    >>> tg.pow([4.0, 9.0], [0.5, 2.0]).tolist()
    [2.0, 81.0]
    """

    symbol = "^"

    def forward(self, x, y):
        return np.power(x, y)

    def vjp(self, g, out, x, y):
        def for_x():
            exponent = y - 1
            if (y == 0).any():
                tiny = abs(x) < np.finfo(x.dtype).tiny  # 1/x may be infinite, and 0·x⁻¹ would be NaN
                exponent = where((y == 0) & tiny, 1.0, exponent)
            return g * (y * x**exponent)  # not (g·y)·…: that may overflow where the power is 0

        def for_y():
            pole = (x == 0) & (y < 0)  # 0ʸ is ∞ for every y < 0: it does not change with y, and ∞·ln 1 would be NaN
            return g * where(pole, 0.0, out) * log(where(x == 0, 1.0, x))

        return for_x, for_y

    def explain(self, *arrays):
        x, y = arrays
        if x.dtype.kind in "iu" and y.dtype.kind in "iu" and (y < 0).any():
            return "whole numbers have no negative powers (try: x.astype(np.float32))"
        return super().explain(*arrays)


power = function(Pow)


@documented_by(Pow)
def pow(x, y) -> Any:
    return square(x) if type(y) is int and y == 2 else power(x, y)


class Square(Elementwise):
    """out = x²;  ∂out/∂x = 2x.

    >>> tg.square([-3.0, 2.0]).tolist()
    [9.0, 4.0]
    """

    symbol = "²"

    def forward(self, x):
        return np.square(x)

    def vjp(self, g, out, x):
        return g * x * 2


square = function(Square)


class Abs(Elementwise):
    """out = |x|;  ∂out/∂x = sign x, 0 at 0.

    >>> tg.abs([-3.0, 2.0]).tolist()
    [3.0, 2.0]
    """

    symbol = "|·|"

    def forward(self, x):
        return np.abs(x)

    def vjp(self, g, out, x):
        return g * sign(x)


abs = function(Abs)


class Sign(Elementwise):
    """out = −1, 0 or 1; flat, so no gradient comes through.

    >>> tg.sign([-3.0, 0.0, 2.0]).tolist()
    [-1.0, 0.0, 1.0]
    """

    symbol = "sign"

    def forward(self, x):
        return np.sign(x)

    def vjp(self, g, out, x):
        return None


sign = function(Sign)


class Maximum(Elementwise):
    """out = max(x, y);  the gradient goes to the larger one, half to each where they tie.

    >>> tg.maximum([1.0, 5.0], [2.0, 3.0]).tolist()
    [2.0, 5.0]
    """

    symbol = "max"
    masks_gradient = True

    def forward(self, x, y):
        return np.maximum(x, y)

    def vjp(self, g, out, x, y):
        shared = where(x == y, g * 0.5, 0.0)  # g minus what goes to x would be ∞ − ∞ = NaN for an infinite g
        return where(x > y, g, shared), where(y > x, g, shared)


maximum = function(Maximum)


class Minimum(Elementwise):
    """out = min(x, y);  the gradient goes to the smaller one, half to each where they tie.

    >>> tg.minimum([1.0, 5.0], [2.0, 3.0]).tolist()
    [1.0, 3.0]
    """

    symbol = "min"
    masks_gradient = True

    def forward(self, x, y):
        return np.minimum(x, y)

    def vjp(self, g, out, x, y):
        shared = where(x == y, g * 0.5, 0.0)
        return where(x < y, g, shared), where(y < x, g, shared)


minimum = function(Minimum)


class Clip(Elementwise):
    """out = x held between two bounds, either of which may be None;  ∂out/∂x = 1 inside and at them, 0 outside.

    A bound is a number, or an array or tensor that is broadcast; the gradient goes to a bound where it is taken.

    >>> tg.clip([-2.0, 0.5, 3.0], 0, 1).tolist()
    [0.0, 0.5, 1.0]
    """

    symbol = "clip"
    masks_gradient = True

    def __init__(self, low: float | None, high: float | None):
        self.low = None if low is None else number("clip: bound", low, "tg.clip(x, 0.0, 1.0)")
        self.high = None if high is None else number("clip: bound", high, "tg.clip(x, 0.0, 1.0)")
        if low is high is None:
            self.low = -np.inf  # NumPy wants one

    def forward(self, x):
        return np.clip(x, self.low, self.high)

    def vjp(self, g, out, x):
        low = -np.inf if self.low is None else self.low
        high = np.inf if self.high is None else self.high
        return where(x >= low, where(x <= high, g, 0.0), 0.0)


BROADCAST = (np.ndarray, Tensor, list, tuple)


@documented_by(Clip)
def clip(x, min: Any = None, max: Any = None):
    if isinstance(min, BROADCAST) or isinstance(max, BROADCAST):
        for bound, beyond in ((min, less), (max, greater)):
            if bound is not None:
                x = where(logical_or(beyond(x, bound), not_equal(bound, bound)), bound, x)  # a bound of NaN is taken
        return x
    return apply(Clip(min, max), x)


class Where(Elementwise):
    """out = x where the condition holds, y elsewhere;  the gradient goes to the one taken, exactly 0 to the other.

    NaN in the branch not taken reaches no gradient.

    >>> tg.where([True, False], [1.0, 2.0], 0.0).tolist()
    [1.0, 0.0]
    """

    symbol = "where"
    masks_gradient = True

    def forward(self, condition, x, y):
        return np.where(condition, x, y)

    def vjp(self, g, out, condition, x, y):
        return None, where(condition, g, 0.0), where(condition, 0.0, g)


WHERE = Where()


@documented_by(Where)
def where(condition, x, y) -> Any:
    if getattr(condition, "requires_grad", False) and current_mode().grad:
        raise GraphError("where: the condition requires a gradient, and none comes through it. try: condition.detach()")
    return apply(WHERE, condition, x, y)
