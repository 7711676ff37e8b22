"""The same numbers in another shape, order or dtype."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ShapeError
from ..op import Op, apply
from ..support import arguments
from ..support.arguments import brief, brief_shape, wholes
from ..support.arrays import checked_dtype
from ..support.explain import MISFITS
from ..support.operands import value_of
from ..support.sums import accurate_sum
from .indexing import Take, whole_numbers

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
    """y = the elements of x in another shape;  the gradient in the old one."""

    symbol = "reshape"

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x):
        if min(self.shape, default=0) < -1:  # NumPy takes every negative size for −1
            raise ValueError("a negative size")
        return np.reshape(x, self.shape)

    def vjp(self, g, y, x):
        return reshape(g, x.shape)

    def explain(self, *arrays: Any) -> str:
        return f"cannot give shape {self.shape} to"


class ExpandDims(Reshape):
    """y = x with an axis of size 1 put in;  the gradient without it."""

    symbol = "expand"


class Squeeze(Reshape):
    """y = x without some axes of size 1;  the gradient with them."""

    symbol = "squeeze"


class PermuteDims(Op):
    """y = x with its axes in another order;  the gradient with them in the old one."""

    symbol = "permute"

    def __init__(self, axes: tuple[int, ...]) -> None:
        self.axes = axes

    def forward(self, x):
        return np.transpose(x, self.axes)

    def vjp(self, g, y, x):
        n = len(self.axes)
        return permute_dims(g, tuple(sorted(range(n), key=lambda i: self.axes[i] % n)))

    def explain(self, *arrays: Any) -> str:
        return f"{self.axes} is not an order of the axes of"


class MatrixTranspose(Op):
    """y = xᵀ, for each matrix of a stack;  so is the gradient."""

    symbol = "ᵀ"

    def forward(self, x):
        return np.swapaxes(x, -1, -2)

    def vjp(self, g, y, x):
        return matrix_transpose(g)

    def explain(self, *arrays: Any) -> str:
        return "wants at least two axes, got"


class BroadcastTo(Op):
    """y = x repeated to fill a shape;  the engine sums the gradient back over what was repeated."""

    symbol = "broadcast"

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x):
        return np.broadcast_to(x, self.shape)

    def vjp(self, g, y, x):
        return g

    def explain(self, *arrays: Any) -> str:
        return f"cannot be broadcast to {self.shape}"


class Flip(Op):
    """y = x in reverse order along `axis`;  so is the gradient."""

    symbol = "flip"

    def __init__(self, axis: int | tuple[int, ...] | None) -> None:
        self.axis = axis

    def forward(self, x):
        return np.flip(x, self.axis)

    def vjp(self, g, y, x):
        return flip(g, axis=self.axis)

    def explain(self, *arrays: Any) -> str:
        return f"axis {self.axis} is not an axis of"


class Roll(Op):
    """y = x shifted along `axis`, what falls off coming back in;  the gradient shifted the other way."""

    symbol = "roll"

    def __init__(self, shift: int | tuple[int, ...], axis: int | tuple[int, ...] | None) -> None:
        self.shift = shift
        self.axis = axis

    def forward(self, x):
        return np.roll(x, self.shift, self.axis)

    def vjp(self, g, y, x):
        back = tuple(-n for n in self.shift) if isinstance(self.shift, tuple) else -self.shift
        return roll(g, back, axis=self.axis)

    def explain(self, *arrays: Any) -> str:
        return f"axis {self.axis} is not an axis of"


class Tile(Op):
    """y = x repeated as a whole along each axis;  the gradients of the copies are added."""

    symbol = "tile"

    def __init__(self, repetitions: tuple[int, ...]) -> None:
        self.repetitions = repetitions

    def forward(self, x):
        return np.tile(x, self.repetitions)

    def vjp(self, g, y, x):
        n = len(y.shape)
        sizes = (1,) * (n - len(x.shape)) + tuple(x.shape)
        times = (1,) * (n - len(self.repetitions)) + self.repetitions
        pairs = tuple(size for pair in zip(times, sizes, strict=True) for size in pair)  # (r₁, n₁, r₂, n₂, ...)
        copies = reshape(g, pairs)
        add = accurate_sum if isinstance(copies, np.ndarray) else type(copies).sum
        return reshape(add(copies, tuple(range(0, 2 * n, 2))), x.shape)

    def explain(self, *arrays: Any) -> str:
        return f"cannot be repeated {self.repetitions} times"


class Astype(Op):
    """y = x in another float dtype;  the engine returns the gradient in the old one."""

    symbol = "astype"

    def __init__(self, dtype: Any) -> None:
        self.dtype = arguments.float_dtype("astype", dtype)

    def forward(self, x):
        return checked_dtype(x).astype(self.dtype)

    def vjp(self, g, y, x):
        return g


_matrix_transpose = MatrixTranspose()


def reshape(x: Any, shape: int | Sequence[int]) -> Any:
    """The elements of x in another shape; one size may be −1, to be worked out."""
    return apply(Reshape(wholes("reshape: shape", shape)), x)


def expand_dims(x: Any, axis: int = 0) -> Any:
    """x with an axis of size 1 put in at `axis`."""
    shape = list(value_of(x).shape)
    axis = arguments.axis("expand_dims", axis)
    if not -len(shape) - 1 <= axis <= len(shape):
        raise ShapeError(f"expand_dims: axis {brief(axis)} does not fit shape {brief_shape(tuple(shape))}")
    shape.insert(axis if axis >= 0 else len(shape) + 1 + axis, 1)
    return apply(ExpandDims(tuple(shape)), x)


def squeeze(x: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """x without the axes of size 1: all of them, or those given."""
    shape = value_of(x).shape
    ndim = len(shape)
    if axis is None:
        axis = tuple(i for i, n in enumerate(shape) if n == 1)
    axes = wholes("squeeze: axis", axis)
    if any(not -ndim <= a < ndim or shape[a] != 1 for a in axes):
        raise ShapeError(f"squeeze: axis {brief(axis)} does not have size 1 in shape {brief_shape(shape)}")
    gone = {a % ndim for a in axes}
    if len(gone) < len(axes):
        raise ShapeError(f"squeeze: axis {brief(axis)} names an axis twice")
    return Squeeze(tuple(n for i, n in enumerate(shape) if i not in gone))(x)


def permute_dims(x: Any, axes: Sequence[int]) -> Any:
    """x with its axes in the order given."""
    axes = wholes("permute_dims: axes", axes)
    ndim = value_of(x).ndim
    if any(not -ndim <= a < ndim for a in axes):  # NumPy would take 2**32 for 0
        raise ShapeError(
            f"permute_dims: {brief(axes)} is not an order of the axes of shape {brief_shape(value_of(x).shape)}"
        )
    return apply(PermuteDims(axes), x)


def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged."""
    return _matrix_transpose(x)


