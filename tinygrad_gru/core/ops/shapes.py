"""The same numbers in another shape, order or dtype."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import DtypeError, ShapeError
from ..op import Op, apply
from ..support.operands import value_of
from ..support.sums import accurate_sum
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
    """y = the elements of x in another shape;  the gradient in the old one."""

    symbol = "reshape"

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        return np.reshape(x, self.shape)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
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

    def forward(self, x: Any) -> Any:
        return np.transpose(x, self.axes)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        n = len(self.axes)
        return permute_dims(g, tuple(sorted(range(n), key=lambda i: self.axes[i] % n)))

    def explain(self, *arrays: Any) -> str:
        return f"{self.axes} is not an order of the axes of"


class MatrixTranspose(Op):
    """y = xᵀ, for each matrix of a stack;  so is the gradient."""

    symbol = "ᵀ"

    def forward(self, x: Any) -> Any:
        return np.swapaxes(x, -1, -2)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        return matrix_transpose(g)

    def explain(self, *arrays: Any) -> str:
        return "wants at least two axes, got"


class BroadcastTo(Op):
    """y = x repeated to fill a shape;  the engine sums the gradient back over what was repeated."""

    symbol = "broadcast"

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        return np.broadcast_to(x, self.shape)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        return g

    def explain(self, *arrays: Any) -> str:
        return f"cannot be broadcast to {self.shape}"


class Flip(Op):
    """y = x in reverse order along `axis`;  so is the gradient."""

    symbol = "flip"

    def __init__(self, axis: int | tuple[int, ...] | None) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        return np.flip(x, self.axis)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        return flip(g, axis=self.axis)

    def explain(self, *arrays: Any) -> str:
        return f"axis {self.axis} is not an axis of"


class Roll(Op):
    """y = x shifted along `axis`, what falls off coming back in;  the gradient shifted the other way."""

    symbol = "roll"

    def __init__(self, shift: int | tuple[int, ...], axis: int | tuple[int, ...] | None) -> None:
        self.shift = shift
        self.axis = axis

    def forward(self, x: Any) -> Any:
        return np.roll(x, self.shift, self.axis)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        back = tuple(-n for n in self.shift) if isinstance(self.shift, tuple) else -self.shift
        return roll(g, back, axis=self.axis)

    def explain(self, *arrays: Any) -> str:
        return f"axis {self.axis} is not an axis of"


class Tile(Op):
    """y = x repeated as a whole along each axis;  the gradients of the copies are added."""

    symbol = "tile"

    def __init__(self, repetitions: tuple[int, ...]) -> None:
        self.repetitions = repetitions

    def forward(self, x: Any) -> Any:
        return np.tile(x, self.repetitions)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
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
        self.dtype = np.dtype(dtype)

    def forward(self, x: Any) -> Any:
        return x.astype(self.dtype)

    def vjp(self, g: Any, y: Any, x: Any) -> Any:
        return g


_matrix_transpose = MatrixTranspose()


def _numbers(numbers: int | Sequence[int]) -> tuple[int, ...]:
    """Sizes or axes as a tuple, given as one number (of Python's or NumPy's) or several."""
    return (int(numbers),) if isinstance(numbers, int | np.integer) else tuple(numbers)


def reshape(x: Any, shape: int | Sequence[int]) -> Any:
    """The elements of x in another shape; one size may be −1, to be worked out."""
    return apply(Reshape(_numbers(shape)), x)


def expand_dims(x: Any, axis: int = 0) -> Any:
    """x with an axis of size 1 put in at `axis`."""
    shape = list(value_of(x).shape)
    if not -len(shape) - 1 <= axis <= len(shape):
        raise ShapeError(f"expand_dims: axis {axis} does not fit shape {tuple(shape)}")
    shape.insert(axis if axis >= 0 else len(shape) + 1 + axis, 1)
    return apply(ExpandDims(tuple(shape)), x)


def squeeze(x: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """x without the axes of size 1: all of them, or those given."""
    shape = value_of(x).shape
    ndim = len(shape)
    if axis is None:
        axis = tuple(i for i, n in enumerate(shape) if n == 1)
    axes = _numbers(axis)
    if any(not -ndim <= a < ndim or shape[a] != 1 for a in axes):
        raise ShapeError(f"squeeze: axis {axis} does not have size 1 in shape {shape}")
    gone = {a % ndim for a in axes}
    return Squeeze(tuple(n for i, n in enumerate(shape) if i not in gone))(x)


def permute_dims(x: Any, axes: Sequence[int]) -> Any:
    """x with its axes in the order given."""
    return apply(PermuteDims(tuple(axes)), x)


def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged."""
    return _matrix_transpose(x)


def moveaxis(x: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Any:
    """One axis, or several, moved to another place, the others in their order."""
    ndim = value_of(x).ndim
    old, new = _numbers(source), _numbers(destination)
    exist = all(-ndim <= i < ndim for i in old + new)
    moved = {j % ndim: i % ndim for i, j in zip(old, new, strict=False)} if exist else {}
    if not exist or not len(old) == len(new) == len(moved) == len(set(moved.values())):
        raise ShapeError(f"moveaxis: {source} to {destination} does not fit shape {value_of(x).shape}")
    others = [i for i in range(ndim) if i not in moved.values()]
    for j in sorted(moved):
        others.insert(j, moved[j])
    return apply(PermuteDims(tuple(others)), x)


def broadcast_to(x: Any, shape: int | Sequence[int]) -> Any:
    """x repeated to fill `shape`."""
    return apply(BroadcastTo(_numbers(shape)), x)


def flip(x: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """x in reverse order along `axis`, or along all axes."""
    return apply(Flip(axis), x)


def roll(x: Any, shift: int | tuple[int, ...], axis: int | tuple[int, ...] | None = None) -> Any:
    """x shifted along `axis` (one, or a tuple with a shift for each); what falls off one end comes in at the other."""
    return apply(Roll(shift, axis), x)


def tile(x: Any, repetitions: int | Sequence[int]) -> Any:
    """x repeated as a whole along each axis."""
    return apply(Tile(_numbers(repetitions)), x)


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element of x repeated along `axis`: the same number of times, or a number for each."""
    shape = value_of(x).shape
    if axis is None:
        x, axis, shape = Reshape((-1,))(x), 0, (math.prod(shape),)
    if not -len(shape) <= axis < len(shape):
        raise ShapeError(f"repeat: axis {axis} is not an axis of shape {shape}")
    try:
        indices = np.repeat(np.arange(shape[axis]), repeats)
    except (ValueError, TypeError) as error:
        raise ShapeError(f"repeat: {repeats} does not fit axis {axis} of size {shape[axis]}: {error}") from None
    return Take(axis)(x, indices)


def astype(x: Any, dtype: Any) -> Any:
    """x in another float dtype; the gradient comes back in the old one."""
    if np.dtype(dtype) not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise DtypeError(f"astype: wants float32 or float64, got {np.dtype(dtype)}")
    return x if value_of(x).dtype == np.dtype(dtype) else Astype(dtype)(x)
