"""Functions of functions: gradients, products with the Jacobian, the Jacobian and Hessian themselves.

Each takes a function of tensors and its inputs: numbers, arrays or tensors. Where a tensor that requires a gradient
takes part, as an input, as another argument, as a cotangent or direction, or because the function closes over it, the
results are tensors that can be differentiated again; so the transforms nest, `grad_of(grad_of(f))`, and a penalty on a
gradient reaches the weights. `create_graph=False` records no graph, and is faster. Otherwise gradients are arrays, and
the function's values tensors without a graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError, GraphError, ShapeError
from .. import ops
from ..backward import grad, toposort
from ..support.arguments import MOST_AXES, brief, brief_shape, flag, function, several
from ..support.modes import enable_grad
from ..support.operands import value_of
from ..support.scopes import current_mode
from ..support.trees import flattened
from ..tensor import Tensor, clock

__all__ = ["OlderThan", "grad_of", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]


class _Inputs:
    """The inputs as new tensors that require a gradient, and whether results are recorded."""

    def __init__(self, xs: Sequence[Any], create_graph: bool) -> None:
        self.recording = flag("create_graph", create_graph) and current_mode().grad
        self.began = next(clock)
        self.live = self.recording and any(_requires_grad(x) for x in xs)
        # Of their own: the function may also close over a tensor that is also an input, or get it twice.
        self.xs = [
            ops.reshape(x, x.shape).named(x.name) if self.live and _requires_grad(x) else Tensor(_value(x), True)
            for x in xs
        ]

    def run(self, f: Callable[..., Any], *arguments: Any, **options: Any) -> Tensor:
        """`f(*arguments)`, recorded; looks whether older tensors that require a gradient took part."""
        function("a transform", f)
        with enable_grad():
            y = f(*arguments, **options)
        if not isinstance(y, Tensor):
            raise GraphError(
                f"the function must return a Tensor, got {type(y).__name__}. "
                "try: one Tensor of tg's operations; of several, tg.concat(...), or the function once for each"
            )
        if self.recording and not self.live and y.requires_grad:
            self.live = any(t.serial < self.began for t in toposort([y], stop=OlderThan(self.began)))
        return y

    def value(self, y: Tensor) -> Tensor:
        """The function's value as a result: detached, unless results are recorded (`live`)."""
        return y if self.live else y.detach()

    def result(self, g: Any, like: Tensor, live: bool | None = None) -> Any:
        """A gradient as a result: a tensor or an array, and zeros where the function does not depend on the input."""
        if g is None:
            g = np.zeros(like.shape, like.dtype)
        if self.live if live is None else live:
            return g if isinstance(g, Tensor) else Tensor(g)
        return g.data if isinstance(g, Tensor) else g


class OlderThan:
    """The tensors made before `began`, as a container: where a search through the graph of one call stops."""

    def __init__(self, began: int) -> None:
        self.began = began

    def __contains__(self, t: object) -> bool:
        return isinstance(t, Tensor) and t.serial < self.began


