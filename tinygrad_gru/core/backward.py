"""The backward pass: gradients from a result back to its inputs, by the chain rule.

`backward_pass` is the algorithm: reverse-mode differentiation, or backpropagation. `toposort` orders the graph for it,
`walk` chooses what plugs in, and users call `grad` and `backward`. All are loops, good for chains of a million nodes.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from .support import pulls
from .support.accumulate import add_gradients, arrived, one_per_input, owned, unbroadcast
from .support.arguments import flag, function
from .support.arguments import several as checked_list
from .support.explain import add_note
from .support.guards import below_a_choice, guarded
from .support.modes import enable_grad
from .support.pulls import Pull, Watch
from .support.scopes import context_kept, current_mode
from .support.seeds import checked_inputs, checked_outputs, seeds_for, sum_of_seeds
from .support.sparse import SparseGrad
from .support.transposes import transposes_kept
from .tensor import Tensor

__all__ = ["Watch", "backward", "backward_pass", "grad", "toposort", "walk"]

ndarray = np.ndarray
array_of, age = attrgetter("_array"), attrgetter("serial")  # lambda t: t._array, and its number in order of making


def backward_pass(
    order: Sequence[Tensor], seeds: Mapping[Tensor, Any], targets: Container[Tensor] = (),
    off_path: Container[Tensor] = (), pull: Pull | None = None,
) -> dict[Tensor, Any]:  # fmt: skip
    """Reverse mode: newest first, each tensor hands its gradient g on to the inputs it was made of.

    By the chain rule ∂L/∂input = ∂L/∂node · ∂node/∂input, the vjp; the contributions of all uses of a tensor add up.
    `order` has each tensor before its inputs, `seeds` the initial gradients; returns those of leaves and `targets`.
    Tensors `off_path` lead to none of them. `pull(g, node)` may stand in for the vjp.
    """
    gradients = dict(seeds)  # ∂L/∂t of each tensor t, as far as it has arrived
    own: set[Tensor] = set()  # tensors whose gradient is an array made here, to which we may add in place
    results: dict[Tensor, Any] = {}
    for node in order:
        g = gradients.pop(node, None)  # ∂L/∂node, complete: whatever was made of the node is newer
        if g is None:
            continue  # nothing of what it was used for has any influence
        if node._hooks or type(g) is SparseGrad:
            g = arrived(g, node, own)  # in one array, and after the hooks
        op, inputs = node.op, node.inputs
        if op is None or node in targets:
            results[node] = g if node in own else owned(g)  # an array without other references
        if op is None:
            continue
        try:
            if pull is not None:
                cs = pull(g, node)  # contributions, one for each input
            elif len(inputs) == 2:  # the same as below, and several times faster than a star call
                cs = op.vjp(g, node._array, inputs[0]._array, inputs[1]._array)
            else:
                cs = op.vjp(g, node._array, *map(array_of, inputs))
        except Exception as error:
            add_note(error, op, "vjp", inputs, node.where_made)
            raise
        if type(cs) is not tuple or len(cs) != len(inputs):
            cs = (cs,) if len(inputs) == 1 and type(cs) is not tuple else one_per_input(cs, node)
        for t, c in zip(inputs, cs):  # noqa: B905
            if not t.requires_grad or t in off_path:
                continue
            if type(c) is not ndarray or c.shape != t._array.shape or c.dtype is not t._array.dtype:
                c = unbroadcast(c, t, node)
            so_far = gradients.get(t)
            gradients[t] = c if so_far is None else add_gradients(so_far, c, t, own)
        cs = c = so_far = None  # or they would be held while the next node's vjp runs
    return results


def toposort(
    roots: Iterable[Tensor], everything: bool = False, stop: Container[Tensor] = (),
    stale: list[tuple[Tensor, Tensor]] | None = None,
) -> list[Tensor]:  # fmt: skip
    """The roots and all the tensors they were made of, each before its own inputs.

    A tensor can only be made of tensors that exist already, so the order of making, backwards, is such an order. It
    matters: in `b = a + a; c = b * b` a walk that met `b` through `c` and passed its gradient on to `a` at once would
    do so before the second half of it had arrived.

    Follows only tensors that require a gradient, unless `everything` (for pictures, which show constants too), and
    does not go beyond the tensors in `stop`. Each (node, input) of which the input has been given another array since
    is appended to `stale`.
    """
    visited = set(roots)
    pending = list(visited)
    order: list[Tensor] = []
    while pending:
        node = pending.pop()
        order.append(node)
        if stop and node in stop:
            continue
        for t in node.inputs:
            if t.serial > node.serial and stale is not None:
                stale.append((node, t))
            if (t.requires_grad or everything) and t not in visited:
                visited.add(t)
                pending.append(t)
    order.sort(key=age, reverse=True)
    return order


def leading_to(targets: Iterable[Tensor], order: list[Tensor]) -> list[Tensor]:
    """Of the order those tensors through which a gradient passes on its way to the targets, and the targets."""
    leading = set(targets)
    for node in reversed(order):
        if node not in leading and any(t in leading for t in node.inputs):
            leading.add(node)
    return [node for node in order if node in leading]


def walk(
    outputs: Sequence[Tensor], seeds: Sequence[Any], inputs: Iterable[Tensor] | None = None,
    create_graph: bool = False, watch: Watch | None = None, stop_at_inputs: bool = False,
) -> dict[Tensor, Any]:  # fmt: skip
    """The gradients of `outputs`, weighted by `seeds`, with respect to `inputs`, or to every leaf that requires one.

    Writes nothing anywhere: fresh arrays, or tensors with `create_graph`, which records the walk itself so that it can
    be differentiated again. An input that is not reached is left out. `watch(node, position, contribution)` is called
    for each gradient as it is passed on. With `stop_at_inputs` a gradient that has arrived at an input goes no further.
    """
    targets = frozenset(inputs or ())
    stale: list[tuple[Tensor, Tensor]] = []
    order = graph = toposort(outputs, stop=targets if stop_at_inputs else (), stale=stale)
    if inputs is not None:
        order = leading_to(targets, graph)
    off_path = set(graph).difference(order) if len(order) < len(graph) else ()
    if current_mode().anomaly:
        watch = pulls.alarm(watch)

    def run(pull: Pull | None) -> dict[Tensor, Any]:
        pull = pulls.with_extras(pull, targets if stop_at_inputs else (), stale, watch, off_path)
        with transposes_kept():  # of weights that many products share
            return backward_pass(order, sum_of_seeds(outputs, seeds), targets, off_path, pull)

    if create_graph:
        with context_kept(), enable_grad():
            # The compiler records a program for any values: there are none yet to guard.
            tracing = current_mode().tracer is not None
            gradients = run(pulls.recorded if tracing else guarded(pulls.tensors_of, outputs))
            return {t: g if isinstance(g, Tensor) else Tensor(g) for t, g in gradients.items()}
    # Guards of branches not taken cost time at every operation. So walk without, and only if a NaN or infinity has come
    # out, which a branch not taken may have made, walk again with guards. No hook may run twice.
    if watch is None and not below_a_choice.get() and not any([t._hooks for t in order]):
        with np.errstate(all="ignore"):
            gradients = run(None)
        if all(np.isfinite(np.vdot(g, g)) for g in gradients.values()):  # squares that overflow cost the second walk
            return gradients
    return run(guarded(pulls.arrays_of, outputs))


def grad(
    outputs: Tensor | Sequence[Tensor], inputs: Any, grad_outputs: Any = None,
    create_graph: bool = False, watch: Watch | None = None,
) -> Any:  # fmt: skip
    """The gradients of `outputs` (their sum, weighted by `grad_outputs`) with respect to `inputs`.

    Pure: writes no `.grad`. Returns one gradient per input, in a list unless `inputs` is a single tensor, or like them
    in lists and dictionaries: an array, or with `create_graph` a tensor; None for an input that is not reached.

    >>> import tinygrad_gru as tg
    >>> x = tg.Tensor(3.0, requires_grad=True)
    >>> slope = tg.grad(x**3, x, create_graph=True)
    >>> float(slope), float(tg.grad(slope, x))
    (27.0, 18.0)
    """
    if watch is not None:
        function("grad: watch", watch)
    create_graph = flag("grad: create_graph", create_graph)
    several = checked_outputs(outputs)
    targets, like_inputs = checked_inputs(inputs)
    if grad_outputs is not None:
        alone = isinstance(outputs, Tensor)
        grad_outputs = [grad_outputs] if alone else checked_list("grad: grad_outputs", grad_outputs, None)
    gradients = walk(several, seeds_for(several, grad_outputs, create_graph), targets, create_graph, watch)
    return like_inputs([gradients.get(t) for t in targets])


def backward(output: Tensor, gradient: Any = None, watch: Watch | None = None) -> None:
    """Add the gradient of `output` to the `.grad` of every leaf that requires one, each time in a new array.

    `gradient` is that of some later result with respect to `output`; it may be left out for one element, and is 1 then:
    the gradient of a loss with respect to itself.
    """
    seeds = seeds_for([output], None if gradient is None else [gradient], create_graph=False)
    for leaf, g in walk([output], seeds, watch=watch).items():
        leaf.grad = g if leaf.grad is None else np.asarray(leaf.grad + g)  # NumPy makes scalars of 0-d sums
