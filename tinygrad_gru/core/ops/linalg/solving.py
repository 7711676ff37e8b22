"""Linear equations, inverses, determinants, and the Cholesky factor. Their derivatives are those of Giles 2008.

Source: Giles 2008, An extended collection of matrix derivative results for forward and reverse mode algorithmic
differentiation, Oxford NA-08/01.
"""

import numpy as np

from ....errors import ArgumentError
from ...op import apply
from ...support.arguments import brief_shape
from ...support.arrays import as_floats
from ...support.functions import documented_by, function
from ...support.operands import value_of
from ..bases import OnMatrices
from ..indexing import getitem, tril
from ..shapes import expand_dims, squeeze

__all__ = ["cholesky", "det", "inv", "slogdet", "solve"]

LARGEST = 16  # rows of a singular matrix whose cofactors are computed one by one
ASYMMETRY = 1e-3  # of a matrix that is to be symmetric, at most, as a part of its largest element


class OnSquares(OnMatrices):
    """Base of the operations on square matrices."""

    def explain(self, *arrays):
        return "wants square matrices, got"


class Solve(OnSquares):
    """out = x⁻¹ b, the solution of x @ out = b;  ∂L/∂b = x⁻ᵀ g,  ∂L/∂x = −(∂L/∂b) outᵀ.

    (..., n, n) and (n,), or (..., n, k) for k right sides at once. A singular x is an error.

    >>> tg.linalg.solve([[2.0, 0.0], [0.0, 4.0]], [1.0, 1.0]).tolist()
    [0.5, 0.25]
    """

    symbol = "solve"
    promotes_dtype = True

    def forward(self, x, b):
        return unless_singular(np.linalg.solve, "solve", square(x), as_floats(b))

    def vjp(self, g, out, x, b):
        if b.ndim > 1:
            to_b = solve(x.mT, g)
            return -to_b @ out.mT, to_b
        to_b = solve(x.mT, expand_dims(g, -1))  # (..., n, 1)
        return -to_b * expand_dims(out, -2), squeeze(to_b, -1)

    def explain(self, *arrays):
        x, b = arrays
        if b.ndim == 0:
            return "wants a right side with at least one axis, got"
        fits = x.ndim > 1 and x.shape[-1] == x.shape[-2]
        return "the right side does not fit" if fits else super().explain(*arrays)


SOLVE = Solve()


@documented_by(Solve)
def solve(x, b):
    return apply(SOLVE, x, b)


class Inv(OnSquares):
    """out = x⁻¹;  ∂L/∂x = −outᵀ g outᵀ. A singular x is an error.

    >>> tg.linalg.inv([[2.0, 0.0], [0.0, 4.0]]).tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """

    symbol = "inv"

    def forward(self, x):
        return unless_singular(np.linalg.inv, "inv", square(x))

    def vjp(self, g, out, x):
        return -(out.mT @ g @ out.mT)


inv = function(Inv)


class Det(OnSquares):
    """out = det x;  ∂out/∂x = out·x⁻ᵀ, and for a singular x its cofactors, the determinants without a row and a column.

    >>> tg.linalg.det([[2.0, 1.0], [0.0, 4.0]]).tolist()
    8.0
    """

    symbol = "det"

    def forward(self, x):
        return np.linalg.det(square(x))

    def vjp(self, g, out, x):
        g = getitem(g, (..., None, None))
        if (value_of(out) == 0).any():
            return g * cofactors(x)
        return g * getitem(out, (..., None, None)) * inv(x).mT


det = function(Det)


def cofactors(x):
    """± the determinant of each matrix without row i and column j, at i, j: exact where x has no inverse."""
    n = x.shape[-1]
    if n > LARGEST:
        raise ArgumentError(
            f"det: the derivative at a singular matrix is computed up to {LARGEST} rows, got {n}. "
            "try: tg.linalg.slogdet, which does not underflow, or x + 1e-6 * np.eye(n)"
        )
    others = np.array([[j for j in range(n) if j != i] for i in range(n)], int).reshape(n, max(n - 1, 0))
    minors = getitem(x, (..., others[:, None, :, None], others[None, :, None, :]))  # (..., n, n, n − 1, n − 1)
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    return det(minors) * signs.astype(value_of(x).dtype)


class Slogdet(OnSquares):
    """out = (the sign of det x, ln |det x|), which neither overflow nor vanish;  ∂(ln |det x|)/∂x = x⁻ᵀ.

    The sign is flat. Of a singular x it is 0, the logarithm −∞, and the derivative an error.

    >>> [part.tolist() for part in tg.linalg.slogdet([[-1.0, 0.0], [0.0, 1.0]])]
    [-1.0, 0.0]
    """

    symbol = "slogdet"

    def forward(self, x):
        return np.stack(np.linalg.slogdet(square(x)), axis=-1)  # one array of both

    def vjp(self, g, out, x):
        return getitem(g, (..., 1, None, None)) * inv(x).mT


@documented_by(Slogdet)
def slogdet(x):
    both = apply(Slogdet(), x)
    return getitem(both, (..., 0)), getitem(both, (..., 1))


class Cholesky(OnSquares):
    """out = the lower triangular L with L Lᵀ = x;  ∂L/∂x = ½ L⁻ᵀ (P + Pᵀ) L⁻¹, P the lower half of Lᵀ g.

    x is symmetric and positive definite, or it is an error; of its two halves the mean counts, so that the gradient is
    symmetric. P has half of the diagonal. Source: Murray 2016, arXiv 1602.07527.

    >>> tg.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]]).tolist()
    [[2.0, 0.0], [1.0, 2.0]]
    """

    symbol = "chol"

    def forward(self, x):
        try:
            return np.linalg.cholesky(symmetric("cholesky", x))
        except np.linalg.LinAlgError:
            raise ArgumentError(
                f"cholesky: not positive definite: shape {brief_shape(x.shape)}. try: x + 1e-6 * np.eye(n)"
            ) from None

    def vjp(self, g, out, x):
        n = out.shape[-1]
        half = (np.tri(n) - 0.5 * np.eye(n)).astype(value_of(out).dtype)
        p = out.mT @ tril(g) * half
        left = solve(out.mT, p + p.mT)  # L⁻ᵀ (P + Pᵀ)
        return 0.5 * solve(out.mT, left.mT)


cholesky = function(Cholesky)


def square(x):
    """x in floats, if its last two sizes are equal."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError("not square")
    return as_floats(x)


def symmetric(name: str, x):
    """The mean of x and xᵀ, if they are about equal: LAPACK would read one half and never look at the other."""
    x = square(x)
    with np.errstate(invalid="ignore"):  # of ∞ − ∞
        asymmetry = np.max(np.abs(x - x.mT), initial=0.0)
    if asymmetry > ASYMMETRY * np.max(np.abs(x), initial=0.0):
        got = f"shape {brief_shape(x.shape)} with elements {asymmetry:.2g} apart"
        raise ArgumentError(f"{name}: wants a symmetric matrix, got {got}. try: (x + x.mT) / 2")
    return 0.5 * x + 0.5 * x.mT


def unless_singular(compute, name: str, x, *right):
    """What NumPy computes, or our error for a matrix without an inverse."""
    try:
        return compute(x, *right)
    except np.linalg.LinAlgError:
        raise ArgumentError(
            f"{name}: a singular matrix, shape {brief_shape(x.shape)}, has no inverse. try: x + 1e-6 * np.eye(n)"
        ) from None
