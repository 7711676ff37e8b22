"""From recorded tensors to expressions: every operation in the letters of mathematics."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..core.op import Op
from ..core.ops.arithmetic import Add, Divide, Multiply, Negative, Pow, Square, Subtract
from ..core.ops.indexing import Getitem, Scatter
from ..core.ops.joining import Concat, Stack
from ..core.ops.products import Matmul
from ..core.ops.reductions import LogSoftmax, Mean, Reduction, Softmax, Sum
from ..core.ops.shapes import Astype, BroadcastTo, ExpandDims, MatrixTranspose, PermuteDims, Reshape
from ..core.tensor import Tensor
from .expression import (
    Expression,
    call,
    divide,
    matmul,
    minus,
    named,
    number,
    part,
    plus,
    power,
    sum_over,
    times,
    transpose,
)
from .short import is_number, subscript, symbol_of

__all__ = ["LARGEST", "Reader", "function_name", "names_of", "readable"]

LARGEST = 40  # parts of an expression; a larger one gets a name of its own
PLAIN = re.compile(r"[^\W\d²³½ᵀΣ](?:[^\W²³½ᵀΣ]|[\u0300-\u036f\u20d7.′])*")  # nothing that is also a sign of formulas
ALONG_ROWS = (Softmax, LogSoftmax)  # unless another axis is said
UNSEEN = (Reshape, BroadcastTo, Astype)  # the same numbers, in a shape that broadcasting or the reader puts right


class Reader:
    """Reads tensors as expressions. `names` are those that have names, gradients and values alike."""

    def __init__(self, names: Mapping[Tensor, Expression], sizes: Mapping[int, str], factored: bool = True) -> None:
        self.names = dict(names)
        self.sizes = sizes  # a letter for a size: {4: "H"}
        self.factored = factored
        self._read: dict[Tensor, Expression] = {}
        self._shapes: dict[Tensor, tuple[int, ...]] = {}  # of what is written, where broadcasting is left unsaid

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
        return self.expression_of(t)

    def expression_of(self, t: Tensor) -> Expression:
        """The expression of this tensor in its inputs, even if it has a name itself."""
        if t.op is None:
            self._shapes[t] = t.shape
            return number(t.item()) if is_number(t) else named("const")
        xs = self.operands_of(t)
        if t.op.elementwise and not _is_outer(t.op, t.inputs):
            shape = np.broadcast_shapes(*[self._shape(i) for i in t.inputs])
        elif isinstance(t.op, UNSEEN) and (isinstance(t.op, Astype) or _alike(t.op, self._shape(t.inputs[0]), t.shape)):
            shape = self._shape(t.inputs[0])
        else:
            shape = t.shape
            total = isinstance(t.op, Sum | Mean) and t.op.axis is None
            xs = [self._whole(x, i, anyhow=total) for x, i in zip(xs, t.inputs, strict=True)]
        if t not in self.names:
            self._shapes[t] = shape
        return self.operation(t.op, xs, t.inputs, t)

    def operands_of(self, t: Tensor) -> list[Expression]:
        """The expressions of its inputs."""
        return [self.names.get(i) or self._read.get(i) or self(i) for i in t.inputs]

    def _shape(self, t: Tensor) -> tuple[int, ...]:
        return t.shape if t in self.names and self.names[t].kind != "number" else self._shapes.get(t, ())

    def _whole(self, x: Expression, t: Tensor, anyhow: bool = False) -> Expression:
        """The expression of all elements, where they are written as fewer: a product of matrices needs them.

        `anyhow`: in whatever shape. A sum may cancel to a single number, which stands for all.
        """
        all_there = (math.prod(self._shape(t)) == t.size) if anyhow else self._shape(t) == t.shape
        return (
            x
            if all_there and (_value(x) is None or t.ndim == 0)
            else call("full", x, *[named(self.size(n)) for n in t.shape])
        )

    def operation(self, op: Op, xs: list[Expression], inputs: Any, t: Tensor) -> Expression:
        """An operation on these."""
        match op:
            case Add():
                return plus(*xs, factored=self.factored)
            case Subtract():
                return plus(xs[0], minus(xs[1]), factored=self.factored)
            case Multiply() if _is_outer(op, inputs):
                return matmul(*xs)
            case Multiply():
                return times(*xs)
            case Divide():
                return divide(*xs)
            case Negative():
                return minus(xs[0])
            case Square():
                return power(xs[0], 2)
            case Pow() if (exponent := _value(xs[1])) is not None:
                return power(xs[0], exponent)
            case Matmul():
                return matmul(*xs)
            case MatrixTranspose():
                return transpose(xs[0])
            case PermuteDims() if self.is_transposition(op, t):
                return transpose(xs[0])
            case Concat():
                return Expression("join", tuple(xs), "rows" if op.axis % t.ndim < t.ndim - 1 else "columns")
            case Sum():
                return sum_over(xs[0], self.axes(op, inputs[0]))
            case Getitem():
                return self._part(op.key, xs[0], inputs[0])
        if isinstance(op, Reshape) and not _alike(op, self._shape(inputs[0]), t.shape):
            return call("reshape", xs[0], *[named(self.size(n)) for n in t.shape])
        if isinstance(op, UNSEEN):
            return xs[0]
        name = function_name(op)
        if isinstance(op, Scatter):  # the parts, each with where it goes
            places = [named(f"[{self.key(key)}]") for key in op.keys]
            return call(name, *[y for both in zip(xs, places, strict=True) for y in both])
        return call(name + "_" * bool(axes := self.axes(op, inputs[0])) + axes, *xs)

    def key(self, key: Any) -> str:
        """What stands in the brackets of a part: `:, ::-1`, with letters for the sizes; "…" for an array."""
        words = []
        for k in key if isinstance(key, tuple) else (key,):
            if isinstance(k, slice):
                start, stop = ("" if end is None else self.size(end) for end in (k.start, k.stop))
                words.append(f"{start}:{stop}" + ("" if k.step is None else f":{k.step}"))
            else:
                words.append("None" if k is None else str(k) if isinstance(k, int) else "…")
        return ", ".join(words)

    def size(self, n: int) -> str:
        """A size in letters where they are known: `H`."""
        return self.sizes.get(n, str(n))

    def shape(self, t: Tensor) -> str:
        """The shape in letters: `(B, H)`."""
        sizes = [self.size(n) for n in t.shape]
        return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})" if sizes else "()"

    def axes(self, op: Op, x: Tensor) -> str:
        """The axes along which it works, where they make a difference: `B`, `0,1`; none if all, or a softmax's last."""
        if op.elementwise or (axis := getattr(op, "axis", None)) is None:
            return ""
        if not isinstance(op, Reduction):
            return str(axis).strip("(),").replace(" ", "")
        axes = op.axes(x.ndim)
        if axes == (x.ndim - 1,) if isinstance(op, ALONG_ROWS) else len(axes) == x.ndim:
            return ""
        return ",".join(self.sizes.get(x.shape[a], str(a)) if isinstance(op, Sum) else str(a) for a in axes)

    @staticmethod
    def is_transposition(op: Op, t: Tensor) -> bool:
        """Whether it swaps the last two axes: of rows and columns, in each matrix of a stack."""
        swapped = (*range(t.ndim - 2), t.ndim - 1, t.ndim - 2)
        return isinstance(op, PermuteDims) and t.ndim > 1 and tuple(a % t.ndim for a in op.axes) == swapped

    def _part(self, key: Any, x: Expression, t: Tensor) -> Expression:
        """A slice along the rows or the columns of a matrix, or some other part."""
        keys = key if isinstance(key, tuple) else (key,)
        if t.ndim == 2 and all(isinstance(k, slice) and k.step is None for k in keys):
            for axis, n, k in zip(("rows", "columns"), t.shape, keys, strict=False):
                start, stop, _ = k.indices(n)
                if (start, stop) != (0, n):
                    ends = self.size(start) if start else "", self.size(stop) if stop < n else ""
                    x = part(x, axis, ":".join(ends))
            return x
        if not keys:  # x[()] is x
            return x
        if isinstance(keys[0], int) and all(k == slice(None) for k in keys[1:]):
            element = self._one_of(t, keys[0])
            return element if element is not None else Expression("part", (x,), ("element", self.key(keys[0])))
        return Expression("part", (x,), ("element", self.key(key)))

    def _is_stack(self, t: Tensor) -> bool:
        return t not in self.names and isinstance(t.op, Stack) and t.op.axis == 0

    def _one_of(self, t: Tensor, i: int) -> Expression | None:
        """What stands at i in a stack, or in what was scattered: a person writes down neither to take one out."""
        match t.op:
            case Stack(axis=0):
                return self(t.inputs[i])
            case ExpandDims() if t.shape[1:] == t.inputs[0].shape:
                return self(t.inputs[0])
            case Concat(axis=axis) if axis % t.ndim and all(self._is_stack(x) for x in t.inputs):
                of_each = tuple(self(x.inputs[i]) for x in t.inputs)  # a step of the outputs of two directions
                return Expression("join", of_each, "rows" if axis % t.ndim < t.ndim - 1 else "columns")
            case Scatter(keys=keys) if t not in self.names and all(isinstance(k, int) for k in keys):
                n = len(t.data)
                there = [self(x) for x, k in zip(t.inputs, keys, strict=True) if k % n == i % n]
                return plus(*there, factored=self.factored)
        return None


