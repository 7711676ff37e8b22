"""Each operation as ONNX operators: the table, and arithmetic, activations, reductions and products.

A function in the table takes the ONNX graph, the node of the program, and the names of its inputs in the graph; it
adds the operators that compute the node, and returns the name of the result. ONNX mixes no dtypes: where NumPy would,
the inputs are cast first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ....core.op import Op
from ....core.ops import activations as a
from ....core.ops import arithmetic as n
from ....core.ops import elementary as e
from ....core.ops import products as p
from ....core.ops import reductions as r
from ....core.ops import rounding as f
from ....core.ops import scans
from ....core.ops import trigonometric as t
from ....core.ops.linalg import solving
from ..builder import Graph
from ..record import Node
from ..symbolic_size import Unfitting, fitted

__all__ = ["OPERATORS", "Emit", "in_dtype"]

Emit = Callable[[Graph, Node, list[str]], str]


def in_dtype(g: Graph, node: Node, xs: list[str]) -> list[str]:
    """The inputs, cast to the dtype of the result where they have another."""
    dtype = node.tensor.dtype
    return [x if t.tensor.dtype == dtype else g.cast(x, dtype) for x, t in zip(xs, node.inputs, strict=True)]


def direct(operator: str, **attributes: Any) -> Emit:
    """An operation that is one ONNX operator."""

    def emit(g: Graph, node: Node, xs: list[str]) -> str:
        return g.add(operator, *in_dtype(g, node, xs), **attributes)

    return emit


def number(g: Graph, node: Node, value: float) -> str:
    """A number in the dtype of the result."""
    return g.array(np.array(value, node.tensor.dtype))


# --- element by element ----------------------------------------------------------------------------------------------


def square(g: Graph, node: Node, xs: list[str]) -> str:
    """x ⊙ x."""
    return g.add("Mul", xs[0], xs[0])


def clip(g: Graph, node: Node, xs: list[str]) -> str:
    """Clip, with bounds of x's dtype, either of which may be left out."""
    bounds = [node.option("low"), node.option("high")]
    return g.add("Clip", *in_dtype(g, node, xs), *("" if b is None else number(g, node, b) for b in bounds))


def where(g: Graph, node: Node, xs: list[str]) -> str:
    """Where, with a condition of booleans."""
    condition = xs[0] if node.inputs[0].tensor.dtype == bool else g.cast(xs[0], bool)
    return g.add("Where", condition, *in_dtype(g, node, xs)[1:])


def near_zero(exact: Callable[[Graph, Node, str], str], usual: Callable[[Graph, Node, str], str]) -> Emit:
    """One formula where |x| < 1, which keeps the digits of a small x, and another elsewhere."""

    def emit(g: Graph, node: Node, xs: list[str]) -> str:
        (x,) = in_dtype(g, node, xs)
        small = g.add("Less", g.add("Abs", x), number(g, node, 1))
        return g.add("Where", small, exact(g, node, x), usual(g, node, x))

    return emit


def expm1_near_zero(g: Graph, node: Node, x: str) -> str:
    """eˣ − 1 = 2t/(1 − t), with t = tanh(x/2)."""
    t = g.add("Tanh", g.add("Mul", x, number(g, node, 0.5)))
    return g.add("Div", g.add("Add", t, t), g.add("Sub", number(g, node, 1), t))


def expm1_elsewhere(g: Graph, node: Node, x: str) -> str:
    """eˣ − 1, by Exp."""
    return g.add("Sub", g.add("Exp", x), number(g, node, 1))


def log1p_near_zero(g: Graph, node: Node, x: str) -> str:
    """ln(1 + x) = ln(1 + x)·x/((1 + x) − 1): the error of rounding 1 + x cancels. Source: Kahan."""
    rounded = g.add("Add", x, number(g, node, 1))
    taken = g.add("Sub", rounded, number(g, node, 1))
    nothing = g.add("Equal", taken, number(g, node, 0))  # 1 + x is 1: then ln(1 + x) is x
    ratio = g.add("Div", g.add("Log", rounded), g.add("Where", nothing, number(g, node, 1), taken))
    return g.add("Mul", x, g.add("Where", nothing, number(g, node, 1), ratio))


