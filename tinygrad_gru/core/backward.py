"""The walk: from a result back to what it was made of, carrying gradients by the chain rule.

`toposort` puts a graph in order, `walk` goes through it once, and `grad` and `backward` are what people call.
Everything is a loop: a chain of a million operations is as good as one of three.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from ..errors import AnomalyError, ArgumentError, GraphError, ShapeError, StaleGraphError
from . import ops
from .op import with_note
from .ops.indexing import Part, Scatter
from .support.accumulate import (
    FLUSHING,
    after_hooks,
    assembled,
    broken,
    checked,
    fitted,
    vanishing,
)
from .support.arrays import as_array
from .support.guards import below_a_choice, guarded_vjp
from .support.scopes import current_mode, current_scope, enable_grad, scope
from .support.tracing import tracer
from .tensor import Tensor

__all__ = ["Watch", "backward", "grad", "toposort", "walk"]

Watch = Callable[[Tensor, int, Any], None]

_by_age = attrgetter("index")


def toposort(roots: Iterable[Tensor], everything: bool = False, stop: Container[Tensor] = ()) -> list[Tensor]:
    """The roots and all the tensors they were made of, each before its own inputs.

    A tensor can only be made of tensors that exist already, so the order of making, backwards, is such an order. It
    matters: in `b = a + a; c = b * b` a walk that met `b` through `c` and passed its gradient on to `a` at once would
    do so before the second half of it had arrived.

    Follows only tensors that require a gradient, unless `everything` (for pictures, which show constants too), and
    does not go beyond the tensors in `stop`.
    """
    seen = set(roots)
    pending = list(seen)
    order: list[Tensor] = []
    while pending:
        node = pending.pop()
        order.append(node)
        if stop and node in stop:
            continue
        for t in node.inputs:
            if (t.requires_grad or everything) and t not in seen:
                seen.add(t)
                pending.append(t)
    order.sort(key=_by_age, reverse=True)
    return order


def walk(
    outputs: Sequence[Tensor],
    grad_outputs: Sequence[Any],
    inputs: Iterable[Tensor] | None = None,
    create_graph: bool = False,
    watch: Watch | None = None,
    partial: bool = False,
) -> dict[Tensor, Any]:
    """Carry the gradients of `outputs` back to `inputs`, or to every leaf that requires one.

    Returns their gradients, without writing anything anywhere: fresh arrays, or tensors with `create_graph`, which
    records the walk itself so that it can be differentiated again. An input that is not reached is left out.

    `watch(consumer, position, contribution)` is called for each gradient as it is passed from `consumer` to its input
    number `position`, in the order in which the walk does it. `partial` takes the inputs as independent: a gradient
    that has arrived at one goes no further, even where one input was made of another.
    """
    targets = set() if inputs is None else set(inputs)
    if current_mode.get().anomaly:
        watch = _alarm_and(watch)

    def sorted_graph() -> list[Tensor]:
        return toposort(outputs, stop=targets if partial else ())

    def once(order: list[Tensor], care: bool = True, hooks: bool = True) -> dict[Tensor, Any]:
        wanted = None if inputs is None else _leading_to(targets, order)
        return _walk(order, outputs, grad_outputs, targets, wanted, partial, create_graph, watch, care, hooks)

    if create_graph:
        unfold(outputs)
        token = current_scope.set(current_scope.get())  # put back what the walk sets for each operation
        try:
            with enable_grad():
                # a program is for all numbers: there are none yet to be careful about
                return once(sorted_graph(), care=tracer.get() is None)
        finally:
            current_scope.reset(token)
    if watch is None and not below_a_choice.get():
        # Looking out for branches not taken (see guards.py) costs time at every operation. So walk without, and only
        # if a NaN or infinity has come out, which one of those may have made, walk again with care. No hook may run
        # twice: where there are some, the first walk is without them, and only shows whether care is needed.
        order = sorted_graph()
        hooked = any(t._hooks for t in order)
        if not hooked or stays_folded(order):
            with np.errstate(all="ignore"):
                gradients = once(order, care=False, hooks=False)
                if all(np.isfinite(g).all() for g in gradients.values()):
                    return once(order, care=False) if hooked else gradients
    unfold(outputs)
    return once(sorted_graph())


def _walk(
    order: list[Tensor],
    outputs: Sequence[Tensor],
    grad_outputs: Sequence[Any],
    targets: set[Tensor],
    wanted: set[Tensor] | None,
    partial: bool,
    create_graph: bool,
    watch: Watch | None,
    care: bool,
    hooks: bool,
) -> dict[Tensor, Any]:
    """The walk itself: with or without `care` for branches not taken, and with or without the tensors' hooks."""
    flushing = not create_graph and FLUSHING.get()[-1]

    gradients: dict[Tensor, Any] = {}  # what has arrived so far
    own: set[Tensor] = set()  # those whose gradient is an array made here, to which we may add in place
    parts: dict[Tensor, list[Part]] = {}  # gradients of single elements and slices, see ops.indexing
    careful: set[Tensor] = set(outputs) if below_a_choice.get() else set()  # below a choice between branches
    results: dict[Tensor, Any] = {}

    for output, g in zip(outputs, grad_outputs, strict=True):
        if output.requires_grad:
            gradients[output] = gradients[output] + g if output in gradients else g

    for node in order:
        g = gradients.pop(node, None)
        if parts and node in parts:
            g = assembled(node, parts.pop(node), g)
        if g is None:
            continue
        if hooks and node._hooks:
            g = after_hooks(node, g)
            own.discard(node)  # the hook may have kept it, or it is the hook's own array
        op = node.op
        if op is None or node in targets:
            results[node] = g
        if op is None or (wanted is not None and (node not in wanted or (partial and node in targets))):
            continue
        operands = node.inputs
        arrays = []
        for t in operands:
            if t.index > node.index:
                raise _stale(t, node)
            arrays.append(t._array)

        # One rule, two readings: arrays compute numbers, tensors record a graph.
        below = care and node in careful
        if flushing and op.product and vanishing(g):
            g = np.zeros_like(g)
        try:
            if create_graph:
                current_scope.set(_backward_scope(node))
                contributions = guarded_vjp(op, g, node, *operands) if below else op.vjp(g, node, *operands)
            elif below:
                contributions = guarded_vjp(op, g, node._array, *arrays)
            elif len(arrays) == 2:
                contributions = op.vjp(g, node._array, arrays[0], arrays[1])
            else:
                contributions = op.vjp(g, node._array, *arrays)
        except Exception as error:
            with_note(error, op, "vjp", operands, node.trail)
            raise
        if type(contributions) is not tuple:
            contributions = (contributions,)
        if len(contributions) != len(operands):
            raise broken(node, f"{len(contributions)} gradients for {len(operands)} inputs")

        for position, t in enumerate(operands):
            if not t.requires_grad or (wanted is not None and t not in wanted):
                continue
            c = contributions[position]
            if type(c) is not ndarray:
                if type(c) is function:  # a gradient that is only computed if it is wanted
                    c = c()
                if c is None:
                    continue
                if type(c) is Part:
                    parts.setdefault(t, []).append(c)
                    if watch is not None:
                        watch(node, position, Scatter(t.shape, (c.key,))(c.g))
                    continue
                if type(c) is not ndarray:
                    c = checked(c, node)
            data = t._array
            if c.shape != data.shape or c.dtype is not data.dtype:
                c = fitted(c, t, node)
            if watch is not None:
                watch(node, position, c)

            sofar = gradients.get(t)
            if sofar is None:
                gradients[t] = c
            elif t in own:
                sofar += c
            else:
                gradients[t] = sofar = sofar + c
                if type(sofar) is ndarray:
                    own.add(t)
        if care and (op.selects or below):
            careful.update(operands)

    if create_graph:
        return results
    return {t: g if t in own and type(g) is ndarray else np.array(g) for t, g in results.items()}


