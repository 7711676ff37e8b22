"""Checkpoints: memory for time. Only inputs and outputs are stored, and the graph between is recomputed in backward."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import ArgumentError
from .. import ops
from ..backward import toposort
from ..op import Op
from ..support.arguments import function
from ..support.modes import enable_grad
from ..support.provenance import transparent
from ..support.random import generator, seed
from ..support.scopes import current_mode
from ..tensor import Tensor, clock
from .rematerialisation import vjp_by_running_again
from .transforms import OlderThan

__all__ = ["checkpoint"]

transparent.add(__file__)


class Checkpoint(Op):
    """y = f(inputs), without its graph;  the vjp runs f again and walks through it.

    The result is one vector, the float outputs of f end to end, since an operation has one result.
    """

    symbol = "checkpoint"
    closed: tuple[Tensor, ...] = ()  # what f closes over

    def __init__(self, f: Callable[..., Any], count: int, state: np.random.Generator, y: Any) -> None:
        self.f = f
        self.count = count  # how many of the inputs are arguments of f; the others are what it closes over
        self.state = state  # the generator as it was, so that the same masks are drawn again
        self.y = y  # f has run already, to find what it closes over

    def forward(self, *arrays: Any) -> Any:
        return self.y

    def vjp(self, g: Any, out: Any, *inputs: Any) -> Any:
        def run(*arguments: Tensor) -> list[Tensor]:
            with seed(copy.deepcopy(self.state)):
                return [_flat(_as_list(self.f(*arguments)))]

        return vjp_by_running_again(run, [g], inputs[: self.count], self.closed)


def checkpoint(f: Callable[..., Any], *xs: Any) -> Any:
    """`f(*xs)`, keeping only its inputs and outputs: backward runs f once more. Memory for time.

    Gradients also reach the tensors that f closes over, such as parameters: they are found by watching the first run.
    Random numbers drawn inside are drawn alike the second time; what else f depends on must be the same then: the modes
    of its layers, the state of a stateful one, numbers that it reads.
    """
    function("checkpoint", f)
    tensors = [x if isinstance(x, Tensor) else Tensor(x) for x in xs]
    if not current_mode().grad:
        return f(*tensors)
    state = copy.deepcopy(generator())
    began = next(clock)
    arguments = [Tensor(t.data, requires_grad=t.dtype.kind == "f", name=t.name) for t in tensors]
    with enable_grad():
        result = f(*arguments)
    outputs = _as_list(result)
    closed = [t for t in toposort(outputs, stop=OlderThan(began)) if t.serial < began]
    if not any(_is_float(y) for y in outputs):
        return result
    op = Checkpoint(f, len(tensors), state, _flat(outputs).data)
    op.closed = tuple(closed)
    flat = op(*tensors, *op.closed)
    pieces, start = [], 0
    for y in outputs:
        if not _is_float(y):
            pieces.append(y.detach())
            continue
        piece = ops.reshape(flat[start : start + y.size], y.shape)
        pieces.append(piece if piece.dtype == y.dtype else ops.astype(piece, y.dtype))
        start += y.size
    if isinstance(result, Tensor):
        return pieces[0]
    return (
        type(result)(*pieces) if hasattr(result, "_fields") else type(result)(pieces)
    )  # a namedtuple takes them singly


def _as_list(result: Any) -> list[Tensor]:
    if isinstance(result, Tensor):
        return [result]
    if isinstance(result, list | tuple) and result and all(isinstance(y, Tensor) for y in result):
        return list(result)
    raise ArgumentError(f"checkpoint: the function must return tensors, got {type(result).__name__}")


def _is_float(y: Tensor) -> bool:
    return bool(y.dtype.kind == "f")  # whole numbers and booleans carry no gradient


def _flat(outputs: list[Tensor]) -> Tensor:
    joined: Tensor = ops.concat([ops.reshape(y, (-1,)) for y in outputs if _is_float(y)])
    return joined
