"""Picking elements, and the one operation that puts them back: its vjps return sparse gradients (support/sparse.py)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError, DtypeError
from ..op import Op, apply
from ..support import arguments
from ..support.arguments import brief, brief_shape
from ..support.arrays import Array
from ..support.operands import value_of
from ..support.sparse import SparseGrad
from ..support.sums import SHORT
from ..tensor import Tensor

__all__ = ["diagonal", "getitem", "sort", "take", "take_along_axis", "tril", "triu"]


class Scatter(Op):
    """y = zeros of `shape`, with each piece added at its key (repeats accumulate);  each piece gets back g[key]."""

    symbol = "scatter"

    def __init__(self, shape: tuple[int, ...], keys: tuple[Any, ...]) -> None:
        self.shape = shape
        self.keys = keys

    def forward(self, *pieces):
        y = np.zeros(self.shape, pieces[0].dtype)
        for key, piece in zip(self.keys, pieces, strict=True):
            _add_at(y, key, piece)
        return y

    def vjp(self, g, y, *pieces):
        return tuple(g[key] for key in self.keys)

    def __repr__(self) -> str:
        return f"Scatter(shape={self.shape}, {len(self.keys)} pieces)"


def _add_at(y: Array, key: Any, piece: Any) -> None:
    parts = key if isinstance(key, tuple) else (key,)
    arrays = [k for k in parts if isinstance(k, np.ndarray)]
    if all(k.dtype == bool for k in arrays):
        y[key] += piece  # slices, single integers and masks name each element once
    elif len(parts) == 1 and y.ndim > 1:
        _add_rows(y, arrays[0], piece)
    elif type(key) is tuple and len(arrays) == 1 and all(type(k) is slice and k == slice(None) for k in key[:-1]):
        axis = len(key) - 1  # as from `take`
        picked = tuple(range(axis, axis + arrays[0].ndim))
        _add_rows(np.moveaxis(y, axis, 0), arrays[0], np.moveaxis(piece, picked, range(len(picked))))
    elif max(y.ndim, piece.ndim) > 32 or (y.dtype == np.float32 and y.size < 4 * piece.size):
        # NumPy's add.at crashes beyond 32 axes; and for elements picked many times see _add_rows
        places = np.arange(y.size).reshape(y.shape)[key]
        y += np.bincount(places.ravel(), piece.ravel(), y.size).reshape(y.shape)  # adds in float64
    else:
        np.add.at(y, key, piece)


def _add_rows(y: Array, rows: Array, piece: Array) -> None:
    """`np.add.at(y, rows, piece)`, several times faster: sort the rows, then add each run of equal ones at once.

    A long run of float32 numbers is added in float64: one after the other, a million of them would be off by 1 %.
    """
    rows = rows.ravel().astype(np.intp)  # uint8 could not hold the size it is divided by
    rows = rows % len(y) if rows.size else rows
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    if len(starts):
        pieces = piece.reshape(len(rows), *y.shape[1:])[order]
        longest = np.diff(starts, append=len(rows)).max()
        y[ordered[starts]] += np.add.reduceat(pieces, starts, axis=0, dtype=np.float64 if longest > SHORT else y.dtype)


class Getitem(Op):
    """y = x[key];  the gradient is put back at the key, repeated indices accumulate."""

    symbol = "[ ]"
    masks_gradient = True

    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x):
        return x[self.key]

    def vjp(self, g, y, x):
        return SparseGrad(g, self.key)

    def explain(self, *arrays: Any) -> str:
        return f"index {_shown(self.key)} does not fit"


class Take(Op):
    """y = x[..., indices, ...] along `axis`;  the gradient is put back there, repeated indices accumulate."""

    symbol = "take"
    masks_gradient = True

    def __init__(self, axis: int) -> None:
        self.axis = arguments.axis(self, axis)

    def forward(self, x, indices):
        if indices.dtype == np.uint64:  # NumPy 2.0 refuses them, later ones let those beyond int64 count from the end
            indices = np.minimum(indices, np.iinfo(np.intp).max).astype(np.intp)
        return np.take(x, indices, axis=self.axis)

    def vjp(self, g, y, x, indices):
        return SparseGrad(g, (slice(None),) * (self.axis % x.ndim) + (value_of(indices),)), None

    def explain(self, *arrays: Any) -> str:
        if not -arrays[0].ndim <= self.axis < arrays[0].ndim:
            return f"axis {self.axis} is not an axis of"
        return f"an index is out of range on axis {self.axis} of"


class TakeAlongAxis(Op):
    """y[..., i, ...] = x[..., indices[..., i, ...], ...];  the gradient is put back there."""

    symbol = "take along"
    masks_gradient = True

    def __init__(self, axis: int) -> None:
        self.axis = arguments.axis(self, axis)

    def forward(self, x, indices):
        return np.take_along_axis(x, indices, axis=existing(self.axis, x))

    def vjp(self, g, y, x, indices):
        key = list(np.ix_(*(np.arange(n) for n in y.shape)))
        key[self.axis] = indices.data if isinstance(indices, Tensor) else indices
        for i, n in enumerate(x.shape):
            if n == 1 and i != self.axis % x.ndim:
                key[i] = np.zeros_like(key[i])  # x was broadcast along this axis
        return SparseGrad(g, tuple(key)), None

    def explain(self, *arrays: Any) -> str:
        return f"the indices do not fit axis {self.axis} of"


class Diagonal(Op):
    """y = the diagonal of each matrix;  the gradient is put back on it."""

    symbol = "diagonal"
    masks_gradient = True

    def __init__(self, offset: int) -> None:
        self.offset = arguments.whole(f"{self.name}: offset", offset)

    def forward(self, x):
        return np.diagonal(x, self.offset, -2, -1)

    def vjp(self, g, y, x):
        i = np.arange(y.shape[-1])
        return SparseGrad(g, (..., i + np.maximum(-self.offset, 0), i + np.maximum(self.offset, 0)))

    def explain(self, *arrays: Any) -> str:
        return "wants at least two axes, got"


class Tril(Op):
    """y = x on and below the `offset`-th diagonal, 0 above;  so is the gradient."""

    symbol = "tril"
    masks_gradient = True

    def __init__(self, offset: int) -> None:
        self.offset = arguments.whole(f"{self.name}: offset", offset)

    def forward(self, x):
        if x.ndim < 2:
            raise ValueError("no matrix")
        return np.tril(x, self.offset)

    def vjp(self, g, y, x):
        return tril(g, self.offset)

    def explain(self, *arrays: Any) -> str:
        return "wants at least two axes, got"


class Triu(Op):
    """y = x on and above the `offset`-th diagonal, 0 below;  so is the gradient."""

    symbol = "triu"
    masks_gradient = True

    def __init__(self, offset: int) -> None:
        self.offset = arguments.whole(f"{self.name}: offset", offset)

    def forward(self, x):
        if x.ndim < 2:
            raise ValueError("no matrix")
        return np.triu(x, self.offset)

    def vjp(self, g, y, x):
        return triu(g, self.offset)

    def explain(self, *arrays: Any) -> str:
        return "wants at least two axes, got"


class Sort(Op):
    """y = x in ascending order along `axis`;  each gradient goes back to where its element came from."""

    symbol = "sort"

    def __init__(self, axis: int) -> None:
        self.axis = arguments.axis(self, axis)

    def forward(self, x):
        return np.sort(x, axis=existing(self.axis, x), kind="stable")

    def vjp(self, g, y, x):
        order = np.argsort(x.data if isinstance(x, Tensor) else x, axis=self.axis, kind="stable")
        return take_along_axis(g, np.argsort(order, axis=self.axis, kind="stable"), axis=self.axis)

    def explain(self, *arrays: Any) -> str:
        return f"axis {self.axis} is not an axis of"


def existing(axis: Any, x: Any) -> int:
    """The axis, if x has it; NumPy would take None for "flatten first", and make an axis for a single number."""
    if axis is None or not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis {axis} is not an axis of shape {x.shape}")
    return int(axis)


def _shown(key: Any) -> str:
    """An index as it would be written, for messages."""
    parts = key if isinstance(key, tuple) else (key,)
    return "[" + ", ".join(f"array{k.shape}" if isinstance(k, np.ndarray) else brief(k) for k in parts) + "]"


def _frozen_key(key: Any) -> Any:
    """The index with its arrays copied: the gradient needs them as they are now."""
    if isinstance(key, tuple):
        return tuple(_frozen_key(k) for k in key)
    if key is None or key is Ellipsis or type(key) in (int, slice):
        return key
    if isinstance(key, bool | np.bool_):
        return np.asarray(key)
    array = listed(key) if isinstance(key, list) else np.array(key.data if isinstance(key, Tensor) else value_of(key))
    if array.dtype.kind not in "iub":
        raise DtypeError(f"getitem: an index must be whole numbers or booleans, got {brief(array)}. try: t[0], t[1:3]")
    return int(array) if array.ndim == 0 and array.dtype != bool else array


def listed(indices: Any) -> Array:
    """A list of indices as an array: of integers, also where it is empty."""
    try:
        return np.array(indices, None if np.size(indices) else int)
    except (ValueError, RecursionError):
        raise ArgumentError("a list of indices must be rectangular. try: lists of equal lengths") from None


def whole_numbers(name: str, indices: Any) -> Any:
    """Indices as a tensor or array of integers; a list of them would otherwise become float32."""
    if isinstance(indices, list | tuple | int):
        indices = listed(indices)
    if value_of(indices).dtype.kind not in "iu":
        got = brief(value_of(indices))
        raise DtypeError(f"{name}: indices must be whole numbers, got {got}. try: indices.astype(int)")
    return indices


def getitem(x: Any, key: Any) -> Any:
    """x[key]: slices, integers, None, Ellipsis, integer arrays (repeats accumulate) and boolean masks."""
    return apply(Getitem(_frozen_key(key)), x)


def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """The elements of x at `indices` along `axis`; `axis` may be left out for one axis."""
    if axis is None:
        if value_of(x).ndim != 1:
            raise ArgumentError(f"take: wants an axis for shape {brief_shape(value_of(x).shape)}. try: axis=0")
        axis = 0
    return Take(axis)(x, whole_numbers("take", indices))


def take_along_axis(x: Any, indices: Any, axis: int = -1) -> Any:
    """One element of x per index, along `axis`; the other axes are matched."""
    return TakeAlongAxis(axis)(x, whole_numbers("take_along_axis", indices))


def diagonal(x: Any, offset: int = 0) -> Any:
    """The diagonal of the last two axes, `offset` places to the right."""
    return apply(Diagonal(offset), x)


def tril(x: Any, offset: int = 0) -> Any:
    """The lower triangle of the last two axes, up to the `offset`-th diagonal; zeros above."""
    return apply(Tril(offset), x)


def triu(x: Any, offset: int = 0) -> Any:
    """The upper triangle of the last two axes, from the `offset`-th diagonal on; zeros below."""
    return apply(Triu(offset), x)


def sort(x: Any, axis: int = -1) -> Any:
    """x in ascending order along `axis`."""
    return apply(Sort(axis), x)