ndarray = np.ndarray
function = type(lambda: None)


def _leading_to(targets: set[Tensor], order: list[Tensor]) -> set[Tensor]:
    """The tensors of the graph through which a gradient must pass on its way to the targets, and the targets."""
    leading = set(targets)
    for node in reversed(order):
        if node not in leading and any(t in leading for t in node.inputs):
            leading.add(node)
    return leading


def _backward_scope(node: Tensor) -> scope:
    """Where the backward pass of an operation is recorded: beside its forward, under the same line of code."""
    place = scope("backward", role="backward")
    place.parent, place.code, place.lasti = node.scope, node._code, node._lasti
    return place


def _stale(t: Tensor, node: Tensor) -> StaleGraphError:
    name = node.op.name if node.op is not None else ""
    return StaleGraphError(
        f"{t.brief} was given another array after {name} used it{node.trail}. try: backward() before the update"
    )


def anomaly(what: str, values: Any, node: Tensor) -> AnomalyError:
    """The error for the first NaN or infinity: what made it, how many, and the line of the forward pass."""
    values = np.asarray(values)
    kind = "NaN" if np.isnan(values).any() else "infinity"
    bad = int((~np.isfinite(values)).sum())
    return AnomalyError(f"{what} {kind} ({bad} of {values.size} elements){node.trail}")


