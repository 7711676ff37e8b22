"""Indexing as ONNX operators: a key is taken apart into axes put in, slices, and whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....core.op import Op
from ....core.ops import indexing as i
from ..builder import FIRST, LAST, Graph
from ..record import Node
from ..symbolic_size import Range, Size
from .elementwise import Emit
from .shape import sliced

__all__ = ["INDEXING"]


def getitem(g: Graph, node: Node, xs: list[str]) -> str:
    """x[key], by NumPy's rules."""
    x, parts = xs[0], _spelled_out(node.option("key"), node.inputs[0].tensor.ndim)
    new = [axis for axis, part in enumerate(parts) if part is None or _is_bool(part)]
    if new:
        x = g.add("Unsqueeze", x, g.numbers(new))
    for axis, part in enumerate(parts):
        if isinstance(part, slice) and part != slice(None):
            x = _sliced(g, node, x, axis, part)

    picked = {axis: _indices(part) for axis, part in enumerate(parts) if not isinstance(part, slice | None)}
    arrays = [index for index in picked.values() if isinstance(index, np.ndarray | Range)]
    if not arrays:
        for axis in reversed(picked):  # from the back, as each takes its axis away
            x = g.add("Gather", x, _scalar(g, picked[axis]), axis=axis)
        return x if x != xs[0] else g.add("Identity", x)
    if len(picked) == 1:
        ((axis, index),) = picked.items()
        return g.add("Gather", x, g.range(index) if isinstance(index, Range) else g.array(index), axis=axis)
    if not all(isinstance(index, int | np.ndarray) for index in picked.values()):
        raise node.refused("an index among several depends on the size of the input")
    return _gathered(g, x, picked, len(parts))


def _gathered(g: Graph, x: str, picked: dict[int, Any], ndim: int) -> str:
    """Several indices at once: their axes come first, and what they pick out goes where NumPy puts it."""
    axes = list(picked)
    others = [axis for axis in range(ndim) if axis not in picked]
    indices = np.stack(np.broadcast_arrays(*picked.values()), axis=-1).astype(np.int64)  # (..., k)
    order = [*axes, *others]
    first = g.add("Transpose", x, perm=order) if order != sorted(order) else x
    found = g.add("GatherND", first, g.array(indices))
    lead = indices.ndim - 1
    if axes != list(range(axes[0], axes[-1] + 1)) or axes[0] == 0:  # not side by side: they stay in front
        return found
    back = [*range(lead, lead + axes[0]), *range(lead), *range(lead + axes[0], lead + len(others))]
    return g.add("Transpose", found, perm=back)


def _spelled_out(key: Any, ndim: int) -> list[Any]:
    """A part of the key for each axis, those it puts in included: "..." becomes slices, a mask its places."""
    parts = list(key) if isinstance(key, tuple) else [key]
    taken = sum(0 if p is None or p is Ellipsis or _is_bool(p) else max(1, _mask_axes(p)) for p in parts)
    if not any(p is Ellipsis for p in parts):
        parts.append(Ellipsis)
    spelled: list[Any] = []
    for part in parts:
        if part is Ellipsis:
            spelled += [slice(None)] * (ndim - taken)
        elif _mask_axes(part):
            spelled += list(np.nonzero(part))
        else:
            spelled.append(part)
    return spelled


def _is_bool(part: Any) -> bool:
    """x[True] puts in an axis, and takes all or nothing of it."""
    return isinstance(part, np.ndarray) and part.ndim == 0 and part.dtype == bool


def _mask_axes(part: Any) -> int:
    return part.ndim if isinstance(part, np.ndarray) and part.dtype == bool else 0


def _indices(part: Any) -> Any:
    if _is_bool(part):
        return np.flatnonzero(part)
    return part.astype(np.int64) if isinstance(part, np.ndarray) else part


def _scalar(g: Graph, index: int | Size) -> str:
    return g.scalar(index) if isinstance(index, Size) else g.array(np.array(index))


def _sliced(g: Graph, node: Node, x: str, axis: int, part: slice) -> str:
    step = 1 if part.step is None else part.step
    if not isinstance(step, int):
        raise node.refused("the step of a slice depends on the size of the input")
    start, stop = (0, LAST) if step > 0 else (LAST, FIRST)
    return sliced(
        g, x, axis, start if part.start is None else part.start, stop if part.stop is None else part.stop, step
    )


def take(g: Graph, node: Node, xs: list[str]) -> str:
    """Gather."""
    x, indices = xs
    if node.inputs[1].tensor.dtype not in (np.int32, np.int64):
        indices = g.cast(indices, np.int64)
    return g.add("Gather", x, indices, axis=node.option("axis") % node.inputs[0].tensor.ndim)


def take_along_axis(g: Graph, node: Node, xs: list[str]) -> str:
    """GatherElements, after both have been broadcast to one shape, the axis excepted."""
    axis = node.option("axis") % node.tensor.ndim
    dims: list[list[int | Size]] = []
    for source in node.inputs:
        wanted = list(node.dims)
        wanted[axis] = source.dims[axis]
        dims.append(wanted)
    x, indices = (
        name if list(source.dims) == wanted else g.add("Expand", name, g.numbers(wanted))
        for name, source, wanted in zip(xs, node.inputs, dims, strict=True)
    )
    return g.add("GatherElements", x, g.cast(indices, np.int64), axis=axis)


def diagonal(g: Graph, node: Node, xs: list[str]) -> str:
    """Einsum of the square that the diagonal crosses."""
    offset, ndim, x = node.option("offset"), node.inputs[0].tensor.ndim, xs[0]
    for axis, start in ((ndim - 2, max(-offset, 0)), (ndim - 1, max(offset, 0))):
        x = sliced(g, x, axis, start, LAST)
    sides = [g.add("Shape", x, start=axis, end=axis + 1) for axis in (ndim - 2, ndim - 1)]
    length = g.add("Min", *sides)
    x = g.add("Slice", x, g.numbers([0, 0]), g.add("Concat", length, length, axis=0), g.numbers([ndim - 2, ndim - 1]))
    letters = "abcdefghjklmnopqrstuvwxyz"[: ndim - 2]
    return g.add("Einsum", x, equation=f"{letters}ii->{letters}i")


def triangle(upper: bool) -> Emit:
    """Trilu."""

    def emit(g: Graph, node: Node, xs: list[str]) -> str:
        return g.add("Trilu", xs[0], g.array(np.array(node.option("offset"))), upper=int(upper))

    return emit


def sort(g: Graph, node: Node, xs: list[str]) -> str:
    """TopK of all, the smallest first."""
    axis = node.option("axis") % node.tensor.ndim
    outputs = [g.named(f"{g.place}sorted"), g.named(f"{g.place}order")]
    return g.add("TopK", xs[0], g.numbers([node.dims[axis]]), outputs=outputs, axis=axis, largest=0, sorted=1)


INDEXING: dict[type[Op], Emit] = {
    i.Getitem: getitem,
    i.Take: take,
    i.TakeAlongAxis: take_along_axis,
    i.Diagonal: diagonal,
    i.Tril: triangle(upper=False),
    i.Triu: triangle(upper=True),
    i.Sort: sort,
}
