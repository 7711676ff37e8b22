"""From recorded tensors to expressions: what has a name stands with it; shapes are said where they matter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from ..core.op import Op
from ..core.ops.arithmetic import Multiply
from ..core.ops.indexing import Getitem, Scatter
from ..core.ops.joining import Concat, Stack
from ..core.ops.products import Matmul
from ..core.ops.reductions import LogSoftmax, Max, Mean, Reduction, Softmax, Sum
from ..core.ops.shapes import Astype, BroadcastTo, ExpandDims, MatrixTranspose, Reshape
from ..core.tensor import Tensor
from .expression import (
    Expression,
    call,
    element,
    kept,
    matmul,
    named,
    number,
    outer,
    placed,
    plus,
    sum_over,
    times,
    transpose,
    value_of_number,
)
from .operations import is_outer, of_nothing, operation, reduction, same_numbers
from .parts import basic_key, fits, is_inserting, key_text, stripped, with_shape
from .short import is_number

__all__ = ["LARGEST", "Reader"]

LARGEST = 40  # parts of an expression; a larger one gets a name of its own
DEEPEST = 50  # operations on rows, one in the other
ALONG_ROWS = (Softmax, LogSoftmax)  # unless another axis is said

Shape = tuple[int, ...]
Written = tuple[Expression, Shape]  # an expression, and the shape of what it says


class Reader:
    """Reads tensors as expressions. `names` are those that have names, gradients and values alike."""

    def __init__(self, names: Mapping[Tensor, Expression], sizes: Mapping[int, str], factored: bool = True) -> None:
        self.names = dict(names)
        self.sizes = sizes  # a letter for a size: {4: "H"}
        self.factored = factored
        self.guards: dict[Tensor, Tensor] = {}  # what is the same as another tensor, but where that is infinite
        self._read: dict[Tensor, Expression] = {}
        self._shapes: dict[Tensor, Shape] = {}  # of what is written, where broadcasting is left unsaid

    def __call__(self, t: Tensor) -> Expression:
        """The expression of a tensor, in which those with names stand with them."""
        pending = [t]
        while pending:  # a loop: what has no names may be a long chain
            top = pending[-1]
            if top in self._read or top in self.names:
                pending.pop()
                continue
            missing = [i for i in top.inputs if i not in self._read and i not in self.names]
            if missing:
                pending += missing
            else:
                self._read[top] = self.operand(top)
        return self.names[t] if t in self.names else self._read[t]

    def operand(self, t: Tensor) -> Expression:
        """What stands for a tensor without a name in the expressions of others."""
        x, self._shapes[t] = self._written(t)
        return x

    def expression_of(self, t: Tensor) -> Expression:
        """The expression of this tensor in its inputs, even if it has a name itself, in the shape of its own line."""
        x, shape = self._written(t)
        return self._loosely(x, shape, t.shape)

    def line(self, t: Tensor) -> Expression:
        """The same for one without a name, or its name."""
        x = self(t)
        return self._loosely(x, self._shape(t, x), t.shape)

    def _loosely(self, x: Expression, written: Shape, shape: Shape) -> Expression:
        """What is written in one shape in another, up to axes of size 1 at the front and what broadcasting repeats."""
        return x if fits(written, shape) else with_shape(x, written, stripped(shape), self.size)

    def operands_of(self, t: Tensor) -> list[Expression]:
        """The expressions of its inputs."""
        return [self.names.get(i) or self._read.get(i) or self(i) for i in t.inputs]

    def _shape(self, t: Tensor, x: Expression) -> Shape:
        """The shape of what is written for a tensor; a number stands for as many as one likes."""
        return () if value_of_number(x) is not None else t.shape if t in self.names else self._shapes.get(t, ())

    def _written(self, t: Tensor) -> Written:
        """The expression of a tensor in its inputs, and the shape of what it says."""
        if t.op is None:
            return (number(float(t.item())), ()) if is_number(t) else (named("const"), t.shape)
        xs = self.operands_of(t)
        shapes = [self._shape(i, x) for i, x in zip(t.inputs, xs, strict=True)]
        if t in self.guards:
            at = next(i for i, x in enumerate(t.inputs) if x is self.guards[t])
            return xs[at], shapes[at]
        if isinstance(t.op, Reduction):
            return self._reduced(t.op, t.inputs[0], xs[0], shapes[0])
        if isinstance(t.op, Matmul | Multiply) and (product := self._product(t, xs, shapes)) is not None:
            return product
        alone = isinstance(t.op, Stack) and len(xs) == 1
        if alone or same_numbers(t.op) or isinstance(t.op, BroadcastTo):
            return self._same_numbers(t, xs[0], shapes[0])
        xs, shape = self._operands_in_shape(t, xs, shapes)
        return self.operation(t.op, xs, t.inputs, t), shape

    def _same_numbers(self, t: Tensor, x: Expression, written: Shape) -> Written:
        """What is written for the input stands for it in another shape, too, until that makes a difference."""
        before = t.inputs[0].shape
        fit = fits(written, before)
        if isinstance(t.op, Astype) or not written or (isinstance(t.op, BroadcastTo) and fit):
            return x, written
        if not isinstance(t.op, BroadcastTo) and math.prod(written) == math.prod(before):
            return x, written
        return with_shape(x, written, before, self.size), before

    def _operands_in_shape(
        self, t: Tensor, xs: list[Expression], shapes: list[Shape]
    ) -> tuple[list[Expression], Shape]:
        """The operands as they must be written for this operation, and the shape of what it makes of them."""
        assert t.op is not None
        every = list(zip(xs, shapes, t.inputs, strict=True))
        if t.op.elementwise and not is_outer(t.op, t.inputs):
            pairs = [
                (x, shape) if fits(shape, i.shape) else (self._loosely(x, shape, i.shape), stripped(i.shape))
                for x, shape, i in every
            ]
            return [x for x, _ in pairs], np.broadcast_shapes(*[shape for _, shape in pairs])
        if isinstance(t.op, Scatter | Concat):  # in which axes of size 1 are left unsaid
            whole = [fits(shape, i.shape) and math.prod(shape) == i.size for _, shape, i in every]
            loose = isinstance(t.op, Scatter)
            return [
                x if whole[n] or (loose and fits(shape, i.shape)) else with_shape(x, shape, i.shape, self.size)
                for n, (x, shape, i) in enumerate(every)
            ], t.shape
        if isinstance(t.op, MatrixTranspose) and not shapes[0]:  # of a number
            return xs, ()
        return [with_shape(x, shape, i.shape, self.size) for x, shape, i in every], t.shape

    def _product(self, t: Tensor, xs: list[Expression], shapes: list[Shape]) -> Written | None:
        """Products in which a vector stands for its one row or column; None if there is none."""
        (x, y), (of_x, of_y), (first, second) = xs, shapes, (i.shape for i in t.inputs)
        column = len(first) == 2 and first[1] == 1 and of_x == first[:1] != (1,)
        row = len(second) <= 2 and second[:-1] in ((), (1,)) and of_y == second[-1:] != ()
        if column and row:
            return outer(x, y), t.shape
        if isinstance(t.op, Multiply):
            return None
        if (rows := self._product_of_all_rows(t)) is not None:
            return rows
        if len(first) == 2 and of_x == first[1:] and first[0] == 1 and len(second) == 2 and of_y == second:
            return matmul(x, y), second[1:]
        if len(second) == 2 and of_y == second[:1] and second[1] == 1 and len(first) == 2 and of_x == first:
            return matmul(x, y), first[:1]
        return None

    def _product_of_all_rows(self, t: Tensor) -> Written | None:
        """xᵀ g of two stacks of matrices whose rows have been put into one: the sum of all products."""
        first, second = t.inputs
        if not isinstance(first.op, MatrixTranspose):
            return None
        stacks = []
        for rows in (first.inputs[0], second):
            if not isinstance(rows.op, Reshape) or rows in self.names or first in self.names or rows.ndim != 2:
                return None
            (stack,) = rows.inputs
            x = self(stack)
            if stack.ndim < 3 or stack.shape[-1] != rows.shape[1] or not fits(self._shape(stack, x), stack.shape):
                return None
            stacks.append((x, stack))
        (x, of_x), (g, of_g) = stacks
        if of_x.shape[:-1] != of_g.shape[:-1] or () in (self._shape(of_x, x), self._shape(of_g, g)):
            return None
        axes = self._axes_text(set(range(of_x.ndim - 2)), of_x.shape, Sum)
        return sum_over(matmul(transpose(x), g), axes), t.shape

    def _reduced(self, op: Reduction, t: Tensor, x: Expression, written: Shape) -> Written:
        """A sum, or the like, along the axes that are written; each of the others multiplies a sum."""
        if isinstance(op, Sum) and (of_parts := self._sum_of_scattered(op, t)) is not None:
            return of_parts
        axes = set(op.axes(t.ndim))
        alike = isinstance(op, Sum | Mean | Max)  # what broadcasting repeats makes no difference, but to a sum
        if alike and len(axes) == t.ndim:
            front = t.ndim
            if not fits(written, t.shape) and math.prod(written) != t.size:
                x, written = with_shape(x, written, t.shape, self.size), t.shape
            times_over = 1 if math.prod(written) == t.size else t.size // math.prod(written)
            left = set(range(len(written)))
        else:
            front = t.ndim - len(written)
            unsaid = math.prod(t.shape[a] for a in axes if a < front)
            if front < 0 or written != t.shape[front:] or (unsaid != 1 and not alike):
                x, written, front = with_shape(x, written, t.shape, self.size), t.shape, 0
            times_over = math.prod(t.shape[a] for a in axes if a < front)
            left = {a - front for a in axes if a >= front}
        if t.ndim and not axes:
            return of_nothing(op, x), written
        if left or not alike:
            x = reduction(op, x, self._axes_text(left, written, type(op)))
        if isinstance(op, ALONG_ROWS):
            return x, written
        x = kept(x) if op.keepdims and left else x
        x = times(number(float(times_over)), x) if isinstance(op, Sum) and times_over != 1 else x
        return x, tuple(1 if a in left else n for a, n in enumerate(written) if op.keepdims or a not in left)

    def _sum_of_scattered(self, op: Sum, t: Tensor) -> Written | None:
        """The sum of what has been put at one place of each row: what has been put there."""
        axes = op.axes(t.ndim)
        if not isinstance(t.op, Scatter) or t in self.names or len(t.inputs) != 1 or len(axes) != 1:
            return None
        (key,), (piece,) = t.op.keys, t.inputs
        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) != t.ndim or piece.ndim != t.ndim:
            return None
        for axis, (k, n) in enumerate(zip(keys, t.shape, strict=True)):
            along = tuple(n if i == axis else 1 for i in range(t.ndim))
            if not isinstance(k, np.ndarray) or (
                axis not in axes and not np.array_equal(k, np.arange(n).reshape(along))
            ):
                return None
        x = self(piece)
        return self._reduced(op, piece, x, self._shape(piece, x))

    def operation(self, op: Op, xs: list[Expression], inputs: Any, t: Tensor) -> Expression:
        """An operation on these."""
        if isinstance(op, Getitem):
            first, *others = op.key if isinstance(op.key, tuple) and op.key else (op.key,)
            if isinstance(first, int) and all(isinstance(k, slice) and k == slice(None) for k in others):
                row = self._row(inputs[0], first)
            else:
                row = self._piece(op.key, inputs[0])
            if row is not None:
                return row
        return operation(self, op, xs, inputs, t)

    def key(self, key: Any, shape: Shape = ()) -> str:
        """What stands in the brackets of a part: `:, ::-1`, with letters for the sizes and names of arrays."""
        return key_text(key, self.size, self._arrays, shape)

    @cached_property
    def _arrays(self) -> dict[str, Any]:
        """The arrays of indices that have names."""
        leaves = ((t, x) for t, x in self.names.items() if t.op is None and t.dtype.kind in "iub" and t.ndim)
        return {x.value: t.data for t, x in leaves if x.kind == "name"}

    def size(self, n: int) -> str:
        """A size in letters where they are known: `H`."""
        return self.sizes.get(n, str(n))

    def shape(self, t: Tensor) -> str:
        """The shape in letters: `(B, H)`, `(H)`; of a number `()`."""
        return f"({', '.join(self.size(n) for n in t.shape)})"

    def axes(self, op: Op, x: Tensor) -> str:
        """The axes along which it works, where they make a difference: `B`, `0,1`; none if all, or a softmax's last."""
        if op.elementwise or (axis := getattr(op, "axis", None)) is None:
            return ""
        axes = axis if isinstance(axis, tuple) else (axis,)
        return self._axes_text({a % max(x.ndim, 1) for a in axes}, x.shape, type(op))

    def _axes_text(self, axes: set[int], shape: Shape, of: type[Op]) -> str:
        ndim = len(shape)
        of_all = ndim == 1 or issubclass(of, Reduction)  # but a roll has a shift for each
        last = {ndim - 1} if issubclass(of, ALONG_ROWS) else set(range(ndim)) if of_all else None
        unsaid = {0} if of is Stack else last
        if axes == unsaid:
            return ""
        return ",".join(self.sizes.get(shape[a], str(a)) if issubclass(of, Reduction) else str(a) for a in sorted(axes))

    def scattered(self, op: Scatter, xs: list[Expression], t: Tensor) -> Expression:
        """What is put together of parts: side by side where they are all there is, or else each with its place."""
        if len(op.keys) == 1 and (is_inserting(op.keys[0]) or (isinstance(op.keys[0], tuple) and not op.keys[0])):
            return with_shape(xs[0], t.inputs[0].shape, t.shape, self.size)
        joined = _side_by_side([key if isinstance(key, tuple) else (key,) for key in op.keys], t.shape)
        if joined is not None and not any(value_of_number(x) is not None for x in xs):
            axis, order = joined
            if isinstance(op.keys[0], int) or isinstance(op.keys[0][-1], int):
                return call("stack" + (f"_{axis}" if axis else ""), *[xs[i] for i in order])
            parts = tuple(xs[i] for i in order)
            return (
                parts[0] if len(parts) == 1 else Expression("join", parts, "columns" if axis == t.ndim - 1 else "rows")
            )
        return plus(*[placed(x, self.key(key, t.shape)) for x, key in zip(xs, op.keys, strict=True)], factored=False)

    def _piece(self, key: Any, t: Tensor) -> Expression | None:
        """One part of what was scattered, where the other parts have another number at the same place."""
        if not isinstance(t.op, Scatter) or t in self.names or not basic_key(key) or not isinstance(key, tuple):
            return None
        plain = tuple(k for k in key if k is not None)
        if None in key[: len(plain)]:
            return None
        there = []
        for x, k in zip(t.inputs, t.op.keys, strict=True):
            keys = k if isinstance(k, tuple) else (k,)
            if keys == plain:
                there.append(self(x))
            elif (
                not basic_key(k)
                or len(keys) != len(plain)
                or not any(
                    isinstance(a, int) and isinstance(b, int) and a != b and a * b >= 0
                    for a, b in zip(keys, plain, strict=True)
                )
            ):
                return None
        if not there:
            return None
        piece = plus(*there, factored=self.factored)
        inserted = len(key) - len(plain)
        shape = t.inputs[0].shape
        return with_shape(piece, shape, shape + (1,) * inserted, self.size) if inserted else piece

    def _row(self, t: Tensor, i: int, deep: int = 0) -> Expression | None:
        """What stands at i in a stack, in what was scattered, or in what is computed of these: a person writes down
        none of them to take one out."""
        if t in self.names or t.op is None or deep > DEEPEST:
            return None
        match t.op:
            case Stack(axis=0):
                return self(t.inputs[i])
            case ExpandDims() if t.shape[1:] == t.inputs[0].shape:
                return self(t.inputs[0])
            case Concat(axis=axis) if axis % t.ndim:
                rows = [self._row(x, i, deep + 1) for x in t.inputs]  # a step of the outputs of two directions
                there = tuple(row for row in rows if row is not None)
                if len(there) < len(rows):
                    return None
                return Expression("join", there, "rows" if axis % t.ndim < t.ndim - 1 else "columns")
            case Scatter(keys=keys) if all(isinstance(k, int) for k in keys):
                n = len(t.data)
                added = [self(x) for x, k in zip(t.inputs, keys, strict=True) if k % n == i % n]
                return plus(*added, factored=self.factored)
            case Getitem(key=(slice() as every, *others)) if every == slice(None) and basic_key(tuple(others)):
                row = self._row(t.inputs[0], i, deep + 1)
                return None if row is None else self._part_of_row(row, others, t.inputs[0].shape[1:])
        if t.op.elementwise and t.ndim > 1:
            return self._row_of_elementwise(t, i, deep)
        return None

    def _row_of_elementwise(self, t: Tensor, i: int, deep: int) -> Expression | None:
        """A row of what is computed element by element of stacks and numbers."""
        assert t.op is not None
        rows: list[Expression] = []
        for x in t.inputs:
            if not self._shape(x, self(x)) and value_of_number(self(x)) is not None:
                rows.append(self(x))
            elif x.shape == t.shape and (row := self._row(x, i, deep + 1)) is not None:
                rows.append(row)
            else:
                return None
        return self.operation(t.op, rows, t.inputs, t)

    def _part_of_row(self, row: Expression, key: list[Any], shape: Shape) -> Expression:
        """A part of a row that is a matrix: its own rows, or its columns."""
        for k, n in zip(key, shape, strict=False):
            if isinstance(k, slice) and k.indices(n) == (0, n, 1):
                continue
            return element(row, self.key(tuple(key)))
        return row


def _side_by_side(keys: list[tuple[Any, ...]], shape: Shape) -> tuple[int, list[int]] | None:
    """The axis along which slices, or numbers, are all there is, and their order; None if they are not."""
    axis = len(keys[0]) - 1
    if not 0 <= axis < len(shape) or any(len(key) != axis + 1 for key in keys):
        return None
    if any(not isinstance(k, slice) or k != slice(None) for key in keys for k in key[:-1]):
        return None
    last = [key[-1] for key in keys]
    if all(isinstance(k, int) for k in last):
        order = sorted(range(len(last)), key=last.__getitem__)
        return (axis, order) if [last[i] for i in order] == list(range(shape[axis])) else None
    if axis < len(shape) - 2 or not all(isinstance(k, slice) and k.step is None for k in last):
        return None
    ends = [k.indices(shape[axis])[:2] for k in last]
    order = sorted(range(len(ends)), key=ends.__getitem__)
    bounds = [0, *(end for i in order for end in ends[i]), shape[axis]]
    return (axis, order) if all(a == b for a, b in zip(bounds[::2], bounds[1::2], strict=True)) else None
