"""Functions of functions: gradients, products with the Jacobian, the Jacobian and Hessian themselves, checkpoints.

Each takes a function of tensors and the places to evaluate it at: numbers, arrays or tensors. Given tensors that
require a gradient, the results are tensors that can be differentiated again, so the transforms nest:
`grad_of(grad_of(f))`. Given anything else, the results are arrays.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError, GraphError, ShapeError
from . import ops
from .engine import grad, toposort, walk
from .op import Op, clock
from .random import generator, seed
from .scopes import current_mode, enable_grad
from .tensor import Tensor

__all__ = ["checkpoint", "grad_of", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]


class _Lifted:
    """The places as tensors that require a gradient, and whether results must be differentiable again."""

    def __init__(self, xs: Sequence[Any]) -> None:
        recording = current_mode.get().grad
        self.nested = recording and any(isinstance(x, Tensor) and x.requires_grad for x in xs)
        self.xs = [x if self._traced(x) else Tensor(x, requires_grad=True) for x in xs]

    def _traced(self, x: Any) -> bool:
        return self.nested and isinstance(x, Tensor) and x.requires_grad

    def lowered(self, y: Any, like: Tensor) -> Any:
        """A gradient as promised above; zeros where the function does not depend on the place."""
        if y is None:
            y = np.zeros(like.shape, like.dtype)
        return (y if isinstance(y, Tensor) else Tensor(y)) if self.nested else y.data if isinstance(y, Tensor) else y


def vjp(f: Callable[..., Any], *xs: Any) -> tuple[Any, Callable[[Any], Any]]:
    """`f(*xs)` and a function `pull(g)` that carries a gradient of the result back to the places.

    `pull` returns one gradient per place (a bare one if there is one), as often as you like.
    """
    places = _Lifted(xs)
    with enable_grad():
        y = f(*places.xs)

    def pull(g: Any) -> Any:
        found = grad(y, places.xs, g, create_graph=places.nested) if _depends(y) else [None] * len(xs)
        results = [places.lowered(r, x) for r, x in zip(found, places.xs, strict=True)]
        return results[0] if len(xs) == 1 else tuple(results)

    return y, pull


def jvp(f: Callable[..., Any], xs: Any, vs: Any) -> tuple[Any, Any]:
    """`f(*xs)` and its derivative in the direction `vs`, one per place (bare ones if there is one place).

    The double-vjp trick: the gradient pulled back, `u ↦ Jᵀu`, is linear in u, and its own vjp is `v ↦ Jv`.
    """
    many = isinstance(xs, list | tuple)
    places = _Lifted(xs if many else [xs])
    directions = list(vs) if many else [vs]
    if len(directions) != len(places.xs):
        raise ArgumentError(f"jvp: {len(places.xs)} places but {len(directions)} directions")
    for x, v in zip(places.xs, directions, strict=True):
        if np.shape(v.data if isinstance(v, Tensor) else v) != x.shape:
            raise ShapeError(f"jvp: a direction for {x.brief} must have its shape, got {np.shape(v)}")
    with enable_grad():
        y = f(*places.xs)
        zero = np.zeros(y.shape, y.dtype)
        if not _depends(y):
            return y, Tensor(zero) if places.nested else zero
        u = Tensor(zero, requires_grad=True)
        pulled = [(p, v) for p, v in zip(grad(y, places.xs, u, create_graph=True), directions, strict=True)
                  if p is not None and p.requires_grad]  # fmt: skip
    if not pulled:
        return y, Tensor(zero) if places.nested else zero
    dy = grad([p for p, _ in pulled], u, [v for _, v in pulled], create_graph=places.nested)
    return y, places.lowered(dy, u)


def value_and_grad(f: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """A function that returns `f`'s value, a single number, and its gradient with respect to argument `argnum`."""

    def both(*xs: Any, **options: Any) -> tuple[Any, Any]:
        if not -len(xs) <= argnum < len(xs):
            raise ArgumentError(f"argnum {argnum} is not the number of one of {len(xs)} arguments")
        place = _Lifted([xs[argnum]])
        x = place.xs[0]
        arguments = list(xs)
        arguments[argnum] = x
        with enable_grad():
            y = f(*arguments, **options)
        g = grad(y, x, create_graph=place.nested) if _depends(y) else None
        return y, place.lowered(g, x)

    return both


