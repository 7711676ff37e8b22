"""Several tensors into one, and one into several: concat, stack, split, unstack, pad."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError, ShapeError
from ..op import Op, apply
from ..support import arguments
from ..support.arguments import brief, brief_shape
from ..support.explain import MISFITS
from ..support.operands import value_of
from .indexing import Getitem
from .shapes import reshape

__all__ = ["concat", "pad", "split", "stack", "unstack"]


class Concat(Op):
    """y = the inputs one after the other along `axis`;  each gets back its own slice of the gradient."""

    symbol = "concat"
    promotes_dtype = True

    def __init__(self, axis: int) -> None:
        self.axis = arguments.axis(self, axis)

    def forward(self, *xs):
        return np.concatenate(xs, self.axis)

    def vjp(self, g, y, *xs):
        before = (slice(None),) * (self.axis % y.ndim)
        slices = []
        start = 0
        for x in xs:
            stop = start + x.shape[self.axis]
            slices.append(g[(*before, slice(start, stop))])
            start = stop
        return tuple(slices)

    def explain(self, *arrays: Any) -> str:
        ndims = {x.ndim for x in arrays}
        if ndims == {0}:
            return "wants at least one axis (try: tg.stack)"
        if len(ndims) == 1 and not -max(ndims) <= self.axis < max(ndims):
            return f"axis {self.axis} is not an axis of"
        return f"sizes differ outside axis {self.axis}"


class Stack(Op):
    """y = the inputs side by side along a new axis;  each gets back its own slice of the gradient."""

    symbol = "stack"
    promotes_dtype = True

    def __init__(self, axis: int) -> None:
        self.axis = arguments.axis(self, axis)

    def forward(self, *xs):
        return np.stack(xs, self.axis)

    def vjp(self, g, y, *xs):
        before = (slice(None),) * (self.axis % y.ndim)
        return tuple(g[(*before, i)] for i in range(len(xs)))

    def explain(self, *arrays: Any) -> str:
        if len({x.shape for x in arrays}) > 1:
            return "wants equal shapes"
        return f"cannot make an axis {self.axis} of"


class Pad(Op):
    """y = x with `before` and `after` constant elements added on each axis;  the gradient is cut back."""

    symbol = "pad"
    masks_gradient = True

    def __init__(self, widths: tuple[tuple[int, int], ...], value: float) -> None:
        self.widths = widths
        self.value = value

    def forward(self, x):
        return np.pad(x, self.widths, constant_values=self.value) if self.widths else x.copy()

    def vjp(self, g, y, x):
        return g[tuple(slice(before, before + n) for (before, _), n in zip(self.widths, x.shape, strict=True))]

    def explain(self, *arrays: Any) -> str:
        return f"the widths {self.widths} do not fit"


def _listed(name: str, arrays: Any) -> list[Any]:
    return list(arrays) if isinstance(arrays, list | tuple) else arguments.several(f"{name}: arrays", arrays, None)


def concat(arrays: Iterable[Any], axis: int | None = 0) -> Any:
    """The inputs one after the other along `axis`: (2, 3) and (4, 3) make (6, 3); with None, all are made flat."""
    arrays = _listed("concat", arrays)
    if len(arrays) == 0:
        raise ArgumentError("concat: wants at least one tensor, got none")
    if axis is None:
        arrays, axis = [reshape(x, -1) for x in arrays], 0
    return apply(Concat(axis), *arrays)


def stack(arrays: Iterable[Any], axis: int = 0) -> Any:
    """The inputs side by side along a new axis: two of (3,) make (2, 3)."""
    arrays = _listed("stack", arrays)
    if len(arrays) == 0:
        raise ArgumentError("stack: wants at least one tensor, got none")
    return apply(Stack(axis), *arrays)


def unstack(x: Any, axis: int = 0) -> list[Any]:
    """The slices along `axis`, which disappears: the opposite of stack."""
    ndim = value_of(x).ndim
    if not -ndim <= arguments.axis("unstack", axis) < ndim:
        raise ShapeError(f"unstack: axis {brief(axis)} is not an axis of shape {brief_shape(value_of(x).shape)}")
    before = (slice(None),) * (axis % ndim)
    slices = []
    for i in range(value_of(x).shape[axis]):  # a plain loop, so that the line recorded is the caller's
        slices.append(Getitem((*before, i))(x))
    return slices


def split(x: Any, sections: int | Sequence[int], axis: int = 0) -> list[Any]:
    """Pieces along `axis`: that many equal ones, or the given sizes: the opposite of concat."""
    shape = value_of(x).shape
    if not -len(shape) <= arguments.axis("split", axis) < len(shape):
        raise ShapeError(f"split: axis {brief(axis)} is not an axis of shape {brief_shape(shape)}")
    n = shape[axis]
    if isinstance(sections, int | np.integer):
        count = arguments.whole("split: sections", sections)
        sizes = [n // count] * count if 0 < count and (count <= n or n == 0) else [-1]
    else:
        sizes = [
            arguments.whole("split: sections", size) for size in arguments.several("split: sections", sections, None)
        ]
    if sum(sizes) != n or min(sizes, default=0) < 0:
        raise ShapeError(f"split: {brief(sections)} does not divide axis {brief(axis)} of size {n}")
    before = (slice(None),) * (axis % len(shape))
    pieces, start = [], 0
    for size in sizes:
        pieces.append(Getitem((*before, slice(start, start + size)))(x))
        start += size
    return pieces


def pad(x: Any, widths: Sequence[tuple[int, int]] | tuple[int, int] | int, value: float = 0.0) -> Any:
    """x with constant elements added: `widths` is one (before, after) per axis, one for all axes, or one number."""
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
