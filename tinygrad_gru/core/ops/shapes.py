"""Operations that change the shape, the order of the elements, or the dtype."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ShapeError
from ..op import Op, apply
from ..support import arguments
from ..support.arguments import brief, brief_shape, integers
from ..support.arrays import checked_dtype
from ..support.explain import MISFITS
from ..support.functions import documented_by, function
from ..support.indices import whole_numbers
from ..support.operands import value_of
from ..support.sums import accurate_sum
from .bases import AlongAxis, OnMatrices
from .indexing import Take

__all__ = [
    "astype",
    "broadcast_to",
    "expand_dims",
    "flip",
    "matrix_transpose",
    "moveaxis",
    "permute_dims",
    "repeat",
    "reshape",
    "roll",
    "squeeze",
    "tile",
]


class Reshape(Op):
    """out = the elements of x in another shape, one size of which may be −1;  the gradient in the old one.

    >>> tg.reshape([1.0, 2.0, 3.0, 4.0], (2, -1)).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """

    symbol = "reshape"

    def __init__(self, shape: tuple[int, ...]):
        self.shape = shape

    def forward(self, x):
        if min(self.shape, default=0) < -1:  # NumPy takes every negative size for −1
            raise ValueError("a negative size")
        return np.reshape(x, self.shape)

    def vjp(self, g, out, x):
        return reshape(g, x.shape)

    def explain(self, *arrays):
        return f"cannot give shape {self.shape} to"


@documented_by(Reshape)
def reshape(x, shape: int | Sequence[int]):
    return apply(Reshape(integers("reshape: shape", shape)), x)


class ExpandDims(Reshape):
    """out = x with an axis of size 1 put in at `axis`;  the gradient without it.

    >>> tg.expand_dims([1.0, 2.0], 1).tolist()
    [[1.0], [2.0]]
    """

    symbol = "expand"


@documented_by(ExpandDims)
def expand_dims(x, axis: int = 0):
    shape = list(value_of(x).shape)
    axis = arguments.axis("expand_dims", axis)
    if not -len(shape) - 1 <= axis <= len(shape):
        raise ShapeError(f"expand_dims: axis {brief(axis)} does not fit shape {brief_shape(tuple(shape))}")
    shape.insert(axis if axis >= 0 else len(shape) + 1 + axis, 1)
    return apply(ExpandDims(tuple(shape)), x)


class Squeeze(Reshape):
    """out = x without its axes of size 1, or without those given;  the gradient with them.

    >>> tg.squeeze([[1.0, 2.0]]).tolist()
    [1.0, 2.0]
    """

    symbol = "squeeze"


@documented_by(Squeeze)
def squeeze(x, axis: int | tuple[int, ...] | None = None):
    shape = value_of(x).shape
    ndim = len(shape)
    if axis is None:
        axis = tuple(i for i, n in enumerate(shape) if n == 1)
    axes = integers("squeeze: axis", axis)
    if any(not -ndim <= a < ndim or shape[a] != 1 for a in axes):
        raise ShapeError(f"squeeze: axis {brief(axis)} does not have size 1 in shape {brief_shape(shape)}")
    squeezed = {a % ndim for a in axes}
    if len(squeezed) < len(axes):
        raise ShapeError(f"squeeze: axis {brief(axis)} names an axis twice")
    return apply(Squeeze(tuple(n for i, n in enumerate(shape) if i not in squeezed)), x)


class PermuteDims(Op):
    """out = x with its axes in another order;  the gradient with them in the old one.

    >>> tg.permute_dims([[1.0, 2.0, 3.0]], (1, 0)).tolist()
    [[1.0], [2.0], [3.0]]
    """

    symbol = "permute"

    def __init__(self, axes: tuple[int, ...]):
        self.axes = axes

    def forward(self, x):
        return np.transpose(x, self.axes)

    def vjp(self, g, out, x):
        n = len(self.axes)
        return permute_dims(g, tuple(sorted(range(n), key=lambda i: self.axes[i] % n)))

    def explain(self, *arrays):
        return f"{self.axes} is not an order of the axes of"


@documented_by(PermuteDims)
def permute_dims(x, axes: Sequence[int]):
    axes = integers("permute_dims: axes", axes)
    ndim = value_of(x).ndim
    if any(not -ndim <= a < ndim for a in axes):  # NumPy would take 2**32 for 0
        raise ShapeError(
            f"permute_dims: {brief(axes)} is not an order of the axes of shape {brief_shape(value_of(x).shape)}"
        )
    return apply(PermuteDims(axes), x)


class MatrixTranspose(OnMatrices):
    """out = xᵀ, for each matrix of a stack;  ∂L/∂x = gᵀ.

    >>> tg.matrix_transpose([[1.0, 2.0, 3.0]]).tolist()
    [[1.0], [2.0], [3.0]]
    """

    symbol = "ᵀ"

    def forward(self, x):
        return np.swapaxes(x, -1, -2)

    def vjp(self, g, out, x):
        return matrix_transpose(g)


matrix_transpose = function(MatrixTranspose)


class BroadcastTo(Op):
    """out = x repeated to fill a shape;  the gradient is summed over what was repeated.

    >>> tg.broadcast_to([1.0, 2.0], (2, 2)).tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """

    symbol = "broadcast"

    def __init__(self, shape: int | Sequence[int]):
        self.shape = integers("broadcast_to: shape", shape)

    def forward(self, x):
        return np.broadcast_to(x, self.shape)

    def vjp(self, g, out, x):
        return g  # a gradient of the broadcast shape: unbroadcast sums it

    def explain(self, *arrays):
        return f"cannot be broadcast to {self.shape}"


@documented_by(BroadcastTo)
def broadcast_to(x, shape: int | Sequence[int]):
    return apply(BroadcastTo(shape), x)


class Flip(AlongAxis):
    """out = x in reverse order along `axis`, or along all axes;  so is the gradient.

    >>> tg.flip([1.0, 2.0, 3.0]).tolist()
    [3.0, 2.0, 1.0]
    """

    symbol = "flip"

    def __init__(self, axis: int | tuple[int, ...] | None):
        self.axis = arguments.axes(self, axis)

    def forward(self, x):
        return np.flip(x, self.axis)

    def vjp(self, g, out, x):
        return flip(g, axis=self.axis)


@documented_by(Flip)
def flip(x, axis: int | tuple[int, ...] | None = None):
    return apply(Flip(axis), x)


class Roll(AlongAxis):
    """out = x shifted along `axis`, cyclically;  the gradient shifted the other way.

    Several axes are a tuple, with a shift for each.

    >>> tg.roll([1.0, 2.0, 3.0], 1).tolist()
    [3.0, 1.0, 2.0]
    """

    symbol = "roll"

    def __init__(self, shift: int | tuple[int, ...], axis: int | tuple[int, ...] | None):
        check: Any = integers if isinstance(shift, list | tuple) else arguments.integer
        self.shift = check("roll: shift", shift)
        self.axis = arguments.axes(self, axis)

    def forward(self, x):
        return np.roll(x, self.shift, self.axis)

    def vjp(self, g, out, x):
        back = tuple(-n for n in self.shift) if isinstance(self.shift, tuple) else -self.shift
        return roll(g, back, axis=self.axis)


@documented_by(Roll)
def roll(x, shift: int | tuple[int, ...], axis: int | tuple[int, ...] | None = None):
    return apply(Roll(shift, axis), x)


class Tile(Op):
    """out = x repeated as a whole along each axis;  the gradients of the copies are added.

    >>> tg.tile([1.0, 2.0], 2).tolist()
    [1.0, 2.0, 1.0, 2.0]
    """

    symbol = "tile"

    def __init__(self, repetitions: int | Sequence[int]):
        self.repetitions = integers("tile: repetitions", repetitions)

    def forward(self, x):
        return np.tile(x, self.repetitions)

    def vjp(self, g, out, x):
        n = len(out.shape)
        sizes = (1,) * (n - len(x.shape)) + tuple(x.shape)
        times = (1,) * (n - len(self.repetitions)) + self.repetitions
        pairs = tuple(size for pair in zip(times, sizes, strict=True) for size in pair)  # (r₁, n₁, r₂, n₂, ...)
        copies = reshape(g, pairs)
        add = accurate_sum if isinstance(copies, np.ndarray) else type(copies).sum
        return reshape(add(copies, tuple(range(0, 2 * n, 2))), x.shape)

    def explain(self, *arrays):
        return f"cannot be repeated {self.repetitions} times"


@documented_by(Tile)
def tile(x, repetitions: int | Sequence[int]):
    return apply(Tile(repetitions), x)


class Astype(Op):
    """out = x in another float dtype;  the gradient comes back in the old one.

    >>> tg.astype([1.0, 2.0], np.float64).dtype
    dtype('float64')
    """

    symbol = "astype"

    def __init__(self, dtype: Any):
        self.dtype = arguments.float_dtype("astype", dtype)

    def forward(self, x):
        return checked_dtype(x).astype(self.dtype)

    def vjp(self, g, out, x):
        return g  # the backward pass gives it x's dtype


@documented_by(Astype)
def astype(x, dtype: Any):
    dtype = arguments.float_dtype("astype", dtype)
    return x if value_of(x).dtype == dtype else apply(Astype(dtype), x)


def moveaxis(x, source: int | Sequence[int], destination: int | Sequence[int]):
    """out = x with one axis, or several, moved to another position;  the gradient with them in the old one.

    >>> tg.moveaxis([[1.0, 2.0, 3.0]], 0, 1).tolist()
    [[1.0], [2.0], [3.0]]
    """
    ndim = value_of(x).ndim
    old, new = integers("moveaxis: source", source), integers("moveaxis: destination", destination)
    exist = all(-ndim <= i < ndim for i in old + new)
    moved = {j % ndim: i % ndim for i, j in zip(old, new, strict=False)} if exist else {}
    if not exist or not len(old) == len(new) == len(moved) == len(set(moved.values())):
        raise ShapeError(
            f"moveaxis: {brief(source)} to {brief(destination)} does not fit shape {brief_shape(value_of(x).shape)}"
        )
    others = [i for i in range(ndim) if i not in moved.values()]
    for j in sorted(moved):
        others.insert(j, moved[j])
    return apply(PermuteDims(tuple(others)), x)


def repeat(x, repeats: Any, axis: int | None = None):
    """out = each element of x repeated along `axis`;  the gradients of the copies are added.

    `repeats` is a number of times, or one for each element; without an axis x is made flat.

    >>> tg.repeat([1.0, 2.0], [2, 3]).tolist()
    [1.0, 1.0, 2.0, 2.0, 2.0]
    """
    shape = value_of(x).shape
    if axis is None:
        x, axis, shape = Reshape((-1,))(x), 0, (math.prod(shape),)
    axis = arguments.axis_of("repeat", axis, shape)
    try:
        counts = value_of(whole_numbers("repeat", repeats))
        if counts.size and counts.min() < 0:  # NumPy takes −2**63 of two elements for 0
            raise ValueError("counts may not be negative")
        indices = np.repeat(np.arange(shape[axis]), counts)
    except MISFITS as error:
        why = arguments.shortened(error)
        raise ShapeError(f"repeat: {brief(repeats)} does not fit axis {axis} of size {shape[axis]}: {why}") from None
    return Take(axis)(x, indices)
