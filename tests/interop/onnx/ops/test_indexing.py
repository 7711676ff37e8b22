"""Indexing as ONNX operators, run by onnxruntime."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.interop.onnx.ops.exported import agrees, operators
from tinygrad_gru.interop.onnx.ops.indexing import INDEXING

FUNCTIONS = {
    "an integer": lambda x: x[0],
    "an integer from the end": lambda x: x[-1, 2],
    "a slice with a step": lambda x: x[:, 1:4:2],
    "a slice backwards": lambda x: x[::-1],
    "a new axis": lambda x: x[:, None],
    "an array": lambda x: x[:, np.array([3, 0, 0])],
    "two arrays side by side": lambda x: x.reshape((x.shape[0], 2, 2))[:, np.array([0, 1]), np.array([1, 0])],
    "two arrays apart, in front": lambda x: x.reshape((x.shape[0], 2, 2)).mT[np.array([0]), :, np.array([1])],
    "a mask": lambda x: x[:, np.array([True, False, True, False])],
    "every row": lambda x: x[np.arange(x.shape[0])],
    "take": lambda x: tg.take(x, np.array([1, 1]), axis=1),
    "take_along_axis": lambda x: tg.take_along_axis(x, np.array([[2]]), axis=1),
    "diagonal": lambda x: tg.diagonal(x, offset=1),
    "tril and triu": lambda x: tg.tril(x) - tg.triu(x, 1),
    "sort": lambda x: tg.sort(x, axis=1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_onnxruntime_computes_the_same_at_any_size(name):
    assert agrees(FUNCTIONS[name])


def test_every_operation_of_the_table_is_run():
    assert set().union(*map(operators, FUNCTIONS.values())) >= set(INDEXING)
