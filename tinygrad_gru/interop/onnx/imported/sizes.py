"""How many numbers a node will make, from its inputs alone: counted before memory is taken."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ....core.support.operands import value_of
from .node import Node, numbers_of

__all__ = [
    "Count", "broadcast", "concatenated", "expanded", "filled", "gathered", "normalised", "of_inputs", "padded",
    "product", "ranged", "reduced", "tiled",
]  # fmt: skip

Count = Callable[[Node, tuple[Any, ...]], int]
MOST_AXES = 64


def of_inputs(node: Node, values: tuple[Any, ...]) -> int:
    """At most as many as the largest input has."""
    return max((np.size(value_of(v)) for v in values if v is not None), default=0)


concatenated: Count = lambda node, values: sum(np.size(value_of(v)) for v in values)  # noqa: E731


def broadcast(node: Node, values: tuple[Any, ...]) -> int:
    """Those of the common shape."""
    return math.prod(common_shape(node, [np.shape(value_of(v)) for v in values if v is not None]))


def common_shape(node: Node, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape to which all are broadcast."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        words = " and ".join(map(str, shapes[:4]))
        raise node.refused(f"the shapes {words} do not fit. try: inputs of the sizes that were exported") from None


def product(node: Node, values: tuple[Any, ...]) -> int:
    """Those of a matrix product: rows of the first, columns of the second, for each matrix of a stack."""
    a, b, *others = (np.shape(value_of(v)) for v in values if v is not None)
    if node.op == "Gemm":  # either may be transposed, and a third is added
        if len(a) != 2 or len(b) != 2:
            raise node.refused(f"the product of {a} and {b}, wanted matrices. try: onnx.checker.check_model")
        whole = (a[1 if node.whole("transA", 0) else 0], b[0 if node.whole("transB", 0) else 1])
        return math.prod(common_shape(node, [whole, *others]))
    return (
        math.prod(common_shape(node, [a[:-2], b[:-2]])) * math.prod(a[-2:-1]) * math.prod(b[-1:] if len(b) > 1 else ())
    )


def reduced(node: Node, values: tuple[Any, ...]) -> int:
    """Those of the axes that stay; of an empty axis a number stays too."""
    return math.prod(max(n, 1) for n in np.shape(value_of(values[0])))


def normalised(node: Node, values: tuple[Any, ...]) -> int:
    """Those of the input; where its second axis is 1, as often as there are scales."""
    shape = np.shape(value_of(values[0]))
    most = max(np.size(value_of(v)) for v in values[1:])
    return math.prod(shape) * max(most // max(math.prod(shape[1:2]), 1), 1)


def gathered(node: Node, values: tuple[Any, ...]) -> int:
    """For each index a slice."""
    shape, axis = np.shape(value_of(values[0])), node.whole("axis", 0)
    width = shape[axis] if -len(shape) <= axis < len(shape) else 1
    return np.size(value_of(values[1])) * (math.prod(shape) // max(width, 1))


def expanded(node: Node, values: tuple[Any, ...]) -> int:
    """Those of the shape that is asked for."""
    wanted = tuple(numbers_of(node, values[1]))
    if min(wanted, default=0) < 0:
        raise node.refused(f"the shape {wanted} has negative sizes. try: inputs of the sizes that were exported")
    return math.prod(common_shape_of_any(node, np.shape(value_of(values[0])), wanted))


def common_shape_of_any(node: Node, a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """As common_shape, of sizes that NumPy would refuse as too large."""
    both = zip(reversed((1,) * max(0, len(b) - len(a)) + a), reversed((1,) * max(0, len(a) - len(b)) + b), strict=True)
    sizes = [m if n == 1 else n if m == 1 or m == n else None for m, n in both]
    if None in sizes:
        raise node.refused(f"the shapes {a} and {b} do not fit. try: inputs of the sizes that were exported")
    return tuple(n for n in reversed(sizes) if n is not None)


def filled(node: Node, values: tuple[Any, ...]) -> int:
    """Those of a shape."""
    shape = numbers_of(node, values[0])
    if min(shape, default=0) < 0:
        raise node.refused(f"the shape {shape} has negative sizes. try: inputs of the sizes that were exported")
    return math.prod(shape)


def tiled(node: Node, values: tuple[Any, ...]) -> int:
    """Each number as often as it is repeated."""
    repetitions = numbers_of(node, values[1])
    if min(repetitions, default=0) < 0:
        raise node.refused(f"repetitions {repetitions} are negative. try: inputs of the sizes that were exported")
    return np.size(value_of(values[0])) * math.prod(repetitions)


def padded(node: Node, values: tuple[Any, ...]) -> int:
    """Those of the shape, with the widths that are put around it."""
    widths = node.options.get("pads") or numbers_of(node, values[1], 2 * MOST_AXES)
    most = sum(abs(int(n)) for n in widths)
    return math.prod(n + most for n in np.shape(value_of(values[0])))


def ranged(node: Node, values: tuple[Any, ...]) -> int:
    """From a start, up to a limit, in steps."""
    start, limit, step = (float(np.asarray(value_of(v)).item()) for v in values)
    if not step or not all(map(math.isfinite, (start, limit, step))):
        raise node.refused(f"no range from {start:.6g} to {limit:.6g} in steps of {step:.6g}. try: another exporter")
    return max(0, math.ceil((limit - start) / step))
