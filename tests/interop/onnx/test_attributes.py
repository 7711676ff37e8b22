"""Attributes of recurrent nodes, against ONNX's schemas and what our layers follow."""

import pytest
from onnx import AttributeProto, helper

from tinygrad_gru.errors import FileError
from tinygrad_gru.interop.onnx.attributes import attributes_of, text


def node(kind="GRU", **attributes):
    return helper.make_node(kind, ["x", "W", "R"], ["Y"], **attributes)


def test_attributes_are_read_by_name_words_as_text():
    values = attributes_of(node(hidden_size=4, direction="reverse", activations=["Tanh"], activation_alpha=[0.5]))
    assert values == {"hidden_size": 4, "direction": "reverse", "activations": ["Tanh"], "activation_alpha": [0.5]}
    assert attributes_of(node()) == {}


@pytest.mark.parametrize(
    ("kind", "attributes", "message"),
    [
        ("GRU", {"hidden_size": "four"}, "hidden_size is STRING, wanted INT. try: onnx.checker.check_model"),
        ("GRU", {"direction": 1}, "direction is INT, wanted STRING"),
        ("RNN", {"activation_beta": [1, 2]}, "activation_beta is INTS, wanted FLOATS"),
        ("GRU", {"clip": "1"}, "clip is STRING, wanted FLOAT"),
        ("GRU", {"output_sequence": 1}, "our layers do not know the attribute 'output_sequence'"),
        ("RNN", {"linear_before_reset": 1}, "our layers do not know the attribute 'linear_before_reset'"),  # GRU's
        ("LSTM", {"input_forget": 1}, "input_forget ties the input gate"),
        ("GRU", {"layout": 2}, "layout is 2, wanted 0 or 1"),
        ("GRU", {"linear_before_reset": -1}, "linear_before_reset is -1, wanted 0 or 1"),
        ("GRU", {"activation_alpha": [float("inf")]}, "activation_alpha: wanted finite numbers"),
        ("GRU", {"activations": ["Tanh"] * 101}, "activations: got 101 values, wanted at most 100"),
    ],
)
def test_an_attribute_that_cannot_be_followed_is_refused(kind, attributes, message):
    with pytest.raises(FileError, match=message):
        attributes_of(node(kind, **attributes))


def test_an_attribute_of_two_values_of_a_type_unknown_or_of_a_function_is_refused():
    proto = node(hidden_size=4)
    proto.attribute[0].f = 1.0
    with pytest.raises(FileError, match="hidden_size is damaged: type field and data field mismatch"):
        attributes_of(proto)
    proto.attribute[0].CopyFrom(AttributeProto(name="hidden_size", i=4))
    with pytest.raises(FileError, match="hidden_size is UNDEFINED, wanted INT"):
        attributes_of(proto)
    proto.attribute[0].CopyFrom(AttributeProto(name="hidden_size", type=AttributeProto.INT, ref_attr_name="H"))
    with pytest.raises(FileError, match="hidden_size refers to another attribute"):
        attributes_of(proto)


def test_a_name_that_is_no_utf8_is_text_all_the_same():
    assert text("a") == "a" and text(b"a\xff") == "a\N{REPLACEMENT CHARACTER}"
