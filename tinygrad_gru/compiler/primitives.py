"""The primitive operations of programs: the sizes of their results, and their computations.

Rows are the last axis but one, columns the last; "B" among the sizes is the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["ELEMENTWISE", "PRIMITIVES", "Primitive"]

Dims = tuple[Any, ...]


@dataclass(frozen=True)
class Primitive:
    """The sizes of the result, its computation, and the NumPy function that writes it with `out=`, if there is one."""

    dims: Callable[..., Dims]
    run: Callable[..., Any]
    ufunc: str = ""


def broadcast(*shapes: Dims) -> Dims:
    """The sizes of arrays of these sizes side by side; "B" fits itself and 1."""
    ndim = max(len(s) for s in shapes)
    result: list[Any] = []
    for sizes in zip(*[(1,) * (ndim - len(s)) + s for s in shapes], strict=True):
        large = {n for n in sizes if n != 1}
        if len(large) > 1:
            raise ValueError(f"sizes {shapes} do not broadcast")
        result.append(large.pop() if large else 1)
    return tuple(result)


def _matmul(a: Dims, b: Dims) -> Dims:
    return (*a[:-1], b[-1])


def _concat(*shapes: Dims) -> Dims:
    return (*shapes[0][:-1], sum(s[-1] for s in shapes))


def _stack_rows(*shapes: Dims) -> Dims:
    return (sum(s[0] for s in shapes), *shapes[0][1:])


UFUNCS = {
    "add": 2, "subtract": 2, "multiply": 2, "divide": 2, "maximum": 2, "minimum": 2, "power": 2, "logaddexp": 2,
    "negative": 1, "tanh": 1, "exp": 1, "expm1": 1, "log": 1, "log1p": 1, "sqrt": 1, "sin": 1, "cos": 1,
    "absolute": 1, "sign": 1, "square": 1,
    "greater": 2, "greater_equal": 2, "less": 2, "less_equal": 2, "equal": 2, "not_equal": 2,
    "logical_and": 2, "logical_or": 2, "logical_not": 1, "isfinite": 1,
}  # fmt: skip

ELEMENTWISE = {*UFUNCS, "where"}

PRIMITIVES: dict[str, Primitive] = {
    **{name: Primitive(broadcast, getattr(np, name), name) for name in UFUNCS},
    "where": Primitive(broadcast, np.where),
    # a @ b, for b without a batch;  aᵀ @ b, the sum over the batch of the products of rows
    "matmul": Primitive(_matmul, np.matmul),
    "outer": Primitive(lambda a, b: (a[-1], b[-1]), lambda a, b: np.matmul(a.T, b)),
    "transpose_batch": Primitive(lambda a: (a[1], a[0]), np.transpose),
    "transpose": Primitive(lambda a: (a[1], a[0]), np.transpose),
    "columns": Primitive(lambda a, start, stop: (*a[:-1], stop - start), lambda a, start, stop: a[..., start:stop]),
    "rows": Primitive(lambda a, start, stop: (stop - start, *a[1:]), lambda a, start, stop: a[start:stop]),
    "concat": Primitive(_concat, lambda *xs: np.concatenate(xs, -1)),
    "stack_rows": Primitive(_stack_rows, lambda *xs: np.concatenate(xs, 0)),
    # a row for each of `times` copies side by side: what broadcasting over blocks of columns means
    "repeat": Primitive(lambda a, times: (*a[:-1], times * a[-1]), lambda a, times: np.concatenate([a] * times, -1)),
    "spread": Primitive(lambda a, width: (*a[:-1], width), lambda a, width: np.repeat(a, width, -1)),
    "sum_batch": Primitive(lambda a: a[1:], lambda a: np.add.reduce(a, axis=0)),
    "sum_columns": Primitive(lambda a: (*a[:-1], 1), lambda a: np.add.reduce(a, axis=-1, keepdims=True)),
    "max_columns": Primitive(lambda a: (*a[:-1], 1), lambda a: np.maximum.reduce(a, axis=-1, keepdims=True)),
    "flatten": Primitive(lambda a: (a[-1],), lambda a: np.reshape(a, -1)),
}
