"""The count of a node's numbers: never less than it makes, and counted before anything is made."""

import time
import tracemalloc

import numpy as np
import pytest
from onnx import helper

from tests.interop.onnx.imported.cases import load, numbers
from tests.interop.onnx.imported.models import graph
from tinygrad_gru.errors import FileError
from tinygrad_gru.interop import import_onnx
from tinygrad_gru.interop.onnx.imported.node import read_node
from tinygrad_gru.interop.onnx.imported.program import OPERATORS

CASES = load(OPERATORS)


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_the_count_is_never_less_than_what_is_made(operator):
    wrong = []
    for case in CASES[operator]:
        for inputs, outputs in case.data_sets:
            if any(not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf" for value in inputs):
                continue
            opset = next(entry.version for entry in case.model.opset_import if entry.domain == "")
            if opset < 7:
                continue
            node = read_node(case.model.graph.node[0], opset, 0, OPERATORS)
            values = iter(inputs)
            given = tuple(next(values) if name else None for name in node.inputs)
            counted = OPERATORS[operator].count(node, given)
            if counted < max(np.size(numbers(output)) for output in outputs) and operator not in ("Shape", "Size"):
                wrong.append((case.name, counted))
    assert not wrong


X = np.ones((1000, 1), np.float32)
BIG = np.array([10**6, 10**6])
LARGE = {
    "Expand": ([np.ones((1, 1), np.float32), BIG], {}),
    "ConstantOfShape": ([BIG], {}),
    "Tile": ([X, BIG], {}),
    "Pad": ([X, np.array([0, 0, 10**9, 10**9])], {}),
    "Range": ([np.array(0), np.array(10**15), np.array(1)], {}),
    "Gather": ([np.ones((1, 10**5), np.float32), np.zeros(10**6, int)], {}),
    "Add": ([np.ones((10**6, 1), np.float32), np.ones((1, 10**6), np.float32)], {}),
    "MatMul": ([np.ones((10**6, 1), np.float32), np.ones((1, 10**6), np.float32)], {}),
    "ReduceSum": ([np.ones((10**12, 0), np.float32), np.array([1])], {"keepdims": 0}),
    "BatchNormalization": ([np.ones((10**6, 1), np.float32), *[np.ones(10**6, np.float32)] * 4], {}),
    "Gemm": ([np.ones((1, 10**6), np.float32), np.ones((1, 10**6), np.float32)], {"transA": 1}),
}


@pytest.mark.parametrize("operator", LARGE)
def test_a_node_that_would_take_all_memory_is_refused_before_it_takes_any(operator):
    inputs, options = LARGE[operator]
    node = helper.make_node(operator, [f"x{i}" for i in range(len(inputs))], ["y"], name="n", **options)
    types = {f"x{i}": (array.dtype, array.shape) for i, array in enumerate(inputs)}
    model = import_onnx(graph([node], types, ["y"]))
    tracemalloc.start()
    began = time.monotonic()
    try:
        with pytest.raises(FileError, match=rf"{operator} n: with it the nodes make more than 4294967296 bytes"):
            model(*inputs)
        assert time.monotonic() - began < 5
        assert tracemalloc.get_traced_memory()[1] < 50_000_000 + 4 * sum(array.nbytes for array in inputs)
    finally:
        tracemalloc.stop()


def test_many_small_steps_are_counted_together():
    nodes = [helper.make_node("Concat", [f"x{i}", f"x{i}"], [f"x{i + 1}"], axis=0) for i in range(60)]
    model = import_onnx(graph(nodes, {"x0": (np.float32, [1])}, ["x60"]), most_bytes=10**6)
    with pytest.raises(FileError, match="make more than 1000000 bytes. try: import_onnx"):
        model(np.ones(1, np.float32))
