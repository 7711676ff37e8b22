"""Joining and splitting: concat, stack, vstack and its like, split, unstack, pad."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError, ShapeError
from ..op import Op, apply
from ..support import arguments
from ..support.arguments import brief
from ..support.explain import MISFITS
from ..support.functions import documented_by
from ..support.operands import value_of
from .bases import AlongAxis
from .indexing import Getitem, take
from .shapes import expand_dims, reshape

__all__ = ["column_stack", "concat", "dstack", "hstack", "pad", "split", "stack", "unstack", "vstack"]


class Concat(AlongAxis):
    """out = the inputs one after the other along `axis`;  each gets back its own slice of the gradient.

    (2, 3) and (4, 3) make (6, 3). With the axis None, all are made flat.

    >>> tg.concat([[1.0, 2.0], [3.0]]).tolist()
    [1.0, 2.0, 3.0]
    """

    symbol = "concat"
    promotes_dtype = True

    def forward(self, *xs):
        return np.concatenate(xs, self.axis)

    def vjp(self, g, out, *xs):
        before = (slice(None),) * (self.axis % out.ndim)  # all of the axes in front of it
        slices = []
        start = 0
        for x in xs:
            stop = start + x.shape[self.axis]
            slices.append(g[(*before, slice(start, stop))])
            start = stop
        return tuple(slices)

    def explain(self, *arrays):
        ndims = {x.ndim for x in arrays}
        if ndims == {0}:
            return "wants at least one axis (try: tg.stack)"
        if len(ndims) == 1 and not -max(ndims) <= self.axis < max(ndims):
            return super().explain(*arrays)
        return f"sizes differ outside axis {self.axis}"


@documented_by(Concat)
def concat(arrays: Iterable[Any], axis: int | None = 0):
    arrays = at_least_one("concat", arrays)
    if axis is None:
        arrays, axis = [reshape(x, -1) for x in arrays], 0
    return apply(Concat(axis), *arrays)


class Stack(AlongAxis):
    """out = the inputs side by side along a new axis;  each gets back its own slice of the gradient.

    >>> tg.stack([[1.0, 2.0], [3.0, 4.0]], axis=1).tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """

    symbol = "stack"
    promotes_dtype = True

    def forward(self, *xs):
        return np.stack(xs, self.axis)

    def vjp(self, g, out, *xs):
        before = (slice(None),) * (self.axis % out.ndim)
        return tuple(g[(*before, i)] for i in range(len(xs)))

    def explain(self, *arrays):
        if len({x.shape for x in arrays}) > 1:
            return "wants equal shapes"
        return f"cannot make an axis {self.axis} of"


@documented_by(Stack)
def stack(arrays: Iterable[Any], axis: int = 0):
    return apply(Stack(axis), *at_least_one("stack", arrays))


class Pad(Op):
    """out = x with elements added on each axis;  the gradient is cut back, and what is repeated adds its own to it.

    `widths` is one (before, after) for each axis, one for all axes, or one number. `mode` says what is added:
    "constant", the value; "edge", the outermost element; "reflect" and "symmetric", a mirror image without the
    outermost and with it; "wrap", the other end.

    >>> tg.pad([1.0, 2.0], (1, 2)).tolist()
    [0.0, 1.0, 2.0, 0.0, 0.0]
    >>> tg.pad([1.0, 2.0, 3.0], 2, mode="reflect").tolist()
    [3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]
    """

    symbol = "pad"
    masks_gradient = True

    def __init__(self, widths: tuple[tuple[int, int], ...], value: float):
        self.widths = widths
        self.value = value

    def forward(self, x):
        return np.pad(x, self.widths, constant_values=self.value) if self.widths else x.copy()

    def vjp(self, g, out, x):
        return g[tuple(slice(before, before + n) for (before, _), n in zip(self.widths, x.shape, strict=True))]

    def explain(self, *arrays):
        return f"the widths {self.widths} do not fit"


MOST = 2**31  # elements of what is padded by repeating
MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


@documented_by(Pad)
def pad(x, widths: Sequence[tuple[int, int]] | tuple[int, int] | int, value: float = 0.0, mode: str = "constant"):
    ndim = value_of(x).ndim
    if not isinstance(mode, str) or mode not in MODES:
        raise ArgumentError(f"pad: mode: got {brief(mode)}, wanted one of {', '.join(MODES)}. try: mode='edge'")
    value = arguments.number("pad: value", value, "tg.concat")
    try:
        pairs = np.broadcast_to(np.asarray(widths, object), (ndim, 2)) if ndim else np.zeros((0, 2), int)
    except MISFITS:
        raise ShapeError(
            f"pad: widths {brief(widths)} do not fit {ndim} axes. try: one (before, after) per axis"
        ) from None
    if any(isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0 for n in pairs.flat):
        raise ArgumentError(f"pad: widths must be whole numbers from 0 on, got {brief(widths)}. try: slicing")
    if mode == "constant":
        return Pad(tuple((int(a), int(b)) for a, b in pairs), value)(x)
    size = math.prod(n + int(a) + int(b) for n, (a, b) in zip(value_of(x).shape, pairs, strict=True))
    if size > MOST:
        raise ShapeError(f"pad: widths {brief(widths)} would make over 2³¹ elements. try: smaller widths")
    for axis, pair in enumerate(pairs):  # what stands where: NumPy pads the positions, and they are taken
        n = value_of(x).shape[axis]
        if n == 0 and any(pair):
            raise ShapeError(f"pad: axis {axis} is empty, with nothing to repeat. try: mode='constant'")
        positions: Any = np.pad(np.arange(n), [int(width) for width in pair], mode=mode)  # type: ignore[call-overload]
        x = take(x, positions, axis)
    return x


def at_least_one(name: str, arrays) -> list[Any]:
    """The arrays as a list of at least one."""
    if not isinstance(arrays, list | tuple):
        arrays = arguments.several(f"{name}: arrays", arrays, None)
    if len(arrays) == 0:
        raise ArgumentError(f"{name}: wants at least one tensor, got none")
    return list(arrays)


def vstack(arrays: Iterable[Any]) -> Any:
    """out = matrices one below the other, a vector as one row;  each gets back its own slice of the gradient.

    >>> tg.vstack([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    rows = [reshape(x, (1, -1)) if value_of(x).ndim < 2 else x for x in at_least_one("vstack", arrays)]
    return concat(rows, axis=0)


def hstack(arrays: Iterable[Any]) -> Any:
    """out = matrices side by side, vectors one after the other;  each gets back its own slice of the gradient.

    >>> tg.hstack([[1.0, 2.0], [3.0]]).tolist()
    [1.0, 2.0, 3.0]
    """
    xs = [reshape(x, (-1,)) if value_of(x).ndim == 0 else x for x in at_least_one("hstack", arrays)]
    return concat(xs, axis=0 if value_of(xs[0]).ndim == 1 else 1)


def column_stack(arrays: Iterable[Any]) -> Any:
    """out = vectors as the columns of a matrix, or matrices side by side;  each gets back its slice of the gradient.

    >>> tg.column_stack([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    columns = [reshape(x, (-1, 1)) if value_of(x).ndim < 2 else x for x in at_least_one("column_stack", arrays)]
    return concat(columns, axis=1)


def dstack(arrays: Iterable[Any]) -> Any:
    """out = matrices one behind the other, along a third axis;  each gets back its own slice of the gradient.

    A vector counts as one row.

    >>> tg.dstack([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [[[1.0, 3.0], [2.0, 4.0]]]
    """
    xs = [reshape(x, (1, -1)) if value_of(x).ndim < 2 else x for x in at_least_one("dstack", arrays)]
    return concat([expand_dims(x, 2) if value_of(x).ndim == 2 else x for x in xs], axis=2)


def unstack(x, axis: int = 0) -> list[Any]:
    """The slices along `axis`, which disappears: the opposite of stack;  each gradient goes back to its slice.

    >>> [part.tolist() for part in tg.unstack([[1.0, 2.0], [3.0, 4.0]])]
    [[1.0, 2.0], [3.0, 4.0]]
    """
    shape = value_of(x).shape
    axis = arguments.axis_of("unstack", axis, shape)
    before = (slice(None),) * (axis % len(shape))
    slices = []
    for i in range(shape[axis]):  # a plain loop, so that the line recorded is the caller's
        slices.append(Getitem((*before, i))(x))
    return slices


def split(x, sections: int | Sequence[int], axis: int = 0) -> list[Any]:
    """Pieces along `axis`: the opposite of concat;  each gradient goes back to its slice.

    `sections` is how many equal pieces, or their sizes.

    >>> [part.tolist() for part in tg.split([1.0, 2.0, 3.0], [1, 2])]
    [[1.0], [2.0, 3.0]]
    """
    shape = value_of(x).shape
    axis = arguments.axis_of("split", axis, shape)
    n = shape[axis]
    if isinstance(sections, int | np.integer):
        count = arguments.integer("split: sections", sections)
        sizes = [n // count] * count if 0 < count and (count <= n or n == 0) else [-1]
    else:
        sizes = [
            arguments.integer("split: sections", size) for size in arguments.several("split: sections", sections, None)
        ]
    if sum(sizes) != n or min(sizes, default=0) < 0:
        raise ShapeError(f"split: {brief(sections)} does not divide axis {brief(axis)} of size {n}")
    before = (slice(None),) * (axis % len(shape))
    pieces, start = [], 0
    for size in sizes:
        pieces.append(Getitem((*before, slice(start, start + size)))(x))
        start += size
    return pieces
