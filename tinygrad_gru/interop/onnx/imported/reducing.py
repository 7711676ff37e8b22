"""ONNX's reductions, scans and normalisations, as operations of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ....core import ops
from ....core.support.operands import value_of
from .elementwise import Operator, is_whole
from .node import Node
from .sizes import broadcast, normalised, reduced

__all__ = ["REDUCING"]


def reduction(function: Callable[..., Any], of_whole: Callable[..., Any] | None = None) -> Operator:
    """Over some axes, by default all, or none if the node says so; of whole numbers a whole one, towards 0."""

    def compute(node: Node, *values: Any) -> Any:
        x, axes = values[0], tuple(node.axes_given(values, 1) or ())
        over = axes if axes or node.whole("noop_with_empty_axes", 0) else None  # of none, x² stays in ReduceSumSquare
        reduce = of_whole if of_whole is not None and is_whole(x) else function
        y = reduce(x, axis=over, keepdims=bool(node.whole("keepdims", 1)))
        return np.asarray(y).astype(np.asarray(x).dtype) if is_whole(x) else y

    return Operator(compute, reduced)


def extreme(function: Callable[..., Any]) -> Operator:
    """The place of the largest or smallest, the first of equal ones."""

    def compute(node: Node, x: Any) -> Any:
        if node.whole("select_last_index", 0):
            raise node.refused("select_last_index=1 is not read. try: another exporter")
        keep = bool(node.whole("keepdims", 1))
        return np.asarray(function(value_of(x), axis=node.whole("axis", 0), keepdims=keep), np.int64)

    return Operator(compute)


def cumulative_sum(node: Node, x: Any, axis: Any) -> Any:
    """Sums of all up to each place, or from it on with reverse."""
    if node.whole("exclusive", 0):
        raise node.refused("exclusive=1 is not read. try: another exporter")
    along, backwards = int(np.asarray(value_of(axis)).item()), node.whole("reverse", 0)
    x = ops.flip(x, axis=along) if backwards else x
    y = np.cumsum(x, along, dtype=x.dtype) if is_whole(x) else ops.cumulative_sum(x, axis=along)
    return ops.flip(y, axis=along) if backwards else y


def layer_normalization(node: Node, x: Any, scale: Any, bias: Any = None) -> Any:
    """(x − mean) / √(variance + ε) · scale + bias, over the axes from one on."""
    ndim = np.ndim(value_of(x))
    axes = tuple(range(node.whole("axis", -1) % ndim, ndim))
    mean = ops.mean(x, axis=axes, keepdims=True)
    apart = x - mean
    deviation = ops.sqrt(ops.mean(apart * apart, axis=axes, keepdims=True) + float(node.options["epsilon"]))
    y = apart / deviation * scale
    return (y if bias is None else y + bias), mean, ops.reciprocal(deviation)


def batch_normalization(node: Node, x: Any, scale: Any, bias: Any, mean: Any, variance: Any) -> Any:
    """(x − mean) / √(variance + ε) · scale + bias by the mean and variance of training, on the second axis."""
    if node.whole("training_mode", 0):
        raise node.refused("it normalises by the batch. try: model.eval() before the export")
    shape = (-1,) + (1,) * (np.ndim(value_of(x)) - 2)
    scale, bias, mean, variance = (ops.reshape(v, shape) for v in (scale, bias, mean, variance))
    return (x - mean) / ops.sqrt(variance + float(node.options["epsilon"])) * scale + bias


REDUCING: dict[str, Operator] = {
    "ArgMax": extreme(np.argmax),
    "ArgMin": extreme(np.argmin),
    "BatchNormalization": Operator(batch_normalization, normalised),
    "CumSum": Operator(cumulative_sum),
    "LayerNormalization": Operator(layer_normalization, broadcast),
    "ReduceL1": reduction(lambda x, axis, keepdims: ops.sum(ops.abs(x), axis=axis, keepdims=keepdims)),
    "ReduceL2": reduction(ops.vector_norm),
    "ReduceLogSumExp": reduction(ops.logsumexp),
    "ReduceMax": reduction(ops.max, np.max),
    "ReduceMean": reduction(ops.mean),
    "ReduceMin": reduction(ops.min, np.min),
    "ReduceProd": reduction(ops.prod, np.prod),
    "ReduceSum": reduction(ops.sum, np.sum),
    "ReduceSumSquare": reduction(lambda x, axis, keepdims: ops.sum(x * x, axis=axis, keepdims=keepdims)),
}
