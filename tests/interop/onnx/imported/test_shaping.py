"""ONNX's operators that reshape, join and pick: against all cases that ONNX has for them, and sizes that lie."""

import re

import numpy as np
import pytest

from tests.interop.onnx.imported.cases import difference, load
from tests.interop.onnx.imported.models import one_node
from tinygrad_gru.errors import FileError
from tinygrad_gru.interop.onnx.imported.shaping import SHAPING

CASES = load(SHAPING)
OTHER_TYPES = re.compile(r"is no array of floats|holds float32, float64, integers")


@pytest.mark.parametrize("operator", sorted({*SHAPING} - {"Range"}))  # whose cases are two nodes
def test_an_operator_has_the_outputs_that_onnx_has(operator):
    problems = {case.name: difference(case) for case in CASES[operator]}
    assert not {name: words for name, words in problems.items() if words and not OTHER_TYPES.search(words)}
    assert [name for name, words in problems.items() if not words]


def test_a_range_has_whole_numbers_or_floats():
    assert one_node("Range", [np.array(1), np.array(8), np.array(3)]).tolist() == [1, 4, 7]
    floats = [np.array(n, np.float32) for n in (1.0, 0.0, -0.5)]
    assert one_node("Range", floats).data.tolist() == [1.0, 0.5]


def test_sizes_and_axes_are_options_in_old_files():
    x = np.arange(12.0, dtype=np.float32).reshape(1, 3, 4)
    assert one_node("Squeeze", [x], opset=11, axes=[0]).shape == (3, 4)
    assert one_node("Unsqueeze", [x], opset=11, axes=[0, 4]).shape == (1, 1, 3, 4, 1)
    assert one_node("Slice", [x], opset=9, starts=[1, 0], ends=[3, 2], axes=[1, 2]).data.tolist() == [[[4, 5], [8, 9]]]
    a, b = one_node("Split", [x], opset=11, outputs=2, axis=2, split=[1, 3])
    assert a.shape == (1, 3, 1) and b.shape == (1, 3, 3)
    assert one_node("Pad", [x], opset=10, pads=[0, 0, 1, 0, 0, 0], value=7.0).data[0, 0].tolist() == [7, 0, 1, 2, 3]


def test_an_empty_batch_is_flattened_as_any():
    x = np.zeros((0, 3, 4), np.float32)
    assert one_node("Flatten", [x]).shape == (0, 12) and one_node("Flatten", [x], axis=-1).shape == (0, 4)


def test_since_opset_18_the_last_part_may_be_smaller_and_before_it_may_not():
    x = np.arange(4.0, dtype=np.float32)
    assert [len(part.data) for part in one_node("Split", [x[:3]], outputs=2, num_outputs=2)] == [2, 1]
    with pytest.raises(FileError, match=r"Split n: parts \[1, 1, 1\] of 4 for 3 outputs"):
        one_node("Split", [x], opset=13, outputs=3)


X = np.ones((2, 3), np.float32)


@pytest.mark.parametrize(
    ("operator", "inputs", "options", "message"),
    [
        ("Gather", [X, np.array([2])], {}, r"index 2 of an axis of 2. try: indices from 0 to 1"),
        ("Gather", [X, np.array([0])], {"axis": 5}, r"on axis 5 of \(2, 3\)"),
        ("GatherElements", [X, np.array([0])], {}, "other axes than the input"),
        ("Reshape", [X, np.array([5, 2])], {}, "Reshape n"),
        ("Reshape", [X, np.array([1, 2, 3, 0])], {}, "keeps an axis"),
        ("Reshape", [X, np.ones(65, int)], {}, "wanted at most 64 whole numbers"),
        ("Slice", [X, np.array([0]), np.array([1]), np.array([9])], {}, "axis 9 of an input of 2"),
        ("Slice", [X, np.array([0, 1]), np.array([1])], {}, "do not fit"),
        ("Slice", [X, np.array([0]), np.array([1]), np.array([0]), np.array([0])], {}, "do not fit"),
        ("Split", [X, np.array([1, 5])], {"outputs": 2}, "parts"),
        ("Split", [X, np.array([-1, 3])], {"outputs": 2}, "parts"),
        ("Pad", [X, np.array([-1, 0, 0, 0])], {}, "widths of 0 or more"),
        ("Concat", [np.array(1.0, np.float32)], {"axis": 0}, "no axis to be joined along"),
        ("Transpose", [X], {"perm": [0, 0]}, "Transpose n"),
        ("Expand", [X, np.array([-2, 3])], {}, "negative sizes"),
        ("ConstantOfShape", [np.array([-1])], {}, "negative sizes"),
        ("Tile", [X, np.array([-1, 1])], {}, "negative"),
        ("Range", [np.array(0), np.array(5), np.array(0)], {}, "in steps of 0"),
    ],
)
def test_an_operator_on_what_does_not_fit_is_refused_by_name_in_a_line(operator, inputs, options, message):
    with pytest.raises(FileError, match=message) as caught:
        one_node(operator, inputs, **options)
    assert "\n" not in str(caught.value) and f"{operator} n" in str(caught.value)
