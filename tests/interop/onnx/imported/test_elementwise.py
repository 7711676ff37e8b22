"""ONNX's operators number by number, and products: against all cases that ONNX has for them."""

import re

import numpy as np
import onnx
import pytest

from tests.interop.onnx.imported.cases import difference, load
from tests.interop.onnx.imported.models import one_node
from tinygrad_gru.errors import FileError
from tinygrad_gru.interop.onnx.imported.elementwise import ELEMENTWISE

CASES = load(ELEMENTWISE)
OTHER_TYPES = r"is no array of floats|holds float32, float64, integers"  # float16, strings, sequences …
REFUSED = {"Dropout": "drops out in training mode", "Not": "opset 1, wanted"}


@pytest.mark.parametrize("operator", sorted(ELEMENTWISE))
def test_an_operator_has_the_outputs_that_onnx_has(operator):
    allowed = re.compile(f"{OTHER_TYPES}|{REFUSED.get(operator, 'no such refusal')}")
    problems = {case.name: difference(case) for case in CASES[operator]}
    assert not {name: words for name, words in problems.items() if words and not allowed.search(words)}
    if operator not in ("Not", "Cast"):  # whose cases are of opset 1, and of types that we have not
        assert [name for name, words in problems.items() if not words]


@pytest.mark.parametrize(
    ("to", "wanted"), [(7, [-1, 0, 2]), (9, [True, True, True]), (11, [-1.5, 0.5, 2.75]), (6, [-1, 0, 2])]
)
def test_cast_drops_the_fraction_towards_0(to, wanted):
    cast = one_node("Cast", [np.array([-1.5, 0.5, 2.75], np.float32)], to=to)
    assert np.asarray(cast.numpy() if hasattr(cast, "numpy") else cast).tolist() == wanted


def test_not_turns_booleans():
    assert one_node("Not", [np.array([True, False])]).tolist() == [False, True]


def test_whole_numbers_are_divided_towards_0_and_not_by_0():
    assert one_node("Div", [np.array([7, -7, 7]), np.array([2, 2, -2])]).tolist() == [3, -3, -3]
    with pytest.raises(FileError, match="Div n: a whole number is divided by 0"):
        one_node("Div", [np.array([1]), np.array([0])])


def test_a_remainder_of_large_floats_keeps_its_digits():
    a, b = np.array([1e7, -7.5, 123456.7, 5.0], np.float32), np.array([0.3, 2.0, -0.7, np.inf], np.float32)
    assert one_node("Mod", [a, b], fmod=1).data.tolist() == np.fmod(a, b).tolist()
    assert np.fmod(a, b)[0] == pytest.approx(0.0026, abs=1e-4)  # where 1e7 − 0.3·⌊1e7/0.3⌋ in float32 is 0


def test_before_opset_13_softmax_takes_all_axes_from_its_own_on():
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    e = np.exp(x)
    old = one_node("Softmax", [x], opset=11, axis=1).data
    assert np.allclose(old, e / e.sum(axis=(1, 2), keepdims=True), atol=1e-6)
    assert not np.allclose(old, one_node("Softmax", [x], opset=13, axis=1).data)


def test_the_bounds_of_clip_are_options_in_old_files():
    x = np.array([-2.0, 0.5, 2.0], np.float32)
    assert one_node("Clip", [x], opset=7, min=-1.0, max=1.0).data.tolist() == [-1.0, 0.5, 1.0]


def test_a_type_that_numpy_has_not_is_refused_by_cast():
    with pytest.raises(FileError, match="Cast n: no numbers of ONNX's type 16 are read"):
        one_node("Cast", [np.ones(2, np.float32)], to=onnx.TensorProto.BFLOAT16)
