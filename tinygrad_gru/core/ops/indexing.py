"""Indexing, and Scatter, which puts gradients back: the vjps return sparse gradients (support/sparse.py)."""

from typing import Any

import numpy as np

from ...errors import ArgumentError
from ..op import Op, apply
from ..support import arguments
from ..support.arguments import brief_shape
from ..support.arrays import checked_dtype
from ..support.functions import documented_by
from ..support.indices import frozen_key, shown_key, whole_numbers
from ..support.operands import value_of
from ..support.scattering import add_at
from ..support.sparse import SparseGrad
from .bases import AlongAxis, OnMatrices

__all__ = ["diagonal", "getitem", "sort", "take", "take_along_axis", "topk", "tril", "triu"]


class Getitem(Op):
    """out = x[key];  the gradient is put back at the key, repeated indices accumulate.

    The key is made of slices, integers, None, Ellipsis, integer arrays and boolean masks.

    >>> tg.getitem([1.0, 2.0, 3.0], [2, 0, 0]).tolist()
    [3.0, 1.0, 1.0]
    """

    symbol = "[ ]"
    masks_gradient = True

    def __init__(self, key: Any):
        self.key = key

    def forward(self, x):
        return x[self.key]

    def vjp(self, g, out, x):
        return SparseGrad(g, self.key)  # g at the key and 0 elsewhere: see support/sparse.py

    def explain(self, *arrays):
        return f"index {shown_key(self.key)} does not fit"


@documented_by(Getitem)
def getitem(x, key) -> Any:
    return apply(Getitem(frozen_key(key)), x)


class Scatter(Op):
    """out = zeros of `shape`, with each piece added at its key (repeats accumulate);  each piece gets back g[key]."""

    symbol = "scatter"

    def __init__(self, shape: tuple[int, ...], keys: tuple[Any, ...]):
        self.shape = shape
        self.keys = keys

    def forward(self, *pieces):
        out = np.zeros(self.shape, pieces[0].dtype)
        for key, piece in zip(self.keys, pieces, strict=True):
            add_at(out, key, piece)
        return out

    def vjp(self, g, out, *pieces):
        return tuple(g[key] for key in self.keys)

    def __repr__(self) -> str:
        return f"Scatter(shape={self.shape}, {len(self.keys)} pieces)"


class Take(AlongAxis):
    """out = x[..., indices, ...] along `axis`;  the gradient is put back there, repeated indices accumulate.

    The axis may be left out where there is one.

    >>> tg.take([[1.0, 2.0], [3.0, 4.0]], [1, 1], axis=0).tolist()
    [[3.0, 4.0], [3.0, 4.0]]
    """

    symbol = "take"
    masks_gradient = True

    def forward(self, x, indices):
        if indices.dtype == np.uint64:  # NumPy 2.0 refuses them, later ones let those beyond int64 count from the end
            indices = np.minimum(indices, np.iinfo(np.intp).max).astype(np.intp)
        return np.take(x, indices, axis=self.axis)

    def vjp(self, g, out, x, indices):
        return SparseGrad(g, (slice(None),) * (self.axis % x.ndim) + (value_of(indices),)), None

    def explain(self, *arrays):
        if not -arrays[0].ndim <= self.axis < arrays[0].ndim:
            return super().explain(*arrays)
        return f"an index is out of range on axis {self.axis} of"


@documented_by(Take)
def take(x, indices, axis: int | None = None):
    if axis is None:
        if value_of(x).ndim != 1:
            raise ArgumentError(f"take: wants an axis for shape {brief_shape(value_of(x).shape)}. try: axis=0")
        axis = 0
    return apply(Take(axis), x, whole_numbers("take", indices))


class TakeAlongAxis(AlongAxis):
    """out[..., i, ...] = x[..., indices[..., i, ...], ...];  the gradient is put back there.

    One element of x for each index, along `axis`; the other axes are matched.

    >>> tg.take_along_axis([[1.0, 2.0], [3.0, 4.0]], [[1], [0]]).tolist()
    [[2.0], [3.0]]
    """

    symbol = "take along"
    masks_gradient = True

    def forward(self, x, indices):
        return np.take_along_axis(x, indices, axis=self.axis)

    def vjp(self, g, out, x, indices):
        key = list(np.ix_(*(np.arange(n) for n in out.shape)))
        key[self.axis] = value_of(indices)
        for i, n in enumerate(x.shape):
            if n == 1 and i != self.axis % x.ndim:
                key[i] = np.zeros_like(key[i])  # x was broadcast along this axis
        return SparseGrad(g, tuple(key)), None

    def explain(self, *arrays):
        return f"the indices do not fit axis {self.axis} of"


