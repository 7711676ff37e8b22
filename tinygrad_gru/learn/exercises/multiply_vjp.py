"""The derivative of an operation: the product.

`out = x * y`, element by element, and g is ∂L/∂out, the gradient of the loss with respect to the result, as large as
out. Return ∂L/∂x and ∂L/∂y. Such a function is called a vjp, vector-Jacobian product: the loss is one number, so g
times the Jacobian of the operation is all that is ever needed, and nobody has to write the Jacobian down.
"""

from collections.abc import Iterator

import numpy as np

CHAPTER = 3
RETURNS = ("∂L/∂x", "∂L/∂y")
Array = np.ndarray


def multiply_vjp(g: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂y for out = x * y and g = ∂L/∂out, all of one shape."""
    return g * y, g * x


def cases() -> Iterator[tuple[Array, Array, Array]]:
    """g, x and y."""
    yield np.array([1.0, 10.0]), np.array([2.0, 3.0]), np.array([5.0, 7.0])
    g, x, y = np.random.default_rng(1).standard_normal((3, 2, 3))
    yield g, x, y
    yield np.array([1.0, 2.0]), np.array([0.0, 3.0]), np.array([4.0, 0.0])  # what divides by x finds a 0


HINTS = (
    "Wiggle one element of x by ε. By how much does that element of out move?",
    "By ε · y: the OTHER factor.",
    "What comes from above is g: multiply it by what you found, element by element.",
)


def own_factor(g: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """To each the OTHER factor: if x moves by ε, x·y moves by ε·y. Or are both right, and in the other order?"""
    return g * x, g * y


def without_g(g: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """You left out g: a vjp carries on what came from above."""
    return y, x


def added(g: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """That adds the other factor to g; the chain rule multiplies."""
    return g + y, g + x


def summed(g: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Element by element, without a sum: ∂L/∂x is as large as x."""
    return np.sum(g * y), np.sum(g * x)


TWINS = (own_factor, without_g, added, summed)
OURS = ("core.ops.arithmetic.Multiply", "return g * y, g * x")
TORCH = "torch.autograd.grad(x * y, (x, y), grad_outputs=g)"