def log1p_elsewhere(g: Graph, node: Node, x: str) -> str:
    """ln(1 + x), by Log."""
    return g.add("Log", g.add("Add", x, number(g, node, 1)))


def silu(g: Graph, node: Node, xs: list[str]) -> str:
    """x ⊙ σ(x)."""
    (x,) = in_dtype(g, node, xs)
    return g.add("Mul", x, g.add("Sigmoid", x))


def exp2(g: Graph, node: Node, xs: list[str]) -> str:
    """2 to the power x."""
    return g.add("Pow", number(g, node, 2), *in_dtype(g, node, xs))


def logarithm(base: float) -> Emit:
    """A logarithm to another base than e."""

    def emit(g: Graph, node: Node, xs: list[str]) -> str:
        return g.add("Mul", g.add("Log", *in_dtype(g, node, xs)), number(g, node, 1 / math.log(base)))

    return emit


def trunc(g: Graph, node: Node, xs: list[str]) -> str:
    """The sign of x times ⌊|x|⌋."""
    (x,) = in_dtype(g, node, xs)
    return g.add("Mul", g.add("Sign", x), g.add("Floor", g.add("Abs", x)))


def rounded(g: Graph, node: Node, xs: list[str]) -> str:
    """Round, which takes halves to the even neighbour; of more or fewer decimals of a number scaled by them."""
    (x,), scale = in_dtype(g, node, xs), 10.0 ** node.option("decimals")
    if scale == 1:
        return g.add("Round", x)
    return g.add("Div", g.add("Round", g.add("Mul", x, number(g, node, scale))), number(g, node, scale))


# --- reductions ------------------------------------------------------------------------------------------------------


def axes_of(node: Node) -> tuple[int, ...]:
    """The reduced axes, counted from the front."""
    axis, ndim = node.option("axis"), node.inputs[0].tensor.ndim
    axes = tuple(range(ndim)) if axis is None or ndim == 0 else axis if isinstance(axis, tuple) else (axis,)
    return tuple(axis % ndim for axis in axes)


def reduced(g: Graph, operator: str, x: str, axes: tuple[int, ...], keepdims: bool) -> str:
    """A reduction along axes, of which there may be none."""
    return g.add(operator, x, g.array(np.array(axes, np.int64)), keepdims=int(keepdims)) if axes else x


def reduction(operator: str, alone: str = "Identity") -> Emit:
    """A reduction; `alone` is the operator for an input without axes."""

    def emit(g: Graph, node: Node, xs: list[str]) -> str:
        (x,), axes = in_dtype(g, node, xs), axes_of(node)
        return reduced(g, operator, x, axes, node.option("keepdims")) if axes else g.add(alone, x)

    return emit


def count(g: Graph, node: Node, axes: tuple[int, ...]) -> str:
    """How many elements make one of the result, as a number of its dtype."""
    sizes = [node.inputs[0].dims[axis] for axis in axes]
    known = [size for size in sizes if isinstance(size, int)]
    if len(known) == len(sizes):
        return number(g, node, math.prod(known))
    return g.cast(g.add("ReduceProd", g.numbers(sizes), keepdims=0), node.tensor.dtype)


def var(g: Graph, node: Node, xs: list[str]) -> str:
    """Σ (x − x̄)²/(n − correction)."""
    (x,), axes = in_dtype(g, node, xs), axes_of(node)
    centred = g.add("Sub", x, reduced(g, "ReduceMean", x, axes, True))
    total = reduced(g, "ReduceSum", g.add("Mul", centred, centred), axes, node.option("keepdims"))
    divisor = g.add("Sub", count(g, node, axes), number(g, node, node.option("correction")))
    return g.add("Div", total, divisor)


def std(g: Graph, node: Node, xs: list[str]) -> str:
    """√var."""
    return g.add("Sqrt", var(g, node, xs))