@documented_by(TakeAlongAxis)
def take_along_axis(x, indices, axis: int = -1):
    return apply(TakeAlongAxis(axis), x, whole_numbers("take_along_axis", indices))


class FromDiagonal(OnMatrices):
    """Base of the operations that look for a diagonal, `offset` places to the right of the main one."""

    masks_gradient = True

    def __init__(self, offset: int):
        self.offset = arguments.integer(f"{self.name}: offset", offset)


class Diagonal(FromDiagonal):
    """out = the `offset`-th diagonal of each matrix;  the gradient is put back on it.

    >>> tg.diagonal([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [1.0, 4.0]
    """

    symbol = "diagonal"

    def forward(self, x):
        return np.diagonal(x, self.offset, -2, -1)

    def vjp(self, g, out, x):
        i = np.arange(out.shape[-1])
        return SparseGrad(g, (..., i + np.maximum(-self.offset, 0), i + np.maximum(self.offset, 0)))


@documented_by(Diagonal)
def diagonal(x, offset: int = 0):
    return apply(Diagonal(offset), x)


class Tril(FromDiagonal):
    """out = x on and below the `offset`-th diagonal, 0 above;  so is the gradient.

    >>> tg.tril([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [[1.0, 0.0], [3.0, 4.0]]
    """

    symbol = "tril"

    def forward(self, x):
        return np.tril(matrices(x), self.offset)

    def vjp(self, g, out, x):
        return tril(g, self.offset)


@documented_by(Tril)
def tril(x, offset: int = 0):
    return apply(Tril(offset), x)


class Triu(FromDiagonal):
    """out = x on and above the `offset`-th diagonal, 0 below;  so is the gradient.

    >>> tg.triu([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [[1.0, 2.0], [0.0, 4.0]]
    """

    symbol = "triu"

    def forward(self, x):
        return np.triu(matrices(x), self.offset)

    def vjp(self, g, out, x):
        return triu(g, self.offset)


@documented_by(Triu)
def triu(x, offset: int = 0):
    return apply(Triu(offset), x)


def matrices(x):
    """x, if it has the axes of a matrix: NumPy would make one of a vector."""
    if x.ndim < 2:
        raise ValueError("no matrix")
    return x


class Sort(AlongAxis):
    """out = x in ascending order along `axis`;  each gradient goes back to where its element came from.

    >>> tg.sort([3.0, 1.0, 2.0]).tolist()
    [1.0, 2.0, 3.0]
    """

    symbol = "sort"

    def forward(self, x):
        return np.sort(x, axis=self.axis, kind="stable")

    def vjp(self, g, out, x):
        order = np.argsort(value_of(x), axis=self.axis, kind="stable")
        return take_along_axis(g, np.argsort(order, axis=self.axis, kind="stable"), axis=self.axis)


@documented_by(Sort)
def sort(x, axis: int = -1):
    return apply(Sort(axis), x)


def topk(x, k: int, axis: int = -1, largest: bool = True) -> Any:
    """out = (the k largest of x along `axis` in descending order, their positions);  the gradient goes back to them.

    Or the k smallest in ascending order. Of equal ones the first come first; NaN counts as the largest of all.

    >>> [part.tolist() for part in tg.topk([3.0, 1.0, 4.0], 2)]
    [[4.0, 3.0], [2, 0]]
    """
    array = checked_dtype(value_of(x))
    axis = arguments.axis_of("topk", axis, array.shape)
    k, n = arguments.integer("topk: k", k), array.shape[axis]
    if not 0 <= k <= n:
        raise ArgumentError(f"topk: k: got {k}, wanted 0 to {n}, the size of axis {axis}. try: k={n}")
    if arguments.flag("topk: largest", largest):  # sorted from behind, so that of equal ones the first stays first
        order = n - 1 - np.flip(np.argsort(np.flip(array, axis), axis, kind="stable"), axis)
    else:
        order = np.argsort(array, axis, kind="stable")
    positions = np.take(order, np.arange(k), axis)
    return take_along_axis(x, positions, axis), positions
