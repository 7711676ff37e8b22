"""Arithmetic, activations, reductions and products as ONNX operators, run by onnxruntime."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.interop.onnx.ops.exported import agrees, operators
from tinygrad_gru.errors import GraphError
from tinygrad_gru.interop.onnx.ops.elementwise import OPERATORS

W = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
FUNCTIONS = {
    "add": lambda x: x + 1.5,
    "subtract": lambda x: 2.0 - x,
    "multiply": lambda x: x * x[:, ::-1],
    "divide": lambda x: x / 3.0,
    "negative": lambda x: -x,
    "pow": lambda x: tg.abs(x) ** 1.5,
    "square": tg.square,
    "sign": tg.sign,
    "maximum and minimum": lambda x: tg.maximum(x, 0.5) + tg.minimum(x, -0.5),
    "clip": lambda x: tg.clip(x, -0.5, 0.5),
    "clip from below": lambda x: tg.clip(x, 0.1, None),
    "where": lambda x: tg.where(np.array([True, False, True, False]), x, 7.0),
    "exp": tg.exp,
    "expm1, small and large": lambda x: tg.expm1(x) + tg.expm1(x * 1e-6),
    "log": lambda x: tg.log(tg.abs(x) + 0.1),
    "log1p, small and large": lambda x: tg.log1p(tg.abs(x)) + tg.log1p(x * 1e-6),
    "sqrt": lambda x: tg.sqrt(tg.abs(x)),
    "sin and cos": lambda x: tg.sin(x) * tg.cos(x),
    "exp2": tg.exp2,
    "log2 and log10": lambda x: tg.log2(tg.abs(x) + 0.1) + tg.log10(tg.abs(x) + 0.1),
    "reciprocal": lambda x: tg.reciprocal(tg.abs(x) + 0.1),
    "erf": tg.erf,
    "tan": lambda x: tg.tan(x * 0.3),
    "arcsin and arccos": lambda x: tg.arcsin(tg.tanh(x)) * tg.arccos(tg.tanh(x)),
    "arctan": tg.arctan,
    "sinh and cosh": lambda x: tg.sinh(x) - tg.cosh(x),
    "arcsinh": tg.arcsinh,
    "arccosh": lambda x: tg.arccosh(1.5 + tg.abs(x)),
    "arctanh": lambda x: tg.arctanh(0.9 * tg.tanh(x)),
    "floor and ceil": lambda x: tg.floor(x) - 2 * tg.ceil(x),
    "trunc": tg.trunc,
    "round, halves too": lambda x: tg.round(x * 2) + tg.round(tg.round(x * 2) / 2),
    "round to a decimal": lambda x: tg.round(x, 1),
    "softsign": tg.softsign,
    "gelu by tanh": lambda x: tg.gelu(x, "tanh"),
    "norms of other orders": lambda x: tg.vector_norm(x, axis=1, ord=1) + tg.vector_norm(x, axis=1, ord=np.inf),
    "diff and trace": lambda x: tg.diff(x, axis=1) + tg.trace(x[:, None, None, :1])[:, None],
    "hstack and vstack": lambda x: tg.hstack([x, x + 1])[:, 1:5],
    "det": lambda x: tg.linalg.det(tg.reshape(x, (-1, 2, 2)) + np.float32([[3, 0], [0, 3]])),
    "tanh": tg.tanh,
    "sigmoid": tg.sigmoid,
    "relu": tg.relu,
    "softplus": tg.softplus,
    "silu": tg.silu,
    "gelu": tg.gelu,
    "sum": lambda x: tg.sum(x, axis=1) + tg.sum(x),
    "mean": lambda x: tg.mean(x, axis=0, keepdims=True),
    "prod": lambda x: tg.prod(x, axis=-1),
    "max and min": lambda x: tg.max(x, axis=1) - tg.min(x, axis=1),
    "logsumexp": lambda x: tg.logsumexp(x, axis=1),
    "vector_norm": lambda x: tg.vector_norm(x, axis=1),
    "var": lambda x: tg.var(x, axis=1, correction=1),
    "std over an axis of any size": lambda x: tg.std(x, axis=0),
    "softmax": tg.softmax,
    "softmax over two axes": lambda x: tg.softmax(x, axis=(0, 1)),
    "log_softmax": lambda x: tg.log_softmax(x, axis=0),
    "cumulative_sum": lambda x: tg.cumulative_sum(x, axis=1),
    "matmul": lambda x: x @ W,
    "einsum": lambda x: tg.einsum("bi,ij->jb", x, W),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_onnxruntime_computes_the_same_at_any_size(name):
    assert agrees(FUNCTIONS[name])


def test_every_operation_of_the_table_is_run():
    assert set().union(*map(operators, FUNCTIONS.values())) >= set(OPERATORS)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (tg.erfc, "erfc"),
        (lambda x: tg.hypot(x, 1.0), "hypot"),
        (lambda x: tg.arctan2(x, 2.0), "arctan2"),
        (lambda x: tg.logaddexp(x, 0.0), "logaddexp"),
        (lambda x: tg.remainder(x, 2.0), "remainder"),
        (lambda x: x // 2.0, "floor_divide"),
        (lambda x: tg.vector_norm(x, axis=1, ord=3), "vector_p_norm"),
        (lambda x: tg.linalg.inv(tg.reshape(x, (-1, 2, 2))), "inv"),
        (lambda x: tg.linalg.solve(np.eye(4), x[:1, :, None]), "solve"),
        (lambda x: tg.linalg.slogdet(tg.reshape(x, (-1, 2, 2)))[1], "slogdet"),
        (lambda x: tg.linalg.cholesky(tg.reshape(x, (-1, 1, 1)) ** 2), "cholesky"),
        (lambda x: tg.linalg.eigvalsh(tg.reshape(x, (-1, 1, 1))), "eigvalsh"),
        (lambda x: tg.linalg.eigh(tg.reshape(x, (-1, 1, 1)))[1], "eigenvectors"),
        (tg.linalg.svdvals, "svdvals"),
        (lambda x: tg.linalg.svd(x)[0], "singular_vectors"),
        (lambda x: tg.topk(x, 2, axis=1)[0], "constant"),
        (lambda x: tg.cumulative_max(x, axis=1), "constant"),
        (tg.elu, "comparisons"),
        (lambda x: tg.clip(x, np.float32([-1, 0, -0.5, -2])), "comparisons"),
        (lambda x: tg.where(tg.isnan(x), 0.0, x * 2), "comparisons"),
        (lambda x: tg.where(tg.isfinite(x), x, 0.0), "comparisons"),
        (lambda x: tg.where(x > 1e9, 0.0, x), "comparisons"),
    ],
    ids=lambda f: f if isinstance(f, str) else "",
)
def test_what_onnx_has_not_is_refused_by_name(function, name):
    with pytest.raises(GraphError, match=f"ONNX export: .*{name}"):
        agrees(function)


def test_a_number_close_to_zero_keeps_its_digits():
    assert agrees(lambda x: tg.expm1(x * 1e-7) * 1e7) and agrees(lambda x: tg.log1p(x * 1e-7) * 1e7)


def test_two_dtypes_are_cast_as_numpy_promotes_them():
    assert agrees(lambda x: x + tg.Tensor(np.arange(4.0)))  # float32 and float64


def test_a_planted_fault_is_caught(monkeypatch):
    from tinygrad_gru.core.ops.activations import Tanh
    from tinygrad_gru.interop.onnx import exporter
    from tinygrad_gru.interop.onnx.ops.elementwise import direct

    monkeypatch.setitem(exporter.EMIT, Tanh, direct("Sigmoid"))
    assert not agrees(tg.tanh)
