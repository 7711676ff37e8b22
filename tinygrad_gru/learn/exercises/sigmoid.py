"""A sigmoid that never overflows, and its slope.

σ(x) = 1/(1 + e⁻ˣ). At x = −1000, e⁻ˣ is far beyond what a float can hold; NumPy warns, and here a warning is an
error. Return y = σ(x) and ∂L/∂x, given g = ∂L/∂y.
"""

from collections.abc import Iterator

import numpy as np

CHAPTER = 6
RTOL = 1e-12  # e⁻²⁰ is 2·10⁻⁹: who calls it 0 is wrong
RETURNS = ("σ(x)", "∂L/∂x")
Array = np.ndarray


def sigmoid(x: Array, g: Array) -> tuple[Array, Array]:
    """σ(x), and ∂L/∂x for g = ∂L/∂σ(x)."""
    y = 0.5 * np.tanh(0.5 * x) + 0.5
    return y, g * y * (1 - y)


def cases() -> Iterator[tuple[Array, Array]]:
    """x and g."""
    yield np.array([-2.0, 0.0, 1.0]), np.array([2.0, -1.0, 0.5])
    yield np.array([-1000.0, 1000.0]), np.array([1.0, 3.0])
    yield np.array([-7.0, 7.0]), np.array([1.0, -2.0])
    yield np.array([-30.0, 30.0]), np.array([1.0, 3.0])
    x = np.array([-1000.0, -30.0, -20.0, -7.0, -0.5, 0.0, 2.0, 7.0, 20.0, 30.0, 1000.0])
    yield x, np.random.default_rng(4).standard_normal(x.shape)


HINTS = (
    "What is e¹⁰⁰⁰? Which function has the same shape as σ, and is never larger than 1?",
    "σ(x) is tanh, moved up by one, half as high and stretched: ½·tanh(½x) + ½.",
    "Its derivative is made of its own value: y·(1 − y), times g.",
)


def overflowing(x: Array, g: Array) -> tuple[Array, Array]:
    """e⁻ˣ overflows at −1000, and np.where computes both of its branches. ½·tanh(½x) + ½ cannot overflow."""
    y = 1 / (1 + np.exp(-x))
    return y, g * y * (1 - y)


def slope_at_x(x: Array, g: Array) -> tuple[Array, Array]:
    """y·(1 − y) wants the VALUE of the sigmoid, y, not x."""
    return sigmoid(x, g)[0], g * x * (1 - x)


def slope_of_tanh(x: Array, g: Array) -> tuple[Array, Array]:
    """1 − y² is the slope of tanh; that of the sigmoid is y·(1 − y)."""
    y = sigmoid(x, g)[0]
    return y, g * (1 - y * y)


def without_g(x: Array, g: Array) -> tuple[Array, Array]:
    """You left out g: a vjp carries on what came from above."""
    y = sigmoid(x, g)[0]
    return y, y * (1 - y)


def half_outside_only(x: Array, g: Array) -> tuple[Array, Array]:
    """The ½ stands INSIDE the tanh as well: ½·tanh(½x) + ½."""
    y = 0.5 * np.tanh(x) + 0.5
    return y, g * y * (1 - y)


TWINS = (overflowing, slope_at_x, slope_of_tanh, without_g, half_outside_only)
OURS = ("core.ops.activations.Sigmoid", "return g * out * (1 - out)")
TORCH = "torch.autograd.grad(torch.sigmoid(x), x, grad_outputs=g)"
