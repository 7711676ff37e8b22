"""A function exported to ONNX and run by onnxruntime, at the size of the example and at others."""

import numpy as np
import onnx

import tinygrad_gru as tg
from tests.interop.onnx.models import run
from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.interop.onnx.exporter import model_of

__all__ = ["agrees", "inputs", "operators"]


class Of(nn.Module):
    """A module that computes a function of x."""

    def __init__(self, function):
        self.function = function

    def forward(self, x):
        return self.function(x)


def inputs(rows, dtype=np.float32):
    """x (rows, 4), of both signs, some of it below 1."""
    return np.random.default_rng(rows).normal(0, 1.5, (rows, 4)).astype(dtype)


def agrees(function, sizes=(3, 1, 6)):
    """Whether onnxruntime computes the same as we do, at each number of rows; the first is the example."""
    module = Of(function)
    proto = model_of(module, inputs(sizes[0])).SerializeToString()
    for rows in sizes:
        x = inputs(rows)
        (got,), wanted = run(onnx.load_from_string(proto), {"x": x}), module(tg.Tensor(x)).data
        if got.shape != wanted.shape or got.dtype != wanted.dtype:
            return False
        if not np.array_equal(got, wanted) and error(got, wanted) > 1e-5:  # of zeros there is no relative error
            return False
    return True


def operators(function):
    """The operation classes that a function records."""
    from tinygrad_gru.interop.onnx.record import Call

    _, outputs = Call(Of(function), inputs(3)).record([inputs(3)])
    found, pending = set(), list(outputs)
    while pending:
        t = pending.pop()
        found |= {type(t.op)} if t.op is not None else set()
        pending += t.inputs
    return found
