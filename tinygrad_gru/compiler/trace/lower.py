"""Lowering: the rules that turn each recorded operation into primitive ones. A cell with an operation without a rule
runs eagerly."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...core.op import Op
from ...core.ops import activations as a
from ...core.ops import arithmetic as r
from ...core.ops import elementary as e
from ...core.ops import indexing, joining, predicates, products, reductions, shapes
from ..ir import Instruction, Program, Stage
from ..ir.primitives import BOOLEAN

__all__ = ["LOWER", "CannotLower"]

Rule = Callable[[Program, Any, list[Instruction]], Instruction]


class CannotLower(Exception):
    """The option of an operation that has no rule, such as `over axis 0`."""


def _elementwise(name: str) -> Rule:
    return lambda p, op, args: p.make(name, *args)


def _sigmoid(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    """σ(x) = ½ tanh(½ x) + ½: the one nonlinearity then serves all gates."""
    half = p.number(0.5)
    return p.make("add", p.make("multiply", half, p.make("tanh", p.make("multiply", half, args[0]))), half)


def _silu(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    """x·σ(x), with x held where σ is 0: no 0·∞."""
    return p.make("multiply", p.make("maximum", args[0], p.number(-800.0)), _sigmoid(p, op, args))


def _gelu(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    x, number = args[0], p.number
    held = p.make("maximum", x, number(-10.0))  # below, 1 + tanh u is 0: no 0·∞
    c = p.make("minimum", held, number(10.0))
    cube = p.make("multiply", number(0.044715), p.make("multiply", c, p.make("multiply", c, c)))
    u = p.make("multiply", number(a.GeluTanh.C), p.make("add", c, cube))
    return p.make("multiply", p.make("multiply", held, number(0.5)), p.make("add", number(1.0), p.make("tanh", u)))


def _clip(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    x = args[0] if op.low is None else p.make("maximum", args[0], p.number(float(op.low)))
    return x if op.high is None else p.make("minimum", x, p.number(float(op.high)))


def _pow(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    x, y = args
    if y.op == "number" and y.option("value") == 2:
        return p.make("multiply", x, x)
    return p.make("power", x, y)


def _matmul(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    x, y = args
    if x.op == "transpose_batch":
        return p.make("outer", x.args[0], y)
    if len(x.dims) != 2 or len(y.dims) != 2 or "B" in y.dims:
        raise CannotLower(f"of sizes {x.dims} and {y.dims}")
    return p.make("matmul", x, y)


def _transpose(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    (x,) = args
    if isinstance(op, shapes.PermuteDims) and tuple(i % 2 for i in op.axes) != (1, 0):
        raise CannotLower(f"of sizes {x.dims}")
    if len(x.dims) != 2:
        raise CannotLower(f"of sizes {x.dims}")
    if "B" in x.dims:
        return p.make("transpose_batch", x)  # only the left side of a product may use it
    return x.args[0] if x.op == "transpose" else p.make("transpose", x)


def _concat(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    ndim = len(args[0].dims)
    if op.axis % ndim == ndim - 1:
        return p.make("concat", *args)
    if op.axis % ndim == 0 and not any("B" in x.dims for x in args):
        return p.make("stack_rows", *args)
    raise CannotLower(f"along axis {op.axis}")


def _getitem(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    (x,) = args
    key = op.key if isinstance(op.key, tuple) else (op.key,)
    if not all(isinstance(k, slice) or k is Ellipsis for k in key):
        raise CannotLower("by anything but slices")
    if Ellipsis in key:
        i = key.index(Ellipsis)
        key = key[:i] + (slice(None),) * (len(x.dims) - len(key) + 1) + key[i + 1 :]
    key += (slice(None),) * (len(x.dims) - len(key))
    picked = x
    for axis, k in enumerate(key):
        if k == slice(None):
            continue
        n = x.dims[axis]
        if n == "B" or k.step not in (None, 1):
            raise CannotLower("of the batch, or with steps")
        start, stop, _ = k.indices(n)
        if (start, stop) == (0, n):
            continue
        if axis == len(x.dims) - 1:
            picked = p.make("columns", picked, start=start, stop=stop)
        elif axis == 0:
            picked = p.make("rows", picked, start=start, stop=stop)
        else:
            raise CannotLower(f"along axis {axis}")
    return picked


def _scatter(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    """The gradient of what was used slice by slice: the pieces side by side, or one below the other."""
    ndim = len(op.shape)
    cuts = []
    for key, piece in zip(op.keys, args, strict=True):
        parts = key if isinstance(key, tuple) else (key,)
        if not all(isinstance(k, slice) or k is Ellipsis for k in parts):
            raise CannotLower("by anything but slices")
        if Ellipsis in parts:
            i = parts.index(Ellipsis)
            parts = parts[:i] + (slice(None),) * (ndim - len(parts) + 1) + parts[i + 1 :]
        parts += (slice(None),) * (ndim - len(parts))
        cut = [axis for axis, k in enumerate(parts) if k.indices(op.shape[axis]) != (0, op.shape[axis], 1)]
        if len(cut) != 1 or parts[cut[0]].step not in (None, 1):
            raise CannotLower("along several axes, or with steps")
        start, stop, _ = parts[cut[0]].indices(op.shape[cut[0]])
        cuts.append((start, stop, cut[0], piece))
    cuts.sort(key=lambda c: c[:2])
    axis = cuts[0][2]
    ends = [0, *(stop for _, stop, _, _ in cuts)]
    if [start for start, _, _, _ in cuts] != ends[:-1] or ends[-1] != op.shape[axis] or {c[2] for c in cuts} != {axis}:
        raise CannotLower("with gaps or overlaps")
    if axis != ndim - 1 and "B" in args[0].dims:
        raise CannotLower("of the batch")
    return p.make("concat" if axis == ndim - 1 else "stack_rows", *[c[3] for c in cuts])


def _sum(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    """To a column (B, 1), or over the rows, as the gradient of a parameter that is a row or a single number is a sum
    over the batch. In a step itself no sequence may know of the others."""
    (x,) = args
    axes = op.axes(len(x.dims))
    over_rows = 0 in axes and (x.dims[0] == 1 or (x.dims[0] == "B" and x.stage == Stage.GRADIENT))
    if len(x.dims) != 2 or not (over_rows or (axes == (1,) and op.keepdims)):
        raise CannotLower(f"over axis {op.axis} of sizes {x.dims}")
    total = p.make("sum_columns", x) if 1 in axes else x
    if over_rows and x.dims[0] == "B":
        total = p.make("sum_batch", total)
    row = (1, total.width) if op.keepdims else (total.width,) if axes == (0,) else ()
    return _as(p, total, row) if over_rows else total


def _as(p: Program, x: Instruction, dims: tuple[int, ...]) -> Instruction:
    return x if x.dims == dims else p.make("reshape", x, dims=dims)


def _reshape(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    (x,) = args
    if "B" in x.dims:
        raise CannotLower(f"of sizes {x.dims} to {op.shape}")
    rest = math.prod(x.dims) // max(1, math.prod(n for n in op.shape if n >= 0))
    return _as(p, x, tuple(rest if n == -1 else n for n in op.shape))


def _mean(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    (x,) = args
    if len(x.dims) != 2 or op.axes(2) != (1,) or not op.keepdims:
        raise CannotLower(f"over axis {op.axis} of sizes {x.dims}")
    return p.make("multiply", p.make("sum_columns", x), p.number(1 / x.width))


def _softmax(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    (x,) = args
    if len(x.dims) != 2 or op.axes(2) != (1,):
        raise CannotLower(f"over axis {op.axis} of sizes {x.dims}")
    powers = p.make("exp", p.make("subtract", x, p.make("max_columns", x)))
    return p.make("divide", powers, p.make("sum_columns", powers))


def _broadcast(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    (x,) = args
    if len(x.dims) == 2 and x.dims[1] == 1 and len(op.shape) == 2:
        return p.make("broadcast_columns", x, width=op.shape[1])
    if len(op.shape) == len(x.dims) and op.shape[-1] == x.dims[-1]:
        return x
    raise CannotLower(f"from sizes {x.dims}")


def _compare(p: Program, op: Any, args: list[Instruction]) -> Instruction:
    if op.compare.__name__ not in BOOLEAN:
        raise CannotLower(f"by {op.compare.__name__}")
    return p.make(op.compare.__name__, *args)


LOWER: dict[type[Op], Rule] = {
    r.Add: _elementwise("add"),
    r.Subtract: _elementwise("subtract"),
    r.Multiply: _elementwise("multiply"),
    r.Divide: _elementwise("divide"),
    r.Negative: _elementwise("negative"),
    r.Pow: _pow,
    r.Square: lambda p, op, args: p.make("multiply", args[0], args[0]),
    r.Abs: _elementwise("absolute"),
    r.Sign: _elementwise("sign"),
    r.Maximum: _elementwise("maximum"),
    r.Minimum: _elementwise("minimum"),
    r.Clip: _clip,
    r.Where: _elementwise("where"),
    e.Exp: _elementwise("exp"),
    e.Expm1: _elementwise("expm1"),
    e.Log: _elementwise("log"),
    e.Log1p: _elementwise("log1p"),
    e.Sqrt: _elementwise("sqrt"),
    e.Sin: _elementwise("sin"),
    e.Cos: _elementwise("cos"),
    a.Tanh: _elementwise("tanh"),
    a.Sigmoid: _sigmoid,
    a.Relu: lambda p, op, args: p.make("maximum", args[0], p.number(0.0)),
    a.Softplus: lambda p, op, args: p.make("logaddexp", args[0], p.number(0.0)),
    a.Silu: _silu,
    a.GeluTanh: _gelu,
    products.Matmul: _matmul,
    shapes.MatrixTranspose: _transpose,
    shapes.PermuteDims: _transpose,
    shapes.BroadcastTo: _broadcast,
    shapes.Reshape: _reshape,
    shapes.ExpandDims: _reshape,
    shapes.Squeeze: _reshape,
    joining.Concat: _concat,
    indexing.Getitem: _getitem,
    indexing.Scatter: _scatter,
    predicates.Compare: _compare,
    reductions.Sum: _sum,
    reductions.Mean: _mean,
    reductions.Softmax: _softmax,
}
