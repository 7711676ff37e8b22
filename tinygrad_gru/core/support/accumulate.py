"""Gradient accumulation: the rare cases of the backward pass, between an operation and one of its inputs.

A gradient is unbroadcast, added to the gradients of other uses, made dense if sparse, or replaced by a hook.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from ...errors import ShapeError, VjpError
from .. import ops
from ..ops.indexing import Scatter
from ..tensor import Tensor
from .arguments import brief_shape, kind_of
from .arrays import FLOATS, real_numbers
from .explain import add_note
from .sparse import SparseGrad
from .sums import accurate_sum

__all__ = ["add_gradients", "arrived", "contract_broken", "densified", "one_per_input", "owned", "unbroadcast",
           "unhooked"]  # fmt: skip


def one_per_input(contributions: Any, node: Tensor) -> tuple[Any, ...]:
    """The contributions as a tuple: a bare one is that of the only input."""
    if type(contributions) is not tuple:
        if len(node.inputs) != 1:
            got = "None" if contributions is None else f"a {type(contributions).__name__}"
            raise contract_broken(node, f"{got}, wanted a tuple of {len(node.inputs)} gradients, one per input")
        return (contributions,)
    if len(contributions) != len(node.inputs):
        raise contract_broken(node, f"{len(contributions)} gradients for {len(node.inputs)} inputs")
    return contributions


def unbroadcast(c: Any, t: Tensor, node: Tensor) -> Any:
    """The contribution c of the node to its input t, in the shape and dtype of t; None if there is none.

    A contribution that is a function is called first. Axes along which t was broadcast are summed.
    """
    if type(c) is FUNCTION:
        try:
            c = c()
        except Exception as error:  # the vjp's, which gave it
            add_note(error, node.op, "vjp", node.inputs, node.where_made)
            raise
    if type(c) is not ndarray:
        if c is None or type(c) is SparseGrad:
            return c
        if not isinstance(c, GRADIENTS):
            return unbroadcast(as_function(c, node), t, node)
        c = c if isinstance(c, Tensor) else np.asarray(c)  # NumPy makes scalars of 0-d results
    array = t._array
    shape, got = array.shape, c.shape
    if got != shape:
        extra = len(got) - len(shape)  # axes that broadcasting put in front, as for a bias
        repeated = tuple(range(extra))
        if got[extra:] != shape:
            repeated += tuple([i for i in range(max(extra, 0), len(got)) if got[i] != shape[i - extra]])
            if extra < 0 or any(shape[i - extra] != 1 for i in repeated[extra:]):
                raise contract_broken(node, f"a gradient of shape {got} for {t.summary}")
        if c.size != array.size:
            add: Any = ops.sum if isinstance(c, Tensor) else accurate_sum
            c = add(c, axis=repeated, keepdims=extra == 0)
        if c.shape != shape:
            c = c.reshape(shape)
    if c.dtype is not array.dtype:
        if c.dtype not in FLOATS:
            raise contract_broken(node, f"{c.dtype} numbers for {t.summary} of {t.dtype}")
        c = c.astype(array.dtype)
    return c


def as_function(c: Any, node: Tensor) -> Any:
    """A callable object as a function; any other type breaks the contract of vjp."""
    if not callable(c):
        raise contract_broken(node, f"{kind_of(c)}, wanted an array or tensor")
    return lambda: c()


ndarray = np.ndarray
FUNCTION = type(lambda: None)
GRADIENTS = (Tensor, np.ndarray, np.generic)


def contract_broken(node: Tensor, description: str) -> VjpError:
    """The error for an operation whose vjp does not keep the contract of Op."""
    return VjpError(f"{node.op.name if node.op else 'leaf'}: vjp returned {description}{node.where_made}")


def add_gradients(so_far: Any, c: Any, t: Tensor, own: set[Tensor]) -> Any:
    """The gradient of t so far plus the contribution c; in place where the array is our own."""
    if t in own and type(c) is type(so_far) is ndarray:  # so_far may have become sparse since
        so_far += c
        return so_far
    if c is None:
        return so_far
    if type(so_far) is SparseGrad:
        return so_far.add(c)
    total = c.add(so_far) if type(c) is SparseGrad else so_far + c
    if type(total) is ndarray:  # NumPy makes scalars of 0-d results
        own.add(t)
    return total


def arrived(g: Any, t: Tensor, own: set[Tensor]) -> Any:
    """The complete gradient g of a tensor as one array, after its hooks; where its operation takes pieces, as it is."""
    if type(g) is SparseGrad and not t._hooks and getattr(t.op, "takes_pieces", False):
        return g
    before, g = g, densified(g, t)
    if t._hooks and t not in UNHOOKED.get():
        g = _after_hooks(g, t)
    if g is not before and type(g) is ndarray:
        own.add(t)
    return g


def densified(g: Any, t: Tensor) -> Any:
    """The gradient with all its pieces in one array, or tensor."""
    if type(g) is not SparseGrad:
        return g
    keys, pieces = zip(*g.pieces, strict=True)
    dense = Scatter(t.shape, keys)(*pieces)
    return dense if g.dense is None else g.dense + dense


def _after_hooks(g: Any, t: Tensor) -> Any:
    """The gradient after the hooks of t; they get a read-only view."""
    recording = isinstance(g, Tensor)
    for hook in list((t._hooks or {}).values()):
        if not recording:
            g = np.asarray(g).view()
            g.setflags(False)
        new = hook(g)
        if new is not None:
            array = real_numbers(new._array if isinstance(new, Tensor) else new)
            if array.shape != t.shape:
                got = brief_shape(array.shape)
                raise ShapeError(f"a hook on {t.summary} returned shape {got}, wanted its own. try: return g")
            if recording:
                g = ops.astype(new if isinstance(new, Tensor) else Tensor(array), t.dtype)
            else:
                g = array.astype(t.dtype, copy=False)
    return g if recording else np.array(g)  # a hook may have kept its array


# Tensors whose hooks do not run now: see `unhooked`.
UNHOOKED: ContextVar[frozenset[Tensor]] = ContextVar("tinygrad_gru.unhooked", default=frozenset())


@contextmanager
def unhooked(tensors: Iterable[Tensor]) -> Iterator[None]:
    """Without the hooks of these tensors, which wait for the complete gradient, not one contribution to it."""
    token = UNHOOKED.set(UNHOOKED.get().union(tensors))
    try:
        yield
    finally:
        UNHOOKED.reset(token)


def owned(g: Any) -> Any:
    """The gradient as a result: a copy of the array, or the tensor itself."""
    return g if isinstance(g, Tensor) else np.array(g)
