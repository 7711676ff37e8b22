"""Eigenvalues of symmetric matrices, and singular values, with their vectors.

Values and vectors are operations of their own. Values have a derivative also where they repeat: a subgradient, as that
of max at ties. Vectors have none there, since any others of the same space would do as well: it is NaN, whatever is
made of them. A vector's sign is arbitrary, so that only what does not depend on it can be differentiated.

Sources: Giles 2008, Oxford NA-08/01; Townsend 2016, Differentiating the singular value decomposition;
Seeger et al. 2017, Auto-differentiating linear algebra, arXiv 1710.08717.
"""

import numpy as np

from ....errors import ArgumentError
from ...support.arguments import brief_shape, flag
from ...support.arrays import as_floats
from ...support.functions import function
from ...support.operands import value_of
from ..arithmetic import where
from ..bases import OnMatrices
from ..indexing import getitem
from ..reductions import sum
from ..shapes import matrix_transpose
from .solving import OnSquares, symmetric

__all__ = ["eigh", "eigvalsh", "svd", "svdvals"]

# Times eps and the largest: equal values come out of LAPACK up to 5 such units apart, 22 in all (n ≤ 300).
ROUNDING = 32


class Eigvalsh(OnSquares):
    """out = the eigenvalues of a symmetric x in ascending order;  ∂L/∂x = V diag(g) Vᵀ with the eigenvectors V.

    Where eigenvalues repeat this is one of the subgradients, and the second derivative is NaN.

    >>> tg.linalg.eigvalsh([[2.0, 1.0], [1.0, 2.0]]).round(4).tolist()
    [1.0, 3.0]
    """

    symbol = "eigvals"

    def forward(self, x):
        return converged(np.linalg.eigvalsh, "eigvalsh", symmetric("eigvalsh", x))

    def vjp(self, g, out, x):
        v = eigenvectors(x)
        return (v * getitem(g, (..., None, slice(None)))) @ v.mT


eigvalsh = function(Eigvalsh)


class Eigenvectors(OnSquares):
    """out = V, whose columns are the eigenvectors of a symmetric x;  ∂L/∂x = V (F ⊙ Vᵀ g) Vᵀ, Fᵢⱼ = 1/(λⱼ − λᵢ)."""

    symbol = "eigvecs"

    def forward(self, x):
        return converged(np.linalg.eigh, "eigh", symmetric("eigh", x))[1]

    def vjp(self, g, out, x):
        v = out
        eigenvalues = sum(v * (x @ v), axis=-2)  # (..., n)
        gradient = v @ (v.mT @ g / apart(eigenvalues)) @ v.mT
        return 0.5 * (gradient + gradient.mT)


eigenvectors = function(Eigenvectors)


def eigh(x):
    """out = (λ, V): eigenvalues in ascending order, and eigenvectors as columns;  ∂L/∂x = V (diag g_λ + F ⊙ Vᵀ g_V) Vᵀ.

    x is symmetric, or it is an error; of its two halves the mean counts. Fᵢⱼ = 1/(λⱼ − λᵢ), which is NaN where
    eigenvalues repeat. The sign of each column is arbitrary. Source: Giles 2008, section 3.1.

    >>> [part.round(4).tolist() for part in tg.linalg.eigh([[3.0, 0.0], [0.0, 1.0]])]
    [[1.0, 3.0], [[0.0, 1.0], [1.0, 0.0]]]
    """
    return eigvalsh(x), eigenvectors(x)


class Svdvals(OnMatrices):
    """out = the singular values of x in descending order;  ∂L/∂x = U diag(g) Vᵀ with the singular vectors U and V.

    Where they repeat, or are 0, this is one of the subgradients, and the second derivative is NaN.

    >>> tg.linalg.svdvals([[0.0, 2.0], [3.0, 0.0]]).tolist()
    [3.0, 2.0]
    """

    symbol = "svdvals"

    def forward(self, x):
        return converged(np.linalg.svd, "svdvals", as_floats(x), compute_uv=False)

    def vjp(self, g, out, x):
        u, v = halves(singular_vectors(x), x)
        return (u * getitem(g, (..., None, slice(None)))) @ v.mT


svdvals = function(Svdvals)


