"""ONNX's operators that reshape, reorder, join and pick, as operations of ours; shapes are arrays of whole numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ....core import ops
from ....core.support.operands import value_of
from ....core.tensor import Tensor
from .elementwise import Operator, is_whole
from .node import Node, numbers_of
from .sizes import concatenated, expanded, filled, gathered, padded, ranged, tiled

__all__ = ["SHAPING"]


def shape_of(node: Node, x: Any) -> Any:
    """The sizes of x, or of some of its axes."""
    sizes = np.shape(value_of(x))
    return np.array(sizes[node.whole("start", 0) : node.whole("end")], np.int64)


def reshape(node: Node, x: Any, shape: Any = None) -> Any:
    """x in another shape: 0 is the size that it had, unless allowzero, and −1 what is left."""
    old = np.shape(value_of(x))
    wanted = [int(n) for n in node.options["shape"]] if shape is None else numbers_of(node, shape)
    if not node.whole("allowzero", 0):
        if any(n == 0 and i >= len(old) for i, n in enumerate(wanted)):
            raise node.refused(f"the shape {wanted} keeps an axis that {old} has not. try: another exporter")
        wanted = [old[i] if n == 0 else n for i, n in enumerate(wanted)]
    return ops.reshape(x, tuple(wanted))


def flatten(node: Node, x: Any) -> Any:
    """A matrix: the axes before this one, and those from it on."""
    shape = np.shape(value_of(x))
    axis = node.whole("axis", 1)
    before = axis if axis >= 0 else len(shape) + axis
    return ops.reshape(x, (math.prod(shape[:before]), math.prod(shape[before:])))


def transpose(node: Node, x: Any) -> Any:
    """The axes in another order, reversed by default."""
    ndim = np.ndim(value_of(x))
    return ops.permute_dims(x, tuple(int(n) for n in node.options.get("perm", range(ndim)[::-1])))


def squeeze(node: Node, *values: Any) -> Any:
    """Without these axes of size 1, by default all of them."""
    axes = node.axes_given(values, 1)
    return ops.squeeze(values[0], axis=None if axes is None else tuple(axes))


def unsqueeze(node: Node, *values: Any) -> Any:
    """With axes of size 1 at these places of the result."""
    axes = node.axes_given(values, 1) or []
    ndim = np.ndim(value_of(values[0])) + len(axes)
    x = values[0]
    for axis in sorted(axis % ndim for axis in axes):
        x = ops.expand_dims(x, axis=axis)
    return x


def expand(node: Node, x: Any, shape: Any) -> Any:
    """x broadcast to a shape, or the shape to x."""
    return ops.broadcast_to(x, np.broadcast_shapes(np.shape(value_of(x)), tuple(numbers_of(node, shape))))


def concat(node: Node, *values: Any) -> Any:
    """Side by side."""
    if all(not np.ndim(value_of(v)) for v in values):
        raise node.refused("single numbers have no axis to be joined along. try: onnx.checker.check_model")
    return ops.concat(list(values), axis=node.whole("axis"))


def split(node: Node, x: Any, sizes: Any = None) -> Any:
    """The parts along an axis: of these sizes, or as many equal ones as there are outputs (since opset 18 nearly)."""
    axis = node.whole("axis", 0)
    length = np.shape(value_of(x))[axis]
    if "split" in node.options:
        parts = [int(n) for n in node.options["split"]]
    elif sizes is not None:
        parts = numbers_of(node, sizes, len(node.outputs))
    else:
        each = -(-length // len(node.outputs)) if node.opset >= 18 else length // len(node.outputs)
        parts = [max(0, min(each, length - i * each)) for i in range(len(node.outputs))]  # the last may be smaller
    if min(parts, default=0) < 0 or sum(parts) != length or len(parts) != len(node.outputs):
        raise node.refused(f"parts {parts[:8]} of {length} for {len(node.outputs)} outputs. try: another exporter")
    ends = np.cumsum(parts).tolist()
    key = (slice(None),) * (axis % np.ndim(value_of(x)))
    return tuple(ops.getitem(x, (*key, slice(end - part, end))) for part, end in zip(parts, ends, strict=True))


def slices(node: Node, x: Any, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None) -> Any:
    """x[start:end:step] along some axes, the first ones by default."""
    bounds = [
        [int(n) for n in node.options[key]] if key in node.options else None if v is None else numbers_of(node, v)
        for key, v in (("starts", starts), ("ends", ends), ("axes", axes), ("steps", steps))
    ]
    start, end = bounds[0] or [], bounds[1] or []
    along = list(range(len(start))) if bounds[2] is None else bounds[2]
    step = [1] * len(start) if bounds[3] is None else bounds[3]
    if not len(start) == len(end) == len(along) == len(step) or 0 in step:
        raise node.refused(
            f"starts {start}, ends {end}, axes {along} and steps {step} do not fit. try: another exporter"
        )
    ndim = np.ndim(value_of(x))
    key = [slice(None)] * ndim
    for i, axis in enumerate(along):
        if not -ndim <= axis < ndim:
            raise node.refused(f"axis {axis} of an input of {ndim}. try: inputs of the sizes that were exported")
        key[axis % ndim] = slice(start[i], end[i], step[i])
    return ops.getitem(x, tuple(key))


def gather(node: Node, x: Any, indices: Any) -> Any:
    """x at these places of an axis."""
    return ops.take(x, _checked(node, x, indices), axis=node.whole("axis", 0))


def gather_elements(node: Node, x: Any, indices: Any) -> Any:
    """x at one place of an axis for each element."""
    axis = node.whole("axis", 0)
    if np.ndim(value_of(x)) != np.ndim(value_of(indices)):
        raise node.refused("the indices have other axes than the input. try: onnx.checker.check_model")
    key = tuple(
        slice(None) if i == axis % np.ndim(value_of(x)) else slice(0, n)
        for i, n in enumerate(np.shape(value_of(indices)))
    )
    return ops.take_along_axis(ops.getitem(x, key), _checked(node, x, indices), axis=axis)


def _checked(node: Node, x: Any, indices: Any) -> Any:
    """The indices, if x has them all."""
    axis, shape, index = node.whole("axis", 0), np.shape(value_of(x)), np.asarray(value_of(indices))
    if not -len(shape) <= axis < len(shape) or index.dtype.kind not in "iu":
        raise node.refused(f"indices {index.dtype} on axis {axis} of {shape}. try: onnx.checker.check_model")
    size = shape[axis]
    wrong = index[(index < -size) | (index >= size)]
    if wrong.size:
        raise node.refused(f"index {wrong.flat[0]} of an axis of {size}. try: indices from 0 to {size - 1}")
    return indices if isinstance(indices, Tensor) else index.astype(np.int64)


def pad(node: Node, *values: Any) -> Any:
    """x with numbers around it: the widths before all axes, then those after them."""
    x, ndim = values[0], np.ndim(value_of(values[0]))
    widths = [int(n) for n in node.options["pads"]] if "pads" in node.options else numbers_of(node, values[1], 2 * ndim)
    axes = numbers_of(node, values[3]) if len(values) > 3 and values[3] is not None else list(range(ndim))
    mode: Any = node.options["mode"]
    if (
        mode not in ("constant", "edge", "reflect", "wrap")
        or len(widths) != 2 * len(axes)
        or min(widths, default=0) < 0
    ):
        raise node.refused(f"mode {mode!r} with widths {widths[:8]} is not read. try: widths of 0 or more")
    around = [(0, 0)] * ndim
    for axis, before, after in zip(axes, widths[: len(axes)], widths[len(axes) :], strict=True):
        around[axis] = (before, after)
    number = values[2] if len(values) > 2 else None
    value = node.options.get("value", 0.0) if number is None else np.asarray(value_of(number)).item()
    if is_whole(x):
        return np.pad(x, around, constant_values=value) if mode == "constant" else np.pad(x, around, mode=mode)
    return ops.pad(x, around, value=value, mode=mode)


def constant_of_shape(node: Node, shape: Any) -> Any:
    """One number all over."""
    number = node.options.get("value", np.zeros(1, np.float32))
    if number.size != 1:
        raise node.refused(f"its value is {number.dtype} {number.shape}, wanted one number. try: another exporter")
    return np.full(numbers_of(node, shape), number.reshape(()).item(), number.dtype)


def arange(node: Node, start: Any, limit: Any, step: Any) -> Any:
    """From a start, up to a limit, in steps."""
    numbers = [np.asarray(value_of(v)).reshape(()) for v in (start, limit, step)]
    return np.arange(*(n.item() for n in numbers), dtype=numbers[0].dtype)


def tile(node: Node, x: Any, repetitions: Any) -> Any:
    """x, several times along each axis."""
    return ops.tile(x, tuple(numbers_of(node, repetitions)))


def triangle(node: Node, x: Any, offset: Any = None) -> Any:
    """The numbers on and above a diagonal, or below it."""
    k = 0 if offset is None else int(np.asarray(value_of(offset)).item())
    if is_whole(x) or np.asarray(value_of(x)).dtype == bool:
        return np.triu(x, k) if node.whole("upper", 1) else np.tril(x, k)
    return ops.triu(x, k) if node.whole("upper", 1) else ops.tril(x, k)


SHAPING: dict[str, Operator] = {
    "Concat": Operator(concat, concatenated),
    "ConstantOfShape": Operator(constant_of_shape, filled),
    "Expand": Operator(expand, expanded),
    "Flatten": Operator(flatten),
    "Gather": Operator(gather, gathered),
    "GatherElements": Operator(gather_elements),
    "Pad": Operator(pad, padded),
    "Range": Operator(arange, ranged),
    "Reshape": Operator(reshape),
    "Shape": Operator(shape_of),
    "Size": Operator(lambda node, x: np.array(np.size(value_of(x)), np.int64)),
    "Slice": Operator(slices),
    "Split": Operator(split),
    "Squeeze": Operator(squeeze),
    "Tile": Operator(tile, tiled),
    "Transpose": Operator(transpose),
    "Trilu": Operator(triangle),
    "Unsqueeze": Operator(unsqueeze),
}
