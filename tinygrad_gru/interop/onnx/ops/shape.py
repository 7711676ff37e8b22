"""Reshaping, reordering and joining as ONNX operators, with sizes that may be known only when the model runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....core.op import Op
from ....core.ops import joining as j
from ....core.ops import shapes as s
from ..builder import FIRST, LAST, Graph
from ..record import Node
from ..symbolic_size import Size
from .elementwise import Emit, in_dtype

__all__ = ["SHAPES", "sliced"]


def sliced(g: Graph, x: str, axis: int, start: int | Size, stop: int | Size, step: int = 1) -> str:
    """x[start:stop:step] along one axis; LAST and FIRST mean: to the end."""
    bounds = [g.numbers([n]) for n in (start, stop, axis, step)]
    return g.add("Slice", x, *(bounds if step != 1 else bounds[:3]))


def reshape(g: Graph, node: Node, xs: list[str]) -> str:
    """Reshape; the one size that varies, if it is the only one, is left to be worked out."""
    dims = list(node.dims)
    varying = [i for i, size in enumerate(dims) if isinstance(size, Size)]
    if len(varying) == 1 and 0 not in dims:
        dims[varying[0]] = -1
    return g.add("Reshape", xs[0], g.numbers(dims), allowzero=int(-1 not in dims and bool(varying or 0 in dims)))


def permute_dims(g: Graph, node: Node, xs: list[str]) -> str:
    """Transpose, with the axes counted from the front."""
    order = [axis % node.tensor.ndim for axis in node.option("axes")]
    return g.add("Transpose", xs[0], perm=order) if order else g.add("Identity", xs[0])


def matrix_transpose(g: Graph, node: Node, xs: list[str]) -> str:
    """Transpose of the last two axes."""
    *others, m, n = range(node.tensor.ndim)
    return g.add("Transpose", xs[0], perm=[*others, n, m])


def broadcast_to(g: Graph, node: Node, xs: list[str]) -> str:
    """Expand."""
    return g.add("Expand", xs[0], g.numbers(node.dims))


def flip(g: Graph, node: Node, xs: list[str]) -> str:
    """Slices from the last element to the first."""
    axis, x = node.option("axis"), xs[0]
    axes = range(node.tensor.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for i in axes:
        x = sliced(g, x, i, LAST, FIRST, -1)
    return g.add("Identity", x) if not axes else x


def roll(g: Graph, node: Node, xs: list[str]) -> str:
    """The last elements before the others; without an axis, of all in a row."""
    shift, axis, (x,) = node.option("shift"), node.option("axis"), xs
    if axis is None:
        flat = _rolled(g, g.add("Reshape", x, g.numbers([-1])), 0, sum(shift) if isinstance(shift, tuple) else shift)
        return g.add("Reshape", flat, g.numbers(node.dims), allowzero=1)
    axes = axis if isinstance(axis, tuple) else (axis,)
    for i, n in zip(axes, shift if isinstance(shift, tuple) else (shift,) * len(axes), strict=True):
        x = _rolled(g, x, i % node.tensor.ndim, n)
    return x


def _rolled(g: Graph, x: str, axis: int, shift: int) -> str:
    size = g.add("Max", g.add("Shape", x, start=axis, end=axis + 1), g.array(np.array([1])))  # of nothing, x % 0
    cut = g.add("Mod", g.array(np.array([-shift])), size)
    along = g.array(np.array([axis]))
    end = g.add("Slice", x, cut, g.array(np.array([LAST])), along)
    return g.add("Concat", end, g.add("Slice", x, g.array(np.array([0])), cut, along), axis=axis)


def tile(g: Graph, node: Node, xs: list[str]) -> str:
    """Tile, with as many repetitions as axes: ones are put in front of the shorter."""
    repetitions, dims = node.option("repetitions"), node.inputs[0].dims
    repetitions = (1,) * (len(dims) - len(repetitions)) + repetitions
    x = xs[0]
    if len(repetitions) > len(dims):
        x = g.add("Reshape", x, g.numbers([*[1] * (len(repetitions) - len(dims)), *dims]), allowzero=1)
    return g.add("Tile", x, g.numbers(repetitions))


def astype(g: Graph, node: Node, xs: list[str]) -> str:
    """Cast."""
    return g.cast(xs[0], node.tensor.dtype)


def concat(g: Graph, node: Node, xs: list[str]) -> str:
    """Concat."""
    return g.add("Concat", *in_dtype(g, node, xs), axis=node.option("axis") % node.tensor.ndim)


def stack(g: Graph, node: Node, xs: list[str]) -> str:
    """Each with an axis put in, and Concat."""
    axis = node.option("axis") % node.tensor.ndim
    rows = [g.add("Unsqueeze", x, g.numbers([axis])) for x in in_dtype(g, node, xs)]
    return g.add("Concat", *rows, axis=axis)


def pad(g: Graph, node: Node, xs: list[str]) -> str:
    """Pad: ONNX wants all the widths before, then all those after."""
    widths: Any = node.option("widths")
    if not widths:
        return g.add("Identity", xs[0])
    value = g.array(np.array(node.option("value"), node.tensor.dtype))
    return g.add("Pad", xs[0], g.numbers([before for before, _ in widths] + [after for _, after in widths]), value)


SHAPES: dict[type[Op], Emit] = {
    s.Reshape: reshape,
    s.ExpandDims: reshape,
    s.Squeeze: reshape,
    s.PermuteDims: permute_dims,
    s.MatrixTranspose: matrix_transpose,
    s.BroadcastTo: broadcast_to,
    s.Flip: flip,
    s.Roll: roll,
    s.Tile: tile,
    s.Astype: astype,
    j.Concat: concat,
    j.Stack: stack,
    j.Pad: pad,
}
