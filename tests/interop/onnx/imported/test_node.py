"""Nodes against ONNX's schemas: what is not in them, or not read here, is one line that names operator and node."""

import numpy as np
import pytest
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from tinygrad_gru.errors import FileError
from tinygrad_gru.interop.onnx.imported.node import constant_array, numbers_of, read_node

KNOWN = {"Gemm", "Relu", "ConstantOfShape", "BitShift", "Softmax"}


def read(operator="Gemm", inputs=("a", "b"), outputs=("y",), opset=18, domain="", name="layer", **options):
    proto = helper.make_node(operator, inputs, outputs, name=name, domain=domain, **options)
    return read_node(proto, opset, 7, KNOWN)


def test_options_are_those_of_the_file_and_the_schemas_defaults():
    node = read(transB=1, alpha=0.5)
    assert dict(node.options) == {"alpha": 0.5, "beta": 1.0, "transA": 0, "transB": 1}
    assert (node.title, node.inputs, node.outputs, node.whole("transB")) == ("Gemm layer", ("a", "b"), ("y",), 1)
    assert read("Softmax", ["a"], opset=11).options["axis"] == 1 and read("Softmax", ["a"]).options["axis"] == -1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"operator": "NonMaxSuppression"}, "node layer: the operator NonMaxSuppression is not read. try: "),
        ({"operator": "NonMaxSuppression", "name": ""}, "node 7: the operator NonMaxSuppression is not read"),
        ({"operator": "Relu", "domain": "com.microsoft"}, "node layer: the operator com.microsoft::Relu is not read"),
        ({"operator": "BitShift", "opset": 8}, "BitShift layer: opset 8 has no such operator"),
        ({"inputs": ["a"]}, "Gemm layer: got 1 inputs and 1 outputs, which the operator has not"),
        ({"outputs": ["y", "z"]}, "Gemm layer: got 2 inputs and 2 outputs"),
        ({"outputs": []}, "Gemm layer: got 2 inputs and 0 outputs"),
        ({"transC": 1}, "Gemm layer: it has no attribute transC"),
        ({"alpha": "much"}, "Gemm layer: alpha is STRING, wanted FLOAT"),
        ({"alpha": float("inf")}, "Gemm layer: alpha: wanted finite numbers"),
        ({"operator": "No\nsuch", "name": "a\x1b[31m"}, "is not read"),
    ],
)
def test_what_is_not_read_is_one_line_that_names_it(change, message):
    with pytest.raises(FileError, match=message.replace(".", r"\.")) as caught:
        read(**change)
    assert str(caught.value).isprintable()


def test_an_attribute_of_very_many_numbers_is_refused():
    proto = helper.make_node("Gemm", ["a", "b"], ["y"], name="layer")
    proto.attribute.append(AttributeProto(name="alpha", type=AttributeProto.FLOATS, floats=[1.0] * 100_001))
    with pytest.raises(FileError, match="alpha has more than 100000 numbers"):
        read_node(proto, 18, 0, KNOWN)


def test_a_tensor_among_the_attributes_is_an_array():
    value = numpy_helper.from_array(np.array([2.5], np.float32))
    assert read("ConstantOfShape", ["shape"], value=value).options["value"].tolist() == [2.5]


def test_small_whole_numbers_are_read_and_others_refused():
    node = read()
    assert numbers_of(node, np.array([2, -1])) == [2, -1] and numbers_of(node, np.array(3)) == [3]
    for value in (np.ones(2), np.ones((1, 1), int), np.ones(65, int)):
        with pytest.raises(FileError, match="Gemm layer: got"):
            numbers_of(node, value)


def stored(**changes):
    tensor = numpy_helper.from_array(np.arange(6, dtype=np.float32).reshape(2, 3), "a")
    for key, value in changes.items():
        if key == "dims":
            tensor.dims[:] = value
        else:
            setattr(tensor, key, value)
    return tensor


def test_a_stored_array_has_the_size_of_its_shape_and_a_known_type():
    assert constant_array("a", stored()).tolist() == [[0, 1, 2], [3, 4, 5]]
    for changes, message in [
        ({"dims": [2**40, 2**40]}, "a is damaged"),
        ({"dims": [-2, -3]}, r"a has shape \(-2, -3\)"),
        ({"dims": [1] * 65}, "a has shape"),
        ({"data_type": TensorProto.STRING}, "a is STRING, wanted float32"),
        ({"data_type": TensorProto.FLOAT16}, "a is FLOAT16, wanted float32"),
        ({"data_type": 99}, "a is unknown, wanted float32"),
        ({"data_location": TensorProto.EXTERNAL}, "its data are in another file"),
        ({"raw_data": b"\0" * 23}, "a is damaged"),
    ]:
        with pytest.raises(FileError, match=message):
            constant_array("a", stored(**changes))
