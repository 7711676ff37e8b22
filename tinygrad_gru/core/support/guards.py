"""Guards of branches not taken: below a choice, a gradient of zero means "not taken", and stays zero.

`where(x > 0, sqrt(x), 0)` sends a zero to the root where x is not positive, and the root would make 0·∞ = NaN of it. A
masked loss sends zeros to the rows that are padding, which may hold NaN, and a product would make 0·NaN = NaN of them.
What was not taken has no influence; so below a choice (where, maximum, an index, ...) each vjp is guarded: what is not
finite counts only where a gradient that is not zero meets it. Whatever is finite stays as it is: a gradient may be 0
by chance, and then its own derivatives still count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from .. import ops
from ..op import Op
from ..ops.bases import OnMatrices
from ..ops.reductions import Reduction
from ..tensor import Tensor
from .accumulate import densified
from .arrays import Array
from .operands import value_of
from .pulls import Pull

__all__ = ["below_a_choice", "guarded", "guarded_vjp", "guarding"]

# Set while a guarded vjp runs: a walk that starts inside it, as a checkpoint's does, is below the choice too.
below_a_choice: ContextVar[bool] = ContextVar("tinygrad_gru.below_a_choice", default=False)
# Set while a guarded walk runs: a fused operation, whose inside may hold choices of its own, then looks at it.
guarding: ContextVar[bool] = ContextVar("tinygrad_gru.guarding", default=False)


def guarded(operands: Callable[[Tensor], tuple[Any, ...]], outputs: Sequence[Tensor]) -> Pull:
    """A pull that keeps zeros below a choice zeros; `operands(node)` gives a vjp its out and inputs."""
    below = set(outputs) if below_a_choice.get() else set()

    def pull(g: Any, node: Any) -> Any:
        g = densified(g, node)
        inside = node in below
        if inside or node.op.masks_gradient:
            below.update(node.inputs)
        token = guarding.set(True)
        try:
            return guarded_vjp(node.op, g, *operands(node)) if inside else node.op.vjp(g, *operands(node))
        finally:
            guarding.reset(token)

    return pull


def guarded_vjp(op: Op, g: Any, out: Any, *inputs: Any) -> tuple[Any, ...]:
    """`op.vjp(g, out, *inputs)`, one contribution for each input, where zeros of g stay zeros."""
    if op.multilinear:
        return _of_a_product(op, g, out, inputs)
    contributions = quietly(op.vjp, g, out, *inputs)
    if op.elementwise:
        return tuple([_guarded(c, lambda c: _elementwise(g, c)) for c in contributions])
    if isinstance(op, Reduction):
        return tuple([_guarded(c, lambda c: _reduction(op, g, inputs[0], c)) for c in contributions])
    if isinstance(op, OnMatrices):
        return tuple([_guarded(c, lambda c: _stacked(g, inputs, c)) for c in contributions])
    if not value_of(g).any():
        return tuple([_guarded(c, _zero) for c in contributions])
    return contributions


def quietly(vjp: Callable[..., Any], *inputs: Any) -> tuple[Any, ...]:
    """The contributions of the vjp, without NumPy's warnings: a branch not taken may have infinite derivatives."""
    token = below_a_choice.set(True)
    try:
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            contributions = vjp(*inputs)
    finally:
        below_a_choice.reset(token)
    return contributions if type(contributions) is tuple else (contributions,)


def _guarded(c: Any, guard: Callable[[Any], Any]) -> Any:
    """The guarded contribution; a lazy one, a function, stays lazy."""
    if isinstance(c, Tensor | np.ndarray | np.generic):
        return guard(c)
    return (lambda: _guarded(quietly(c)[0], guard)) if callable(c) else c


def _elementwise(g: Any, c: Any) -> Any:
    """0 for what is not finite where the gradient of the same element is 0."""
    finite = ops.isfinite(c)
    if np.shape(c) != g.shape or (finite.all() and not isinstance(c, Tensor)):
        return c
    # A tensor is differentiated again: its next derivative may be infinite even where this one is finite.
    return ops.where((g == 0) & ~finite, 0.0, c)


def _reduction(op: Reduction, g: Any, x: Any, c: Any) -> Any:
    """0 for what is not finite where no gradient reaches any of the elements that were reduced together."""
    finite = ops.isfinite(c)
    if finite.all():
        return c
    reached = np.any(op.unsqueeze(value_of(g), value_of(x)) != 0, axis=op.axes(x.ndim), keepdims=True)
    return ops.where(~reached & ~finite, 0.0, c)


def _stacked(g: Any, inputs: tuple[Any, ...], c: Any) -> Any:
    """0 for what is not finite in a matrix of a stack that no gradient reaches."""
    finite = ops.isfinite(c)
    if finite.all():
        return c
    n = max([x.ndim - 2 for x in inputs])  # axes of the stack
    reached = np.any(value_of(g) != 0, axis=tuple(range(n, g.ndim)))
    return ops.where(~reached.reshape(reached.shape + (1,) * (c.ndim - n)) & ~finite, 0.0, c)


def _zero(c: Any) -> Any:
    finite = ops.isfinite(c)
    return c if finite.all() else ops.where(finite, c, 0.0)


def _of_a_product(op: Op, g: Any, out: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The contributions of a sum of products, without the terms in which a gradient of 0 meets what is not finite.

    The same vjp, given ones, counts the terms behind each element with a gradient that is not zero. An element without
    any can be 0 itself: finite ones too, since a product of several may overflow. Given ones for finite numbers and
    zeros for the others, the vjp counts those terms in which everything is finite. Where the two counts agree, the
    others can be left out.
    """
    if all(np.isfinite(value_of(x)).all() for x in (out, *inputs)):
        return quietly(op.vjp, g, out, *inputs)
    reached = (value_of(g) != 0).astype(np.float64)
    terms = [_valued(n) for n in _counted(op, reached, [np.ones(x.shape) for x in inputs])]
    inputs = tuple([ops.where(_in_any_term(n, x.shape), x, 0.0) for n, x in zip(terms, inputs, strict=True)])
    out = op(*inputs)
    finite = [np.isfinite(value_of(x)) for x in inputs]
    if all(f.all() for f in finite):
        return quietly(op.vjp, g, out, *inputs)
    cleaned = [x if f.all() else ops.where(f, x, 0.0) for f, x in zip(finite, inputs, strict=True)]
    contributions = quietly(op.vjp, g, out, *inputs)
    without = quietly(op.vjp, g, op(*cleaned), *cleaned)
    sound = _counted(op, reached, [f.astype(np.float64) for f in finite])

    def of(k: int) -> Callable[[], Any]:
        return lambda: ops.where(terms[k] > _valued(sound[k]), _valued(contributions[k]), _valued(without[k]))

    return tuple([of(k) for k in range(len(inputs))])


def _counted(op: Op, reached: Array, ones: list[Array]) -> tuple[Any, ...]:
    return quietly(op.vjp, reached, op(*ones), *ones)


def _in_any_term(terms: Array, shape: tuple[int, ...]) -> Array:
    """Which elements of an input of this shape have any terms, wherever it was broadcast to."""
    some: Array = (terms != 0).any(axis=tuple(range(terms.ndim - len(shape))))
    present: Array = np.any(some, axis=tuple([i for i, n in enumerate(shape) if n == 1]), keepdims=True)
    return present


def _valued(c: Any) -> Any:
    return quietly(c)[0] if callable(c) and not isinstance(c, Tensor) else c
