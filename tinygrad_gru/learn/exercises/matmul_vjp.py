"""The derivative of the matrix product.

`out = x @ y`, and g is ∂L/∂out. x is (n, k) or a stack (…, n, k); y is (k, m), a stack, or ONE matrix that every
matrix of the stack was multiplied by. Return ∂L/∂x and ∂L/∂y, each in the shape of its input.
"""

from collections.abc import Iterator

import numpy as np

CHAPTER = 6
RETURNS = ("∂L/∂x", "∂L/∂y")
Array = np.ndarray


def matmul_vjp(g: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """∂L/∂x = g yᵀ and ∂L/∂y = xᵀ g, the latter summed over the stack if y is a single matrix."""
    dx, dy = g @ y.mT, x.mT @ g  # mT: the last two axes change places
    return dx, dy.sum(axis=tuple(range(dy.ndim - y.ndim)))


def cases() -> Iterator[tuple[Array, Array, Array]]:
    """g, x and y."""
    rng = np.random.default_rng(3)
    for g, x, y in [
        ((3, 3), (3, 3), (3, 3)),
        ((2, 5), (2, 3), (3, 5)),
        ((4, 2, 5), (4, 2, 3), (4, 3, 5)),
        ((4, 2, 5), (4, 2, 3), (3, 5)),
        ((2, 4, 2, 5), (2, 4, 2, 3), (3, 5)),
    ]:
        yield rng.standard_normal(g), rng.standard_normal(x), rng.standard_normal(y)


HINTS = (
    "Write down the shapes: g is (n, m), y is (k, m), and ∂L/∂x must be (n, k). What can be multiplied?",
    "In a stack only the last two axes are a matrix: np.swapaxes(y, -1, -2), or y.mT.",
    "Where one matrix served the whole stack, its gradient is the sum over the stack.",
)


def not_transposed(g: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """The shapes happen to fit and the numbers do not: y goes back transposed, g yᵀ."""
    return g @ y, x @ g


def all_axes_turned(g: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """`.T` turns ALL axes of a stack round; swap the last two: np.swapaxes(y, -1, -2), or y.mT."""
    return g @ y.T, x.T @ g


def wrong_order(g: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """The order: ∂L/∂y = xᵀ g, not g xᵀ."""
    return g @ y.mT, g @ x.mT


def stack_not_summed(g: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """One matrix served the whole stack: its gradient is the sum over the stack."""
    return g @ y.mT, x.mT @ g


def both_orders(g: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """The order in both: ∂L/∂x = g yᵀ and ∂L/∂y = xᵀ g."""
    return y.mT @ g, g @ x.mT


def stack_averaged(g: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """One matrix served the whole stack: its gradient is the SUM over the stack, not the mean."""
    dx, dy = g @ y.mT, x.mT @ g
    return dx, dy.mean(axis=tuple(range(dy.ndim - y.ndim)))


TWINS = (not_transposed, all_axes_turned, wrong_order, stack_not_summed, both_orders, stack_averaged)
OURS = ("core.ops.products.Matmul", "return lambda: g @ y.mT, lambda: x.mT @ g")
TORCH = "torch.autograd.grad(x @ y, (x, y), grad_outputs=g)"
