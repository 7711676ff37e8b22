"""ONNX's operators number by number, and their products: each as operations of ours.

A function gets the node and the values of its inputs, None where one is left out: tensors where there is something to
differentiate, otherwise arrays (whole numbers, booleans, shapes).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....core import ops
from ....core.support.arrays import Array
from ....core.support.operands import value_of
from ....core.tensor import Tensor
from ..builder import onnx_package
from .node import TYPES, Node
from .sizes import Count, broadcast, of_inputs, product

__all__ = ["ELEMENTWISE", "Operator", "is_whole"]

Compute = Callable[..., Any]


@dataclass(frozen=True)
class Operator:
    """What computes a node, and what counts the numbers that it will make."""

    compute: Compute  # compute(node, *values), the result or a tuple of several
    count: Count = of_inputs


def direct(function: Callable[..., Any], count: Count = broadcast) -> Operator:
    """An operator that is one operation of ours."""
    return Operator(lambda node, *values: function(*values), count)


def each_after(function: Callable[..., Any]) -> Operator:
    """An operator of any number of inputs, one after the other."""
    return Operator(lambda node, *values: functools.reduce(function, values), broadcast)


def is_whole(value: Any) -> bool:
    """Whether a value holds whole numbers."""
    return bool(np.asarray(value_of(value)).dtype.kind in "iu")


def divide(node: Node, a: Any, b: Any) -> Any:
    """a / b; of whole numbers without the fraction, towards 0."""
    if not is_whole(a):
        return ops.divide(a, b)
    if not np.all(b):
        raise node.refused("a whole number is divided by 0. try: inputs of the sizes that were exported")
    return np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))


def remainder(node: Node, a: Any, b: Any) -> Any:
    """The remainder with the sign of b, or with fmod of a."""
    if is_whole(a) and not np.all(b):
        raise node.refused("a whole number is divided by 0. try: inputs of the sizes that were exported")
    if node.whole("fmod", 0):
        if is_whole(a):
            return a - b * divide(node, a, b)
        return ops.sign(a) * ops.remainder(ops.abs(a), ops.abs(b))  # a − b·trunc(a/b) would lose digits
    with np.errstate(invalid="ignore"):  # of infinity NaN, in silence
        return ops.remainder(a, b)


def power(node: Node, a: Any, b: Any) -> Any:
    """a to the power of b, in a's dtype."""
    dtype = np.asarray(value_of(a)).dtype
    if is_whole(a):
        return np.power(a, np.asarray(value_of(b))).astype(dtype)
    return ops.pow(a, np.asarray(b).astype(dtype) if is_whole(b) else b)


def clip(node: Node, x: Any, low: Any = None, high: Any = None) -> Any:
    """x between bounds, inputs in new files and options in old ones."""
    low, high = node.options.get("min", low), node.options.get("max", high)
    dtype = np.asarray(value_of(x)).dtype
    low, high = (None if b is None else np.asarray(value_of(b), dtype) for b in (low, high))
    return np.clip(x, low, high) if is_whole(x) else ops.clip(x, low, high)


def cast(node: Node, x: Any) -> Any:
    """x in another dtype; a tensor keeps its gradient between floats."""
    onnx = onnx_package("reading an ONNX model")
    to = node.whole("to")
    if to not in [onnx.TensorProto.DataType.Value(name) for name in TYPES]:
        raise node.refused(f"no numbers of ONNX's type {to} are read. try: a model in float32")
    dtype = onnx.helper.tensor_dtype_to_np_dtype(to)
    if dtype.kind == "f":
        return ops.astype(x, dtype)
    array = np.asarray(value_of(x))
    if isinstance(x, Tensor) and is_whole(x) and dtype.kind in "iu" and (array.astype(dtype) == array).all():
        return x  # the same numbers in more or fewer bytes: export can follow the tensor
    if array.dtype.kind == "f" and dtype.kind != "b":
        array = np.nan_to_num(np.trunc(array))  # C's cast of NaN is anything
    return array.astype(dtype)


def gemm(node: Node, a: Any, b: Any, c: Any = None) -> Any:
    """α A B + β C, A and B transposed if wanted."""
    a = ops.matrix_transpose(a) if node.whole("transA", 0) else a
    b = ops.matrix_transpose(b) if node.whole("transB", 0) else b
    alpha, beta = (float(node.options.get(key, 1.0)) for key in ("alpha", "beta"))
    y = ops.matmul(a, b) if alpha == 1 else ops.matmul(a, b) * alpha
    return y if c is None else y + (c if beta == 1 else c * beta)


def dropout(node: Node, x: Any, ratio: Any = None, training: Any = None) -> Any:
    """x itself: a model is exported for inference."""
    if training is not None and bool(np.any(training)):
        raise node.refused("it drops out in training mode. try: model.eval() before the export")
    return x, np.ones(np.shape(value_of(x)), bool)


