"""Sample inputs for products: vectors, matrices, stacks that broadcast, and no elements."""

from __future__ import annotations

import numpy as np

from .arrays import normal, restart, s

__all__ = ["PRODUCTS"]

restart()

PRODUCTS = {
    "einsum": [
        s(normal(3, 3), subscripts="ii->"),
        s(normal(3, 3), subscripts="ii->i"),
        s(normal(2, 3), subscripts="ij->j"),
        s(normal(2, 3), subscripts="ij->ji"),
        s(normal(2, 3), normal(3, 2), subscripts="ij,jk"),
        s(normal(2, 3), normal(3, 2), subscripts="ij,jk->ik"),
        s(normal(2), normal(2), subscripts="i,i->"),
        s(normal(2), normal(3), subscripts="i,j->"),
        s(normal(4, 2, 3), normal(3, 2), subscripts="...ij,jk->...ik"),
        s(normal(4, 2, 3), normal(4, 3, 2), subscripts="bij,bjk->bik"),
        s(normal(1, 2), normal(3, 2), subscripts="...i,...i->..."),
        s(normal(1, 3), normal(2, 3), subscripts="ij,ij->ij"),
        s(normal(2, 3), normal(3), normal(2), subscripts="ij,j,i->"),
        s(normal(), normal(3), subscripts=",i->i"),
        s(normal(0, 3), normal(3, 2), subscripts="ij,jk->ik"),
        s(normal(3, 3, 3), subscripts="iii->i"),
        s(normal(3, 3), normal(3, 3), subscripts="ii,jj->ij"),
    ],
    "inner": [
        s(normal(3), normal(3)),
        s(normal(2, 3), normal(4, 3)),
        s(normal(2, 3), normal(3)),
        s(normal(2, 1, 3), normal(2, 3)),
        s(normal(), normal(3)),
        s(normal(0), normal(0)),
    ],
    "kron": [s(normal(2), normal(3)), s(normal(2, 3), normal(3, 2)), s(normal(2), normal(2, 2)), s(normal(), normal(2)),
             s(normal(2, 1, 2), normal(2, 2)), s(normal(0), normal(2))],
    "matmul": [
        s(normal(3), normal(3)),
        s(normal(3), normal(3, 2)),
        s(normal(2, 3), normal(3)),
        s(normal(2, 3), normal(3, 4)),
        s(normal(1, 3), normal(3, 4)),
        s(normal(4, 2, 3), normal(3, 2)),
        s(normal(2, 3), normal(4, 3, 2)),
        s(normal(4, 2, 3), normal(4, 3, 2)),
        s(normal(5, 1, 2, 3), normal(4, 3, 2)),
        s(normal(4, 1, 3), normal(1, 3, 2)),
        s(normal(3), normal(4, 3, 2)),
        s(normal(4, 2, 3), normal(3)),
        s(normal(0, 3), normal(3, 2)),
        s(normal(2, 0), normal(0, 3)),
        s(normal(2, 0, 3), normal(3, 2)),
        s(np.array([[1, 2, 0]]), normal(3, 2)),
    ],
    "outer": [s(normal(2), normal(3)), s(normal(0), normal(3)), s(normal(1), normal(1))],
    "tensordot": [
        s(normal(2, 3, 4), normal(3, 4, 2)),
        s(normal(2, 3), normal(3, 2), axes=1),
        s(normal(2), normal(3), axes=0),
        s(normal(2, 3, 4), normal(4, 2), axes=([0, -1], [1, 0])),
    ],
    "trace": [s(normal(3, 3)), s(normal(2, 3, 4), offset=1), s(normal(3, 2), offset=-1), s(normal(0, 0))],
}  # fmt: skip
