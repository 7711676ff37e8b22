"""ONNX's reductions and normalisations: against all cases that ONNX has for them."""

import re

import numpy as np
import pytest
from onnx import helper

from tests.interop.onnx.imported.cases import difference, load
from tests.interop.onnx.imported.models import graph, one_node, run
from tinygrad_gru.errors import FileError
from tinygrad_gru.interop.onnx.imported.reducing import REDUCING

CASES = load(REDUCING)
ALLOWED = re.compile(
    r"is no array of floats|holds float32|select_last_index=1|exclusive=1|normalises by the batch|at least one element|"
    "zero-size array"
)


@pytest.mark.parametrize("operator", sorted(REDUCING))
def test_an_operator_has_the_outputs_that_onnx_has(operator):
    problems = {case.name: difference(case) for case in CASES[operator]}
    assert not {name: words for name, words in problems.items() if words and not ALLOWED.search(words)}
    assert [name for name, words in problems.items() if not words]


def test_axes_are_options_in_old_files_and_without_any_all_are_meant():
    x = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    assert one_node("ReduceSum", [x], opset=11, axes=[1], keepdims=0).data.tolist() == [3.0, 12.0]
    assert one_node("ReduceMean", [x], opset=11, keepdims=0).item() == 2.5
    assert one_node("ReduceSum", [x, np.zeros(0, int)], noop_with_empty_axes=1).data.tolist() == x.tolist()


def test_whole_numbers_stay_whole():
    total = one_node("ReduceSum", [np.array([[1, 2], [3, 4]]), np.array([0])], keepdims=0)
    assert total.tolist() == [4, 6] and total.dtype == np.int64


WHOLE = np.array([[-7, 2], [-1, 1]])


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize(
    ("operator", "wanted"),
    [
        ("ReduceMean", [-2, 0]), ("ReduceSum", [-5, 0]), ("ReduceL1", [9, 2]), ("ReduceL2", [7, 1]),
        ("ReduceSumSquare", [53, 2]), ("ReduceMax", [2, 1]), ("ReduceProd", [-14, -1]),
    ],
)  # fmt: skip
def test_what_is_reduced_of_whole_numbers_is_whole_in_the_same_dtype(operator, wanted, dtype):
    x, axes = WHOLE.astype(dtype), np.array([1])
    y = one_node(operator, [x, axes], keepdims=0)
    assert y.tolist() == wanted and y.dtype == dtype


@pytest.mark.parametrize("operator", sorted(name for name in REDUCING if name.startswith("Reduce")))
def test_over_no_axes_all_is_done_but_the_adding(operator):
    x = np.array([[0.5, -2.0], [3.0, -0.25]], np.float32)
    node = helper.make_node(operator, ["x"], ["y"], name="n", noop_with_empty_axes=1)
    (wanted,) = run(graph([node], {"x": (np.float32, (2, 2))}, ["y"]), {"x": x})
    assert np.allclose(one_node(operator, [x], noop_with_empty_axes=1).data, wanted, rtol=1e-6)
    if operator == "ReduceSumSquare":
        assert wanted.tolist() == [[0.25, 4.0], [9.0, 0.0625]]


def test_an_axis_that_is_not_there_is_refused_by_name():
    with pytest.raises(FileError, match="ReduceSum n"):
        one_node("ReduceSum", [np.ones((2, 3), np.float32), np.array([7])])