def softmax(operator: str) -> Emit:
    """Softmax or its logarithm: ONNX has them along one axis, so several become one first."""

    def emit(g: Graph, node: Node, xs: list[str]) -> str:
        (x,), axes, ndim = in_dtype(g, node, xs), axes_of(node), node.tensor.ndim
        if len(axes) == 1:
            return g.add(operator, x, axis=axes[0])
        others = [i for i in range(ndim) if i not in axes]
        order = [*others, *axes]
        last = g.add("Transpose", x, perm=order) if order != sorted(order) else x
        dims = [node.dims[i] for i in others]
        try:
            n = fitted([math.prod(t.shape[i] for i in axes) for t in node.tensors], node.recordings)
        except Unfitting:
            n = -1  # inferred, which an empty batch does not allow
        flat = g.add("Reshape", last, g.numbers([*dims, n]), allowzero=int(n != -1))  # (..., n)
        y = g.add("Reshape", g.add(operator, flat, axis=-1), g.numbers([node.dims[i] for i in order]), allowzero=1)
        return g.add("Transpose", y, perm=np.argsort(order).tolist()) if order != sorted(order) else y

    return emit


def cumulative_sum(g: Graph, node: Node, xs: list[str]) -> str:
    """CumSum along an axis."""
    return g.add("CumSum", *in_dtype(g, node, xs), g.array(np.array(node.option("axis"))))


def einsum(g: Graph, node: Node, xs: list[str]) -> str:
    """Einsum, with the letters as they are."""
    equation = f"{','.join(node.option('terms'))}->{node.option('result')}"
    return g.add("Einsum", *in_dtype(g, node, xs), equation=equation)


OPERATORS: dict[type[Op], Emit] = {
    n.Add: direct("Add"),
    n.Subtract: direct("Sub"),
    n.Multiply: direct("Mul"),
    n.Divide: direct("Div"),
    n.Negative: direct("Neg"),
    n.Pow: direct("Pow"),
    n.Square: square,
    n.Abs: direct("Abs"),
    n.Sign: direct("Sign"),
    n.Maximum: direct("Max"),
    n.Minimum: direct("Min"),
    n.Clip: clip,
    n.Where: where,
    e.Exp: direct("Exp"),
    e.Exp2: exp2,
    e.Expm1: near_zero(expm1_near_zero, expm1_elsewhere),
    e.Log: direct("Log"),
    e.Log2: logarithm(2),
    e.Log10: logarithm(10),
    e.Log1p: near_zero(log1p_near_zero, log1p_elsewhere),
    e.Sqrt: direct("Sqrt"),
    e.Sin: direct("Sin"),
    e.Cos: direct("Cos"),
    e.Reciprocal: direct("Reciprocal"),
    e.Erf: direct("Erf"),
    t.Tan: direct("Tan"),
    t.Arcsin: direct("Asin"),
    t.Arccos: direct("Acos"),
    t.Arctan: direct("Atan"),
    t.Sinh: direct("Sinh"),
    t.Cosh: direct("Cosh"),
    t.Arcsinh: direct("Asinh"),
    t.Arccosh: direct("Acosh"),
    t.Arctanh: direct("Atanh"),
    f.Floor: direct("Floor"),
    f.Ceil: direct("Ceil"),
    f.Trunc: trunc,
    f.Round: rounded,
    a.Tanh: direct("Tanh"),
    a.Sigmoid: direct("Sigmoid"),
    a.Relu: direct("Relu"),
    a.Softplus: direct("Softplus"),
    a.Silu: silu,
    a.GeluTanh: direct("Gelu", approximate="tanh"),
    a.Gelu: direct("Gelu", approximate="none"),
    r.Sum: reduction("ReduceSum"),
    r.Mean: reduction("ReduceMean"),
    r.Prod: reduction("ReduceProd"),
    r.Max: reduction("ReduceMax"),
    r.Min: reduction("ReduceMin"),
    r.Logsumexp: reduction("ReduceLogSumExp"),
    r.VectorNorm: reduction("ReduceL2", alone="Abs"),
    r.Var: var,
    r.Std: std,
    r.Softmax: softmax("Softmax"),
    r.LogSoftmax: softmax("LogSoftmax"),
    scans.CumulativeSum: cumulative_sum,
    p.Matmul: direct("MatMul"),
    p.Einsum: einsum,
    solving.Det: direct("Det"),
}