class SingularVectors(OnMatrices):
    """out = U above V, whose columns are the singular vectors of x: (m, n) makes (m + n, k), k the smaller of m and n.

    ∂L/∂x = U ((F ⊙ skew Uᵀg_U) S + S (F ⊙ skew Vᵀg_V)) Vᵀ + (1 − UUᵀ) g_U S⁻¹ Vᵀ + U S⁻¹ g_Vᵀ (1 − VVᵀ), where
    Fᵢⱼ = 1/(sⱼ² − sᵢ²) and skew M = M − Mᵀ.
    """

    symbol = "svdvecs"

    def forward(self, x):
        u, _, vh = converged(np.linalg.svd, "svd", as_floats(x), full_matrices=False)
        return np.concatenate([u, vh.mT], axis=-2)

    def vjp(self, g, out, x):
        u, v = halves(out, x)
        gu, gv = halves(g, x)
        m, n = x.shape[-2:]
        s = sum(u * (x @ v), axis=-2)  # (..., k)
        row, column = getitem(s, (..., None, slice(None))), getitem(s, (..., slice(None), None))
        diagonal = np.eye(min(m, n), dtype=bool)
        squares_apart = apart(s) * where(diagonal, 1.0, row + column)  # sⱼ² − sᵢ², without its rounding
        skew_u, skew_v = (a - a.mT for a in (u.mT @ gu, v.mT @ gv))
        gradient = u @ ((skew_u * row + column * skew_v) / squares_apart) @ v.mT
        if m > n:  # what of g_U is outside of the space that U spans
            gradient = gradient + (gu - u @ (u.mT @ gu)) / s_or_nan(row) @ v.mT
        if n > m:
            gradient = gradient + u / s_or_nan(row) @ (gv - v @ (v.mT @ gv)).mT
        return gradient


singular_vectors = function(SingularVectors)


def svd(x, full_matrices: bool = False):
    """out = (U, s, Vᵀ) with U diag(s) Vᵀ = x, s descending;  ∂L/∂x = U diag(g_s) Vᵀ plus the gradients of U and V.

    (m, n) makes (m, k), (k,), (k, n), k the smaller of m and n: NumPy completes U and V by default, with columns that
    are arbitrary. The gradient of U and V, in the class SingularVectors, is NaN where singular values repeat, and where
    one is 0 in a matrix that is not square. The sign of each pair of vectors is arbitrary. Source: Townsend 2016.

    >>> [part.tolist() for part in tg.linalg.svd([[0.0, -2.0]])][1]
    [2.0]
    """
    if flag("svd: full_matrices", full_matrices):
        raise ArgumentError("svd: the columns that complete U and V are arbitrary. try: full_matrices=False")
    u, v = halves(singular_vectors(x), value_of(x))
    return u, svdvals(x), matrix_transpose(v)


def halves(both, x):
    """What stands above and below: the first rows are as many as x has."""
    m = x.shape[-2]
    return getitem(both, (..., slice(None, m), slice(None))), getitem(both, (..., slice(m, None), slice(None)))


def apart(values):
    """λⱼ − λᵢ at i, j, NaN where they are equal to rounding, and ∞ on the diagonal."""
    gaps = getitem(values, (..., None, slice(None))) - getitem(values, (..., slice(None), None))
    n = gaps.shape[-1]
    array = value_of(values)
    largest = np.max(np.abs(array), axis=-1, initial=0.0)[..., None, None]
    equal = np.abs(value_of(gaps)) <= ROUNDING * np.finfo(array.dtype).eps * largest
    return where(np.eye(n, dtype=bool), np.inf, where(equal, np.nan, gaps))


def s_or_nan(s):
    """Singular values, NaN where they are 0 to rounding."""
    array = value_of(s)
    largest = np.max(array, axis=-1, keepdims=True, initial=0.0)
    return where(array <= max(ROUNDING, array.shape[-1]) * np.finfo(array.dtype).eps * largest, np.nan, s)


def converged(compute, name: str, x, **options):
    """What LAPACK computes, or our error where it does not come to an end, as for NaN."""
    try:
        return compute(x, **options)
    except np.linalg.LinAlgError as error:
        finite = "" if np.isfinite(x).all() else ", with elements that are not finite"
        raise ArgumentError(
            f"{name}: {error}: shape {brief_shape(x.shape)}{finite}. try: tg.isfinite(x).all()"
        ) from None
