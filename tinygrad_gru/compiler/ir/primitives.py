"""The primitive operations of programs: the sizes of their results, and their computations.

Rows are the last axis but one, columns the last; "B" among the sizes is the batch. A block ⟨a, b⟩ has one more axis
before the rows: what is computed alike for several gates is computed for a block of them at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["BOOLEAN", "ELEMENTWISE", "PRIMITIVES", "UFUNCS", "Primitive"]

Dims = tuple[Any, ...]


@dataclass(frozen=True)
class Primitive:
    """The sizes of the result, and its computation."""

    dims: Callable[..., Dims]
    run: Callable[..., Any]


def broadcast(*shapes: Dims) -> Dims:
    """The sizes of the result of an elementwise operation; "B" fits itself and 1."""
    ndim = max(len(s) for s in shapes)
    result: list[Any] = []
    for sizes in zip(*[(1,) * (ndim - len(s)) + s for s in shapes], strict=True):
        large = {n for n in sizes if n != 1}
        if len(large) > 1:
            raise ValueError(f"sizes {shapes} do not broadcast")
        result.append(large.pop() if large else 1)
    return tuple(result)


def _matmul(a: Dims, b: Dims) -> Dims:
    return (*broadcast(a[:-2], b[:-2]), a[-2], b[-1])


def as_block(dims: Dims) -> Dims:
    """The sizes of a part of a block: a row (n,) becomes (1, 1, n), a matrix (B, n) becomes (1, B, n)."""
    return (1,) * (3 - len(dims)) + dims


def _stack(*shapes: Dims) -> Dims:
    blocks = [as_block(s) for s in shapes]
    if len({s[1:] for s in blocks}) > 1:
        raise ValueError(f"sizes {shapes} make no block")
    return (sum(s[0] for s in blocks), *blocks[0][1:])


def _run_stack(*arrays: Any) -> Any:
    return np.concatenate([np.reshape(a, as_block(np.shape(a))) for a in arrays])


UFUNCS = {
    "add": 2, "subtract": 2, "multiply": 2, "divide": 2, "maximum": 2, "minimum": 2, "power": 2, "logaddexp": 2,
    "negative": 1, "tanh": 1, "exp": 1, "expm1": 1, "log": 1, "log1p": 1, "sqrt": 1, "sin": 1, "cos": 1,
    "absolute": 1, "sign": 1, "square": 1,
    "greater": 2, "greater_equal": 2, "less": 2, "less_equal": 2, "equal": 2, "not_equal": 2,
    "logical_and": 2, "logical_or": 2, "logical_not": 1, "isfinite": 1,
}  # fmt: skip

ELEMENTWISE = {*UFUNCS, "where"}
BOOLEAN = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "isfinite", "logical_and",
           "logical_or", "logical_not"}  # fmt: skip

PRIMITIVES: dict[str, Primitive] = {
    **{name: Primitive(broadcast, getattr(np, name)) for name in UFUNCS},
    "where": Primitive(broadcast, np.where),
    # a W, for W without a batch;  aᵀ g, the sum over the batch of the products of rows;  Σ g, the sum over the batch
    "matmul": Primitive(_matmul, np.matmul),
    "outer": Primitive(lambda a, g: (*g[:-2], a[-1], g[-1]), lambda a, g: np.matmul(np.swapaxes(a, -1, -2), g)),
    "transpose_batch": Primitive(lambda a: (a[1], a[0]), np.transpose),  # only ever the left side of an outer
    "sum_batch": Primitive(lambda g: (*g[:-2], g[-1]), lambda g: np.add.reduce(g, axis=-2)),
    # ⟨a, b⟩, of matrices or of blocks;  x[0] and x[0:2], parts of a block
    "stack": Primitive(_stack, _run_stack),
    "part": Primitive(lambda x, index: x[1:], lambda x, index: x[index]),
    "parts": Primitive(lambda x, start, stop: (stop - start, *x[1:]), lambda x, start, stop: x[start:stop]),
    # [a, b];  x[:, 0:2]
    "concat": Primitive(lambda *xs: (*xs[0][:-1], sum(x[-1] for x in xs)), lambda *xs: np.concatenate(xs, -1)),
    "columns": Primitive(lambda x, start, stop: (*x[:-1], stop - start), lambda x, start, stop: x[..., start:stop]),
    # of parameters alone: [U; V], W[0:2] and Wᵀ
    "stack_rows": Primitive(lambda *xs: (sum(x[0] for x in xs), *xs[0][1:]), lambda *xs: np.concatenate(xs)),
    "rows": Primitive(lambda x, start, stop: (stop - start, *x[1:]), lambda x, start, stop: x[start:stop]),
    "transpose": Primitive(lambda x: (x[1], x[0]), np.transpose),
    # of parameters, and of sums over the batch
    "reshape": Primitive(lambda x, dims: dims, lambda x, dims: np.reshape(x, dims)),
    # of a column (B, 1), or to one
    "broadcast_columns": Primitive(lambda x, width: (*x[:-1], width), lambda x, width: np.repeat(x, width, -1)),
    "sum_columns": Primitive(lambda x: (*x[:-1], 1), lambda x: np.add.reduce(x, axis=-1, keepdims=True)),
    "max_columns": Primitive(lambda x: (*x[:-1], 1), lambda x: np.maximum.reduce(x, axis=-1, keepdims=True)),
}