def moveaxis(x: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Any:
    """One axis, or several, moved to another place, the others in their order."""
    ndim = value_of(x).ndim
    old, new = wholes("moveaxis: source", source), wholes("moveaxis: destination", destination)
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


def broadcast_to(x: Any, shape: int | Sequence[int]) -> Any:
    """x repeated to fill `shape`."""
    return apply(BroadcastTo(wholes("broadcast_to: shape", shape)), x)


def flip(x: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """x in reverse order along `axis`, or along all axes."""
    return apply(Flip(arguments.axes("flip", axis)), x)


def roll(x: Any, shift: int | tuple[int, ...], axis: int | tuple[int, ...] | None = None) -> Any:
    """x shifted along `axis` (one, or a tuple with a shift for each); what falls off one end comes in at the other."""
    shift = wholes("roll: shift", shift) if isinstance(shift, list | tuple) else arguments.whole("roll: shift", shift)
    return apply(Roll(shift, arguments.axes("roll", axis)), x)


def tile(x: Any, repetitions: int | Sequence[int]) -> Any:
    """x repeated as a whole along each axis."""
    return apply(Tile(wholes("tile: repetitions", repetitions)), x)


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element of x repeated along `axis`: the same number of times, or a number for each."""
    shape = value_of(x).shape
    if axis is None:
        x, axis, shape = Reshape((-1,))(x), 0, (math.prod(shape),)
    if not -len(shape) <= arguments.axis("repeat", axis) < len(shape):
        raise ShapeError(f"repeat: axis {brief(axis)} is not an axis of shape {brief_shape(shape)}")
    try:
        counts = value_of(whole_numbers("repeat", repeats))
        if counts.size and counts.min() < 0:  # NumPy takes −2**63 of two elements for 0
            raise ValueError("counts may not be negative")
        indices = np.repeat(np.arange(shape[axis]), counts)
    except MISFITS as error:
        why = arguments.shortened(error)
        raise ShapeError(f"repeat: {brief(repeats)} does not fit axis {axis} of size {shape[axis]}: {why}") from None
    return Take(axis)(x, indices)


def astype(x: Any, dtype: Any) -> Any:
    """x in another float dtype; the gradient comes back in the old one."""
    dtype = arguments.float_dtype("astype", dtype)
    return x if value_of(x).dtype == dtype else Astype(dtype)(x)
