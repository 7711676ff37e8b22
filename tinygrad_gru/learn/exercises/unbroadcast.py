"""What was stretched is summed on the way back.

NumPy stretched an array of this shape to the shape of c: new axes in front, and axes of size 1 made longer. c is the
gradient of the stretched array. Return the gradient of the array itself, in its own shape.
"""

from collections.abc import Iterator

import numpy as np

CHAPTER = 4
Array = np.ndarray
Shape = tuple[int, ...]


def unbroadcast(c: Array, shape: Shape) -> Array:
    """c summed over the axes along which an array of this shape was stretched to c.shape."""
    c = c.sum(axis=tuple(range(c.ndim - len(shape))))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return np.asarray(c.sum(axis=stretched, keepdims=True))


def cases() -> Iterator[tuple[Array, Shape]]:
    """A gradient, and the shape that was stretched."""
    rng = np.random.default_rng(2)
    for big, shape in [
        ((4, 3), (3,)),
        ((3, 3), (3,)),
        ((4, 3), (4, 1)),
        ((2, 4, 3), (4, 1)),
        ((2, 3), ()),
        ((2, 3), (2, 3)),
        ((5, 2, 3), (1, 2, 1)),
    ]:
        yield rng.standard_normal(big), shape


HINTS = (
    "If b was copied to four rows, a wiggle of b moves all four: their gradients add up. How many copies were there?",
    "Two kinds of axes were stretched: those that were put in front, and those of length 1.",
    "First c.sum(axis=0) while c has too many axes; then, where the shape has a 1, c.sum(axis=..., keepdims=True).",
)


def _first(c: Array, shape: Shape) -> Array:
    """c at the first of the copies."""
    c = c[(0,) * (c.ndim - len(shape))]
    return np.asarray(c[tuple(slice(0, 1) if size == 1 else slice(None) for size in shape)])


def not_summed(c: Array, shape: Shape) -> Array:
    """You returned c as it came: it has the shape of the result, and the array has another."""
    return c


def one_copy(c: Array, shape: Shape) -> Array:
    """You took the gradient of ONE copy: all of them moved when the array moved, so their gradients add up."""
    return _first(c, shape)


def averaged(c: Array, shape: Shape) -> Array:
    """The copies' gradients ADD up. A mean would be right if the array had been divided among them."""
    summed = unbroadcast(c, shape)
    return np.asarray(summed / (c.size / summed.size))


def only_in_front(c: Array, shape: Shape) -> Array:
    """New axes in front are summed, but an axis of length 1 was stretched as well."""
    return np.asarray(c.sum(axis=tuple(range(c.ndim - len(shape)))))


def axes_lost(c: Array, shape: Shape) -> Array:
    """The numbers are right and an axis of length 1 is lost: keepdims=True keeps it."""
    return np.squeeze(unbroadcast(c, shape))


def only_length_one(c: Array, shape: Shape) -> Array:
    """Axes of length 1 are summed; but there may be new axes in front as well."""
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return np.asarray(c.sum(axis=stretched, keepdims=True))


def first_axis(c: Array, shape: Shape) -> Array:
    """You sum the first axis in any case: look which axes were stretched, it may be none."""
    return np.asarray(c.sum(axis=0))


def everything(c: Array, shape: Shape) -> Array:
    """Not everything is summed: only the axes along which the array was stretched."""
    return np.asarray(c.sum())


TWINS = (
    not_summed, one_copy, averaged, only_in_front, axes_lost, only_length_one, first_axis, everything,
)  # fmt: skip
OURS = ("core.support.accumulate.unbroadcast", "c = add(c, axis=repeated, keepdims=extra == 0)")
TORCH = "c.sum_to_size(shape)"