def _alarm_and(watch: Watch | None) -> Watch:
    """A watcher that stops at the first gradient that is not finite, after which `watch` is called."""

    def alarm(consumer: Tensor, position: int, c: Any) -> None:
        values = c._array if isinstance(c, Tensor) else c
        if not np.isfinite(values).all():
            name = consumer.op.name if consumer.op is not None else ""
            raise anomaly(f"backward of {name}, to {consumer.inputs[position].brief}, made", values, consumer)
        if watch is not None:
            watch(consumer, position, c)

    return alarm


def _seeds(outputs: Sequence[Tensor], grad_outputs: Sequence[Any] | None, create_graph: bool) -> list[Any]:
    """The gradients to start from: those given, or ones for outputs of a single element."""
    if grad_outputs is not None and len(grad_outputs) != len(outputs):
        raise ArgumentError(f"grad: {len(grad_outputs)} grad_outputs for {len(outputs)} outputs")
    seeds = []
    for output, given in zip(outputs, grad_outputs or [None] * len(outputs), strict=True):
        if not output.requires_grad:
            raise GraphError(
                f"{output.brief} does not depend on anything that requires a gradient{output.trail}. "
                "try: Tensor(..., requires_grad=True), or create_graph=True where it is a gradient itself"
            )
        if given is None:
            if output.size != 1:
                raise ArgumentError(
                    f"{output.brief} has {output.size} elements, so its gradient must be given. try: .sum() or .mean()"
                )
            given = np.ones(output.shape, output.dtype)
        array = given._array if isinstance(given, Tensor) else as_array(given)
        if array.shape != output.shape:
            raise ShapeError(f"the gradient of {output.brief} must have its shape, got {array.shape}")
        if create_graph:
            seed = given if isinstance(given, Tensor) else Tensor(array)
            seeds.append(seed if seed.dtype == output.dtype else ops.astype(seed, output.dtype))
        else:
            seeds.append(array.astype(output.dtype, copy=False))
    return seeds


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    create_graph: bool = False,
    watch: Watch | None = None,
) -> Any:
    """The gradients of `outputs` (their sum, weighted by `grad_outputs`) with respect to `inputs`.

    Pure: writes no `.grad`. Returns one gradient per input, in a list unless `inputs` is a single tensor: an array, or
    with `create_graph` a tensor that can be differentiated again; None for an input that is not reached.

    >>> import tinygrad_gru as tg
    >>> x = tg.Tensor(3.0, requires_grad=True)
    >>> slope = tg.grad(x**3, x, create_graph=True)
    >>> float(slope), float(tg.grad(slope, x))
    (27.0, 18.0)
    """
    many = [outputs] if isinstance(outputs, Tensor | np.ndarray) else list(outputs)
    for y in many:
        if not isinstance(y, Tensor):
            raise GraphError(
                f"grad: wants a tensor to differentiate, got a {type(y).__name__}. "
                "try: a result of tg's operations; a gradient is one with grad(..., create_graph=True)"
            )
    if isinstance(outputs, Tensor) and grad_outputs is not None:
        grad_outputs = [grad_outputs]
    wanted = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    for t in wanted:
        if not isinstance(t, Tensor) or not t.requires_grad:
            what = t.brief if isinstance(t, Tensor) else type(t).__name__
            raise GraphError(f"grad: {what} does not require a gradient. try: Tensor(..., requires_grad=True)")
    seeds = _seeds(many, grad_outputs, create_graph)
    found = walk(many, seeds, wanted, create_graph, watch)
    gradients = [found.get(t) for t in wanted]
    return gradients[0] if isinstance(inputs, Tensor) else gradients


def backward(output: Tensor, gradient: Any = None, watch: Watch | None = None) -> None:
    """Add the gradient of `output` to the `.grad` of every leaf that requires one, each time in a new array."""
    seeds = _seeds([output], None if gradient is None else [gradient], False)
    for leaf, g in walk([output], seeds, watch=watch).items():
        leaf.grad = g if leaf.grad is None else leaf.grad + g


# Unfolding needs toposort, and the walk needs unfolding.
from .support.fused import stays_folded, unfold  # noqa: E402