def _requires_grad(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad


def _value(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else x


def vjp(f: Callable[..., Any], *xs: Any, create_graph: bool = True) -> tuple[Any, Callable[[Any], Any]]:
    """`f(*xs)` and a function `pull(g)` that carries a gradient of the result back to the inputs.

    `pull` returns one gradient per input (a bare one if there is one), as often as you like.
    """
    inputs = _Inputs(xs, create_graph)
    y = inputs.run(f, *inputs.xs)

    def pull(g: Any) -> Any:
        live = inputs.live or (inputs.recording and _requires_grad(g))
        gradients = grad(y, inputs.xs, g, create_graph=live) if y.requires_grad else [None] * len(xs)
        results = [inputs.result(r, x, live) for r, x in zip(gradients, inputs.xs, strict=True)]
        return results[0] if len(xs) == 1 else tuple(results)

    return inputs.value(y), pull


def jvp(f: Callable[..., Any], xs: Any, vs: Any, create_graph: bool = True) -> tuple[Any, Any]:
    """`f(*xs)` and its derivative in the direction `vs`, one per input (bare ones if there is one input).

    The double-vjp trick: the gradient pulled back, `u ↦ Jᵀu`, is linear in u, and its own vjp is `v ↦ Jv`.
    """
    many = isinstance(xs, list | tuple)  # several inputs
    inputs = _Inputs(xs if many else [xs], create_graph)
    directions = several("jvp: vs", vs, None) if many else [vs]
    if len(directions) != len(inputs.xs):
        raise ArgumentError(f"jvp: {len(inputs.xs)} places but {len(directions)} directions")
    for x, v in zip(inputs.xs, directions, strict=True):
        if value_of(v).shape != x.shape:
            got = brief_shape(value_of(v).shape)
            raise ShapeError(f"jvp: a direction for {x.summary} must have its shape, got {got}. try: np.ones(x.shape)")
    y = inputs.run(f, *inputs.xs)
    live = inputs.live or (inputs.recording and any(_requires_grad(v) for v in directions))
    dy = None
    if y.requires_grad:
        # Which u does not matter to a linear function, but to the guards of branches not taken: 0 means "not taken".
        u = Tensor(np.ones(y.shape, y.dtype), requires_grad=True)
        with enable_grad():
            pulled = grad(y, inputs.xs, u, create_graph=True)
            pairs = [(p, v) for p, v in zip(pulled, directions, strict=True) if p is not None and p.requires_grad]
            if pairs:
                dy = grad([p for p, _ in pairs], u, [v for _, v in pairs], create_graph=live)
    return inputs.value(y), inputs.result(dy, y, live)


Places = int | tuple[int, ...]


def value_and_grad(f: Callable[..., Any], argnum: Places = 0, create_graph: bool = True) -> Callable[..., Any]:
    """A function that returns `f`'s value, a single number, and its gradient with respect to argument `argnum`.

    Of several, `argnum=(0, 1)`, there is a tuple of gradients. The gradient of an argument that is a dictionary, or a
    list or tuple with arrays or tensors in it, is one like it: `value_and_grad(loss)({"W": W, "b": b})`.
    """
    places = argnum if isinstance(argnum, tuple) else (argnum,)
    if not places or not all(type(place) is int for place in places):
        raise ArgumentError(f"argnum: got {brief(argnum)}, wanted the number of an argument, or several. try: (0, 1)")
    function("grad_of", f)
    flag("grad_of: create_graph", create_graph)

    def both(*xs: Any, **options: Any) -> tuple[Any, Any]:
        for place in places:
            if not -len(xs) <= place < len(xs):
                raise ArgumentError(f"argnum {brief(place)} is not the number of one of {len(xs)} arguments")
        if len({place % len(xs) for place in places}) < len(places):
            raise ArgumentError(f"argnum {brief(argnum)} names an argument twice. try: each once")
        trees = [flattened(xs[place]) for place in places]  # the leaves of each, and how to put others in their places
        inputs = _Inputs([leaf for leaves, _ in trees for leaf in leaves], create_graph)

        def in_places(leaves: list[Any]) -> list[Any]:
            """What the arguments at these places are with other leaves."""
            others = iter(leaves)
            return [rebuilt([next(others) for _ in before]) for before, rebuilt in trees]

        arguments = list(xs)
        for place, x in zip(places, in_places(inputs.xs), strict=True):
            arguments[place] = x
        y = inputs.run(f, *arguments, **options)
        gradients = grad(y, inputs.xs, create_graph=inputs.live) if y.requires_grad else [None] * len(inputs.xs)
        results = in_places([inputs.result(g, x) for g, x in zip(gradients, inputs.xs, strict=True)])
        return inputs.value(y), tuple(results) if isinstance(argnum, tuple) else results[0]

    return both


def grad_of(f: Callable[..., Any], argnum: Places = 0, create_graph: bool = True) -> Callable[..., Any]:
    """A function that returns the gradient of `f`, a single number, with respect to argument `argnum`.

    Several arguments, and dictionaries, lists and tuples of arrays, have gradients like them: see `value_and_grad`.

    >>> import tinygrad_gru as tg
    >>> cube = lambda x: x**3
    >>> float(tg.grad_of(cube)(2.0)), float(tg.grad_of(tg.grad_of(cube))(2.0))
    (12.0, 12.0)
    """
    both = value_and_grad(f, argnum, create_graph)
    return lambda *xs, **options: both(*xs, **options)[1]


def jacobian(f: Callable[[Any], Any], x: Any, create_graph: bool = True) -> Any:
    """All derivatives of `f` at x: shape `f(x).shape + x.shape`; one backward pass per element of the result."""
    inputs = _Inputs([x], create_graph)
    (t,) = inputs.xs
    y = inputs.run(f, t)
    if y.ndim + t.ndim > MOST_AXES:
        raise ShapeError(f"jacobian: {y.ndim} + {t.ndim} axes are more than {MOST_AXES}. try: x.reshape(-1)")
    rows = []
    for i in range(y.size):
        g = np.zeros(y.size, y.dtype)
        g[i] = 1
        row = grad(y, t, g.reshape(y.shape), create_graph=inputs.live) if y.requires_grad else None
        rows.append(inputs.result(row, t))
    if not rows:
        return inputs.result(None, Tensor(np.zeros(y.shape + t.shape, t.dtype)))
    return ops.reshape(ops.stack(rows), y.shape + t.shape)


def hessian(f: Callable[[Any], Any], x: Any, create_graph: bool = True) -> Any:
    """All second derivatives of `f`, a single number, at x: shape `x.shape + x.shape`."""
    return jacobian(grad_of(f), x, create_graph)


def hvp(f: Callable[[Any], Any], x: Any, v: Any, create_graph: bool = True) -> Any:
    """The Hessian of `f`, a single number, times `v`: the shape of x, at the cost of two backward passes."""
    inputs = _Inputs([x], create_graph)
    (t,) = inputs.xs
    slope = inputs.run(grad_of(f), t)
    live = inputs.live or (inputs.recording and _requires_grad(v))
    product = grad(slope, t, v, create_graph=live) if slope.requires_grad else None
    return inputs.result(product, t, live)
