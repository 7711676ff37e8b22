"""The slopes of y = tanh(w·x + b), by hand.

Work forwards and give each number on the way a name: a = w·x, s = a + b, y = tanh(s). Then backwards: dy/ds first,
and from it what each of the three inputs gets. Return dy/dw, dy/dx and dy/db.
"""

import math
from collections.abc import Iterator

CHAPTER = 1
RTOL = 1e-13  # derived, not measured: a difference to both sides has ten digits or eleven
RETURNS = ("dy/dw", "dy/dx", "dy/db")


def slopes(w: float, x: float, b: float) -> tuple[float, float, float]:
    """dy/dw, dy/dx and dy/db of y = tanh(w·x + b)."""
    y = math.tanh(w * x + b)
    ds = 1 - y * y  # tanh′(s) = 1 − tanh²(s)
    return ds * x, ds * w, ds


def cases() -> Iterator[tuple[float, float, float]]:
    """w, x and b."""
    yield 0.5, 2.0, -0.3
    yield -1.0, 0.3, 0.2
    yield 2.0, -0.7, 0.9


HINTS = (
    "Name the sum: s = w·x + b, y = tanh(s). What is dy/ds?",
    "A sum hands its slope on to both sides as it is; a product hands to each side the slope times the OTHER factor.",
    "With y = tanh(s), dy/ds = 1 − y². Then dy/dw = dy/ds · x.",
)


def without_tanh(w: float, x: float, b: float) -> tuple[float, float, float]:
    """You stopped at the sum: tanh has a slope of its own, 1 − y²."""
    return x, w, 1.0


def own_factor(w: float, x: float, b: float) -> tuple[float, float, float]:
    """To each factor the OTHER one: dy/dw has x in it, dy/dx has w. Or are they right, and in the other order?"""
    ds = 1 - math.tanh(w * x + b) ** 2
    return ds * w, ds * x, ds


def slope_at_s(w: float, x: float, b: float) -> tuple[float, float, float]:
    """1 − y² wants y = tanh(s), the value of the tanh, not s."""
    ds = 1 - (w * x + b) ** 2
    return ds * x, ds * w, ds


def not_squared(w: float, x: float, b: float) -> tuple[float, float, float]:
    """The slope of tanh is 1 − y SQUARED."""
    ds = 1 - math.tanh(w * x + b)
    return ds * x, ds * w, ds


def tanh_twice(w: float, x: float, b: float) -> tuple[float, float, float]:
    """y is the tanh already: its slope is 1 − y², not 1 − tanh(y)²."""
    ds = 1 - math.tanh(math.tanh(w * x + b)) ** 2
    return ds * x, ds * w, ds


def times_b(w: float, x: float, b: float) -> tuple[float, float, float]:
    """A sum hands the slope on as it is: dy/db is dy/ds, without a factor."""
    ds = 1 - math.tanh(w * x + b) ** 2
    return ds * x, ds * w, ds * b


def b_alone(w: float, x: float, b: float) -> tuple[float, float, float]:
    """b goes through the tanh as well: dy/db is dy/ds, not 1."""
    ds = 1 - math.tanh(w * x + b) ** 2
    return ds * x, ds * w, 1.0


TWINS = (without_tanh, own_factor, slope_at_s, not_squared, tanh_twice, times_b, b_alone)
OURS = ("core.ops.activations.Tanh", "return g * (1 - out * out)")
TORCH = "torch.autograd.grad(torch.tanh(w * x + b), (w, x, b))"