def where(node: Node, condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, b elsewhere."""
    if is_whole(a) or np.asarray(value_of(a)).dtype == bool:
        return np.where(condition, a, b)
    return ops.where(condition, a, b)


def elu(node: Node, x: Any) -> Any:
    """x above 0, α (eˣ − 1) below."""
    return ops.where(x > 0, x, float(node.options["alpha"]) * ops.expm1(ops.minimum(x, 0.0)))


def selu(node: Node, x: Any) -> Any:
    """γ x above 0, γ α (eˣ − 1) below."""
    alpha, gamma = float(node.options["alpha"]), float(node.options["gamma"])
    return ops.where(x > 0, x, alpha * ops.expm1(ops.minimum(x, 0.0))) * gamma


def hard_sigmoid(node: Node, x: Any) -> Any:
    """α x + β, between 0 and 1."""
    return ops.clip(x * float(node.options["alpha"]) + float(node.options["beta"]), 0.0, 1.0)


def prelu(node: Node, x: Any, slope: Any) -> Any:
    """x above 0, slope·x below."""
    return ops.where(x > 0, x, x * slope)


def leaky_relu(node: Node, x: Any) -> Any:
    """x above 0, α x below."""
    return ops.leaky_relu(x, float(node.options["alpha"]))


def softmax(function: Callable[..., Any]) -> Operator:
    """Along one axis; before opset 13 over all axes from this one on."""

    def compute(node: Node, x: Any) -> Any:
        shape = np.shape(value_of(x))
        if node.opset >= 13:
            return function(x, axis=node.whole("axis", -1))
        axis = node.whole("axis", 1) % max(len(shape), 1)
        rows = ops.reshape(x, (int(np.prod(shape[:axis], dtype=int)), -1))
        return ops.reshape(function(rows, axis=-1), shape)

    return Operator(compute)


def of_bools(function: Callable[..., Any]) -> Operator:
    """A comparison or a connective of arrays: there is nothing to differentiate."""
    return Operator(lambda node, *values: function(*(np.asarray(value_of(v)) for v in values)), broadcast)


def whole_too(function: Callable[..., Any], of_whole: Callable[..., Array]) -> Operator:
    """An operation that NumPy does for whole numbers."""
    return Operator(lambda node, *v: of_whole(*v) if is_whole(v[0]) else function(*v), broadcast)


def mean(node: Node, *values: Any) -> Any:
    """The mean of the inputs."""
    return functools.reduce(ops.add, values) / len(values)


UNARY = {
    "Acos": ops.arccos, "Acosh": ops.arccosh, "Asin": ops.arcsin, "Asinh": ops.arcsinh, "Atan": ops.arctan,
    "Atanh": ops.arctanh, "Ceil": ops.ceil, "Cos": ops.cos, "Cosh": ops.cosh, "Erf": ops.erf, "Exp": ops.exp,
    "Floor": ops.floor, "Log": ops.log, "Reciprocal": ops.reciprocal, "Round": ops.round, "Sigmoid": ops.sigmoid,
    "Sin": ops.sin, "Sinh": ops.sinh, "Softplus": ops.softplus, "Softsign": ops.softsign, "Sqrt": ops.sqrt,
    "Tan": ops.tan, "Tanh": ops.tanh,
}  # fmt: skip

COMPARED = {
    "And": np.logical_and, "Equal": np.equal, "Greater": np.greater, "GreaterOrEqual": np.greater_equal,
    "IsNaN": np.isnan, "Less": np.less, "LessOrEqual": np.less_equal, "Not": np.logical_not, "Or": np.logical_or,
    "Xor": np.logical_xor,
}  # fmt: skip

ELEMENTWISE: dict[str, Operator] = {
    **{name: direct(function) for name, function in UNARY.items()},
    **{name: of_bools(function) for name, function in COMPARED.items()},
    "Abs": whole_too(ops.abs, np.abs),
    "Add": whole_too(ops.add, np.add),
    "Cast": Operator(cast),
    "Clip": Operator(clip, broadcast),
    "Div": Operator(divide, broadcast),
    "Dropout": Operator(dropout),
    "Elu": Operator(elu),
    "Gelu": Operator(lambda node, x: ops.gelu(x, approximate=node.options["approximate"])),
    "Gemm": Operator(gemm, product),
    "HardSigmoid": Operator(hard_sigmoid),
    "HardSwish": Operator(lambda node, x: x * ops.clip(x * (1 / 6) + 0.5, 0.0, 1.0)),
    "Identity": Operator(lambda node, x: x),
    "LeakyRelu": Operator(leaky_relu),
    "LogSoftmax": softmax(ops.log_softmax),
    "MatMul": direct(ops.matmul, product),
    "Max": each_after(ops.maximum),
    "Mean": Operator(mean, broadcast),
    "Min": each_after(ops.minimum),
    "Mish": Operator(lambda node, x: x * ops.tanh(ops.softplus(x))),
    "Mod": Operator(remainder, broadcast),
    "Mul": whole_too(ops.multiply, np.multiply),
    "Neg": whole_too(ops.negative, np.negative),
    "PRelu": Operator(prelu, broadcast),
    "Pow": Operator(power, broadcast),
    "Relu": whole_too(ops.relu, lambda x: np.maximum(x, 0)),
    "Selu": Operator(selu),
    "Sign": whole_too(ops.sign, np.sign),
    "Softmax": softmax(ops.softmax),
    "Sub": whole_too(ops.subtract, np.subtract),
    "Sum": each_after(ops.add),
    "Swish": Operator(lambda node, x: x * ops.sigmoid(x * float(node.options["alpha"]))),
    "Where": Operator(where, broadcast),
}