def function_name(op: Op) -> str:
    """What an operation is called as a function: σ, take_along."""
    return symbol_of(op).replace(" ", "_")


def _is_outer(op: Op, inputs: Any) -> bool:
    """Whether it is a column times a row: a product of matrices in all but its name."""
    if not isinstance(op, Multiply):
        return False
    x, y = inputs
    if not (x.ndim == y.ndim == 2 and x.shape[1] == 1 == y.shape[0]):
        return False
    return isinstance(x.op, MatrixTranspose) or (x.shape[0] > 1 and y.shape[1] > 1)


def _alike(op: Op, before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether broadcasting makes the same of both shapes: they differ in axes of size 1 at the front."""
    if isinstance(op, BroadcastTo):
        return True
    short, long = sorted([before, after], key=len)
    return before == () or (long[len(long) - len(short) :] == short and set(long[: len(long) - len(short)]) <= {1})


def _value(x: Expression) -> float | None:
    """The value of a number, or of minus a number."""
    if x.kind == "minus" and x.operands[0].kind == "number":
        return -float(x.operands[0].value)
    return float(x.value) if x.kind == "number" else None


def readable(name: str) -> str:
    """The name as it stands in a formula: in ⟨⟩ if it could be taken for more than a name, such as `a + b` or `2`."""
    seen = "".join(c for c in name if c.isprintable()).strip()
    if not seen or PLAIN.fullmatch(seen):
        return seen
    return f"⟨{seen.replace('⟨', '(').replace('⟩', ')')}⟩"


def names_of(tensors: Iterable[Tensor]) -> dict[Tensor, str]:
    """A name for each named tensor, in creation order.

    Those of a name that several steps make get their steps, a start the step before the first; what repeats, a prime.
    """
    called = [(t, readable(t.name)) for t in tensors if t.name and readable(t.name)]
    steps: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for t, name in called:
        steps.setdefault((name, t.shape), []).extend(_step_of(t))
    names: dict[Tensor, str] = {}
    used: set[str] = set()
    for t, name in called:
        all_steps, step = steps[name, t.shape], _step_of(t)
        if len(all_steps) > 1 and t.op is None and not step:
            step = [min(all_steps) - 1]
        if len(all_steps) > 1 or name in used:
            name += "".join(map(subscript, step))
        while name in used:
            name += "′"
        used.add(name)
        names[t] = name
    return names


def _step_of(t: Tensor) -> list[int]:
    """The number of its innermost step, if it is in one."""
    return [place.index for place in t.scope.path if place.index is not None][-1:]
