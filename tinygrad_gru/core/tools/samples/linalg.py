"""Sample inputs for linear algebra: stacks, matrices of no rows, singular ones for the determinant.

Eigenvalues and singular values are apart; what happens where they repeat, the tests write out by hand.
"""

from __future__ import annotations

import numpy as np

from .arrays import definite, normal, restart, s, spread_out

__all__ = ["LINALG"]

restart()

squares = [
    s(normal(3, 3)),
    s(normal(2, 2, 2)),
    s(normal(1, 1)),
    s(normal(2, 1, 4, 4)),
    s(normal(0, 3, 3)),
    s(normal(0, 0)),
]
symmetric = [s(definite(3, 3)), s(definite(2, 2, 2)), s(definite(1, 1)), s(definite(0, 2, 2))]
tall_and_wide = [s(spread_out(3, 3)), s(spread_out(4, 2)), s(spread_out(2, 2, 4)), s(normal(1, 3)), s(normal(0, 2, 3))]

LINALG = {
    "linalg.cholesky": symmetric,
    "linalg.det": [*squares, s(np.zeros((3, 3))), s(np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]]))],
    "linalg.eigh": symmetric,
    "linalg.eigvalsh": symmetric,
    "linalg.inv": squares,
    "linalg.matrix_norm": [
        s(normal(2, 3, 3)),
        s(normal(2, 3), keepdims=True),
        *[s(normal(2, 3, 2), ord=order) for order in ("nuc", 1, -1, 2, -2, np.inf, -np.inf)],
    ],
    "linalg.slogdet": squares,
    "linalg.solve": [
        s(normal(3, 3), normal(3)),
        s(normal(3, 3), normal(3, 2)),
        s(normal(2, 3, 3), normal(3)),
        s(normal(2, 3, 3), normal(3, 2)),
        s(normal(3, 3), normal(2, 3, 1)),
        s(normal(3, 3), np.array([1, 2, 3])),
        s(normal(0, 0), normal(0)),
    ],
    "linalg.svd": tall_and_wide,
    "linalg.svdvals": tall_and_wide,
}  # fmt: skip