def grad_of(f: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """A function that returns the gradient of `f`, a single number, with respect to argument `argnum`.

    >>> import tinygrad_gru as tg
    >>> cube = lambda x: x**3
    >>> float(tg.grad_of(cube)(2.0)), float(tg.grad_of(tg.grad_of(cube))(2.0))
    (12.0, 12.0)
    """
    both = value_and_grad(f, argnum)
    return lambda *xs, **options: both(*xs, **options)[1]


def jacobian(f: Callable[[Any], Any], x: Any) -> Any:
    """All derivatives of `f` at x: shape `f(x).shape + x.shape`; one backward pass per element of the result."""
    place = _Lifted([x])
    t = place.xs[0]
    with enable_grad():
        y = f(t)
    rows = []
    for i in range(y.size):
        g = np.zeros(y.size, y.dtype)
        g[i] = 1
        row = grad(y, t, g.reshape(y.shape), create_graph=place.nested) if _depends(y) else None
        rows.append(place.lowered(row, t))
    if not rows:
        return place.lowered(None, Tensor(np.zeros(y.shape + t.shape, t.dtype)))
    return ops.reshape(ops.stack(rows), y.shape + t.shape)


def hessian(f: Callable[[Any], Any], x: Any) -> Any:
    """All second derivatives of `f`, a single number, at x: shape `x.shape + x.shape`."""
    x = x if isinstance(x, Tensor) else Tensor(x)

    def slope(t: Any) -> Any:
        return grad_of(f)(t)

    return jacobian(slope, x)


def hvp(f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    """The Hessian of `f`, a single number, times `v`: the shape of x, at the cost of two backward passes."""
    place = _Lifted([x])
    t = place.xs[0]
    with enable_grad():
        slope = grad_of(f)(t)
        if not _depends(slope):
            return place.lowered(None, t)
    return place.lowered(grad(slope, t, v, create_graph=place.nested), t)


def _depends(y: Any) -> bool:
    if not isinstance(y, Tensor):
        raise GraphError(f"the function must return a Tensor, got {type(y).__name__}")
    return y.requires_grad


class Checkpoint(Op):
    """y = f(inputs), of which nothing inside is kept;  the vjp runs f again and walks through it.

    The result is one vector, the outputs of f end to end, since an operation has one result.
    """

    symbol = "checkpoint"

    def __init__(self, f: Callable[..., Any], count: int, state: np.random.Generator, y: Any) -> None:
        self.f = f
        self.count = count  # how many of the inputs are arguments of f; the others are what it closes over
        self.state = state  # the generator as it was, so that the same masks are drawn again
        self.y = y  # f has run already, to find what it closes over

    def forward(self, *arrays: Any) -> Any:
        return self.y

    def vjp(self, g: Any, out: Any, *inputs: Any) -> Any:
        again = isinstance(g, Tensor)
        arguments = [
            ops.reshape(x, x.shape) if again else Tensor(x, requires_grad=x.dtype.kind == "f")
            for x in inputs[: self.count]
        ]  # tensors of their own even where one is passed twice, or is passed and closed over
        closed = self.closed
        with enable_grad(), seed(copy.deepcopy(self.state)):
            y = _flat(_as_list(self.f(*arguments)))
        places = [t for t in (*arguments, *closed) if t.requires_grad]
        found = walk([y], [g], places, create_graph=again, partial=True) if y.requires_grad else {}
        return tuple(found.get(t) for t in (*arguments, *closed))

    closed: tuple[Tensor, ...] = ()


def checkpoint(f: Callable[..., Any], *xs: Any) -> Any:
    """`f(*xs)`, keeping only its inputs and outputs: backward runs f once more. Memory for time.

    Gradients also reach the tensors that f closes over, such as parameters: they are found by watching the first run.
    Random numbers drawn inside are drawn alike the second time.
    """
    tensors = [x if isinstance(x, Tensor) else Tensor(x) for x in xs]
    if not current_mode.get().grad:
        return f(*tensors)
    arguments = [Tensor(t, requires_grad=t.dtype.kind == "f", name=t.name) for t in tensors]
    state = copy.deepcopy(generator())
    began = next(clock)
    with enable_grad():
        result = f(*arguments)
    outputs = _as_list(result)
    mine = set(arguments)
    closed = []
    for t in toposort(outputs):
        closed += [i for i in t.inputs if t.index > began and i.index < began and i.requires_grad and i not in mine]
    op = Checkpoint(f, len(tensors), state, _flat(outputs).data)
    op.closed = tuple(dict.fromkeys(closed))
    flat = op(*tensors, *op.closed)
    pieces, start = [], 0
    for y in outputs:
        pieces.append(ops.reshape(flat[start : start + y.size], y.shape))
        start += y.size
    return pieces[0] if isinstance(result, Tensor) else type(result)(pieces)


def _as_list(result: Any) -> list[Tensor]:
    if isinstance(result, Tensor):
        return [result]
    if isinstance(result, list | tuple) and result and all(isinstance(y, Tensor) for y in result):
        return list(result)
    raise ArgumentError(f"checkpoint: the function must return tensors, got {type(result).__name__}")


def _flat(outputs: list[Tensor]) -> Tensor:
    joined: Tensor = ops.concat([ops.reshape(y, (-1,)) for y in outputs])
    return joined
