"""Joining and splitting: concat, stack, split, unstack, pad."""

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
from .indexing import Getitem
from .shapes import reshape

__all__ = ["concat", "pad", "split", "stack", "unstack"]


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
    """out = x with constant elements added on each axis;  the gradient is cut back.

    `widths` is one (before, after) for each axis, one for all axes, or one number.

    >>> tg.pad([1.0, 2.0], (1, 2)).tolist()
    [0.0, 1.0, 2.0, 0.0, 0.0]
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


@documented_by(Pad)
def pad(x, widths: Sequence[tuple[int, int]] | tuple[int, int] | int, value: float = 0.0):
    ndim = value_of(x).ndim
    value = arguments.number("pad: value", value, "tg.concat")
    try:
        pairs = np.broadcast_to(np.asarray(widths, object), (ndim, 2)) if ndim else np.zeros((0, 2), int)
    except MISFITS:
        raise ShapeError(
            f"pad: widths {brief(widths)} do not fit {ndim} axes. try: one (before, after) per axis"
        ) from None
    if any(isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0 for n in pairs.flat):
        raise ArgumentError(f"pad: widths must be whole numbers from 0 on, got {brief(widths)}. try: slicing")
    return Pad(tuple((int(a), int(b)) for a, b in pairs), value)(x)


def at_least_one(name: str, arrays) -> list[Any]:
    """The arrays as a list of at least one."""
    if not isinstance(arrays, list | tuple):
        arrays = arguments.several(f"{name}: arrays", arrays, None)
    if len(arrays) == 0:
        raise ArgumentError(f"{name}: wants at least one tensor, got none")
    return list(arrays)


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
