"""Arithmetic, activations, reductions and products as ONNX operators, run by onnxruntime."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.interop.onnx.ops.exported import agrees, operators
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
