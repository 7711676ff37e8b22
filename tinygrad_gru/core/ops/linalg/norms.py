"""Norms of matrices, made of sums and singular values."""

import numpy as np

from ....errors import ArgumentError, ShapeError
from ...support.arguments import brief, brief_shape, flag
from ...support.operands import value_of
from ..arithmetic import abs
from ..indexing import getitem
from ..reductions import max, min, sum, vector_norm
from .spectral import svdvals

__all__ = ["matrix_norm"]

BY_ORDER = {
    "fro": lambda x: vector_norm(x, axis=(-2, -1)),
    "nuc": lambda x: sum(svdvals(x), axis=-1),
    2: lambda x: max(svdvals(x), axis=-1),
    -2: lambda x: min(svdvals(x), axis=-1),
    1: lambda x: max(sum(abs(x), axis=-2), axis=-1),
    -1: lambda x: min(sum(abs(x), axis=-2), axis=-1),
    np.inf: lambda x: max(sum(abs(x), axis=-1), axis=-1),
    -np.inf: lambda x: min(sum(abs(x), axis=-1), axis=-1),
}


def matrix_norm(x, ord: float | str = "fro", keepdims: bool = False):
    """out = ‖x‖ of each matrix: "fro" √Σ x², "nuc" Σ s, 2 and −2 the largest and smallest s;  ∂‖x‖_nuc/∂x = U Vᵀ.

    1 and −1 are the largest and smallest sum of |x| in a column, inf and −inf in a row. s are the singular values. The
    gradient is that of the parts: shared evenly at ties, 0 for "fro" where all is 0.

    >>> tg.linalg.matrix_norm([[3.0, 0.0], [0.0, -4.0]], "nuc").tolist()
    7.0
    """
    if isinstance(ord, bool) or not isinstance(ord, str | int | float | np.number) or ord not in BY_ORDER:
        raise ArgumentError(f"matrix_norm: ord: got {brief(ord)}, wanted 'fro', 'nuc', 1, -1, 2, -2, inf or -inf")
    if value_of(x).ndim < 2:
        raise ShapeError(f"matrix_norm: wants at least two axes, got shape {brief_shape(value_of(x).shape)}")
    out = BY_ORDER[ord](x)
    return getitem(out, (..., None, None)) if flag("matrix_norm: keepdims", keepdims) else out
