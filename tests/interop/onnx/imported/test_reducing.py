"""ONNX's reductions and normalisations: against all cases that ONNX has for them."""

import re

import numpy as np
import pytest

from tests.interop.onnx.imported.cases import difference, load
from tests.interop.onnx.imported.models import one_node
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


def test_an_axis_that_is_not_there_is_refused_by_name():
    with pytest.raises(FileError, match="ReduceSum n"):
        one_node("ReduceSum", [np.ones((2, 3), np.float32), np.array([7])])
