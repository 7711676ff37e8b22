"""What may happen to a gradient on its way from an operation to one of its inputs.

It is checked, summed over what was broadcast, flushed to zero before it becomes subnormal, or replaced by a hook. What
keeps it at zero below a branch not taken is in guards.py; the walk that calls all this is in engine.py.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import numpy as np

from ...errors import ShapeError, VjpError
from .. import ops
from ..ops.indexing import Part, Scatter
from ..tensor import Tensor
from .arrays import FLOATS
from .sums import accurate_sum

__all__ = [
    "FLUSHING",
    "after_hooks",
    "assembled",
    "broken",
    "checked",
    "fitted",
    "flush_subnormals",
    "vanishing",
]

# A float32 gradient wholly below this is replaced by zeros before a matrix product's vjp: see `flush_subnormals`.
TINY = 1e-30
FLOAT32 = np.dtype(np.float32)
# Whether to do so, last in the row of what the blocks around this one said.
FLUSHING: ContextVar[tuple[bool, ...]] = ContextVar("tinygrad_gru.flush_subnormals", default=(True,))


def assembled(t: Tensor, parts: list[Part], g: Any) -> Any:
    """The gradient of a tensor whose elements and slices were used one by one, and perhaps as a whole (`g`)."""
    whole = Scatter(t.shape, tuple(p.key for p in parts))(*[p.g for p in parts])
    return whole if g is None else g + whole


def checked(c: Any, consumer: Tensor) -> Any:
    """The contribution, if it is an array or a tensor."""
    if isinstance(c, Tensor | np.ndarray | np.generic):
        return c
    raise broken(consumer, f"a {type(c).__name__}, wanted an array or tensor")


def broken(node: Tensor, what: str) -> VjpError:
    """The error for an operation whose vjp does not keep its contract."""
    return VjpError(f"{node.op.name if node.op else 'leaf'}: vjp returned {what}{node.trail}")


def fitted(c: Any, t: Tensor, consumer: Tensor) -> Any:
    """The contribution with the shape and dtype of the tensor it goes to: summed over what was broadcast."""
    data = t._array
    shape, got = data.shape, c.shape
    if got != shape:
        extra = len(got) - len(shape)  # axes that broadcasting put in front, as for a bias
        repeated = tuple(range(extra))
        if got[extra:] != shape:
            repeated += tuple([i for i in range(max(extra, 0), len(got)) if got[i] != shape[i - extra]])
            if extra < 0 or any(shape[i - extra] != 1 for i in repeated[extra:]):
                raise broken(consumer, f"a gradient of shape {got} for {t.brief}")
        if c.size != data.size:
            add: Any = ops.sum if isinstance(c, Tensor) else accurate_sum
            c = add(c, axis=repeated, keepdims=extra == 0)
        if c.shape != shape:
            c = c.reshape(shape)
    if c.dtype is not data.dtype:
        if c.dtype not in FLOATS:
            raise broken(consumer, f"{c.dtype} numbers for {t.brief} of {t.dtype}")
        c = c.astype(data.dtype)
    return c


def vanishing(g: Any) -> bool:
    """Whether a float32 gradient is tiny all over; the first element settles it in nearly every case."""
    if g.dtype is not FLOAT32 or g.size == 0 or abs(g.item(0)) >= TINY:
        return False
    return bool(np.max(g) < TINY and np.min(g) > -TINY)


class flush_subnormals:
    """`with flush_subnormals(False):` keeps gradients that are about to vanish.

    Over a few hundred time steps a float32 gradient shrinks to subnormal numbers (below 1.2e-38), with which matrix
    products are a hundred times slower. So a gradient below 1e-30 in all its elements is replaced by zeros before a
    matrix product's vjp, which no float32 weight can notice. Never with `create_graph` or in float64.
    """

    def __init__(self, on: bool = True) -> None:
        self._on = on

    def __enter__(self) -> None:
        FLUSHING.set((*FLUSHING.get(), self._on))

    def __exit__(self, *exc: object) -> None:
        FLUSHING.set(FLUSHING.get()[:-1])


def after_hooks(node: Tensor, g: Any) -> Any:
    """The gradient after the hooks of its tensor, which see arrays they cannot change."""
    recording = isinstance(g, Tensor)
    for hook in list((node._hooks or {}).values()):
        if not recording:
            g = np.asarray(g).view()
            g.setflags(False)
        new = hook(g)
        if new is not None:
            if np.shape(new) != node.shape:
                raise ShapeError(f"a hook on {node.brief} returned shape {np.shape(new)}, wanted {node.shape}")
            if recording:
                g = ops.astype(new if isinstance(new, Tensor) else Tensor(new), node.dtype)
            else:
                g = np.asarray(new.data if isinstance(new, Tensor) else new, dtype=node.dtype)
    return g
