"""ONNX files made to do harm: each is one line that says what is wrong, at once, and without odd characters."""

import math
import os
import time
import tracemalloc

import onnx
import pytest
from onnx import TensorProto, helper

from tests.interop.onnx.models import length_delimited, model, weights
from tinygrad_gru.errors import FileError
from tinygrad_gru.interop import from_onnx


def with_attribute(name, value):
    def change(proto):
        node = proto.graph.node[0]
        kept = [a for a in node.attribute if a.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, helper.make_attribute(name, value)])

    return change


def with_activations(names, alphas):
    def change(proto):
        with_attribute("activations", names)(proto)
        with_attribute("activation_alpha", alphas)(proto)

    return change


def shaped(*sizes):
    def change(proto):
        proto.graph.initializer[0].dims[:] = sizes

    return change


def elsewhere(proto):
    tensor = proto.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"


def with_infinity(proto):
    proto.graph.initializer[0].raw_data = b"\0\0\x80\x7f" * 36


def named_badly(proto):
    proto.graph.node[0].name = "a\nb\x1b[31m"
    with_attribute("clip", 1.0)(proto)


def two_named_badly(proto):
    proto.graph.node.add().CopyFrom(proto.graph.node[0])
    proto.graph.node[0].name = "a\nb\x1b[31m"


def very_many_nodes(proto):
    for i in range(2000):
        proto.graph.node.add().CopyFrom(proto.graph.node[0])
        proto.graph.node[-1].name = f"n{i}"


def weights_named_badly(proto):
    proto.graph.node[0].input[1] = "a\nb"


def a_reference(proto):
    next(a for a in proto.graph.node[0].attribute if a.name == "direction").ref_attr_name = "a\nb"


def without_type(proto):
    next(a for a in proto.graph.node[0].attribute if a.name == "direction").type = 0


def of_two_values(proto):
    next(a for a in proto.graph.node[0].attribute if a.name == "direction").i = 3


HOSTILE = {
    "a name with line ends": (named_badly, r"GRU 'a\nb\x1b[31m': clip"),
    "several, one of a bad name": (two_named_badly, r"holds several: 'a\nb\x1b[31m', cell"),
    "very many nodes": (very_many_nodes, "and 1989 more"),
    "weights of a bad name": (weights_named_badly, r"W ('a\nb') is computed by the model"),
    "an attribute of a bad name": (with_attribute("o\nops" * 1000, 1), "do not know the attribute"),
    "a direction that is none": (with_attribute("direction", "x\ny" * 1000), "direction is 'x"),
    "an activation that is none": (with_attribute("activations", ["x\ny" * 1000, "Tanh"]), "ONNX has no 'x"),
    "an activation that is no UTF-8": (with_attribute("activations", [b"T\xff", "Tanh"]), "ONNX has no 'T"),
    "activations that are numbers": (
        with_attribute("activations", [1.0, 2.0]),
        "activations is FLOATS, wanted",
    ),
    "numbers that are words": (
        with_activations(["HardSigmoid", "Tanh"], ["x"]),
        "activation_alpha is STRINGS",
    ),
    "a number that is none": (with_activations(["HardSigmoid", "Tanh"], [math.nan]), "activation_alpha: wanted finite"),
    "a hundred thousand numbers": (
        with_attribute("activation_alpha", [1.0] * 100_000),
        "activation_alpha: got 100000",
    ),
    "an attribute of another": (a_reference, "direction refers to another attribute"),
    "an attribute without a type": (without_type, "direction is UNDEFINED, wanted STRING"),
    "an attribute of two values": (of_two_values, "direction is damaged: type field and data field mismatch"),
    "an attribute of another operator": (with_attribute("input_forget", 0), "do not know the attribute 'input_forget'"),
    "larger than any memory": (shaped(1, 2**31, 2**31), "W is damaged"),
    "less than nothing": (shaped(-1, 12, 3), "wanted sizes above 0"),
    "a hidden size of its own": (with_attribute("hidden_size", 2**40), "hidden_size is 1099511627776"),
    "data in another file": (elsewhere, "no other file is read"),
    "infinity": (with_infinity, "W holds NaN or infinity"),
}


def hostile(change) -> onnx.ModelProto:
    proto = model("GRU", weights("GRU", 1), False, False)
    change(proto)
    return proto


def test_without_a_change_the_file_is_read():
    assert from_onnx(hostile(lambda proto: None).SerializeToString()).hidden_size == 4


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_one_clear_line(what, tmp_path):
    change, message = HOSTILE[what]
    (tmp_path / "model.onnx").write_bytes(hostile(change).SerializeToString())
    from_onnx(hostile(lambda proto: None))  # so that the package onnx, imported on the way, is not counted
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(FileError) as caught:
            from_onnx(tmp_path / "model.onnx")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 10 and most < 2**25
    said = str(caught.value)
    assert message in said and ". try: " in said
    assert said.isprintable() and len(said) < 600 + len(str(tmp_path))


def test_of_recurrent_nodes_there_are_at_most_ten_thousand():
    node = length_delimited(1, length_delimited(4, b"GRU"))
    with pytest.raises(FileError, match="holds several: GRU_0, .* and 9988 more"):
        from_onnx(length_delimited(7, node * 10_000))
    with pytest.raises(FileError, match="it holds more than 10000 recurrent nodes"):
        from_onnx(length_delimited(7, node * 10_001))


def test_of_stored_arrays_there_are_at_most_a_hundred_thousand(monkeypatch):
    monkeypatch.setattr("tinygrad_gru.interop.onnx.importer.MOST_ARRAYS", 3)  # W, R and B are there
    proto = hostile(lambda proto: None)
    from_onnx(proto)
    proto.graph.initializer.add().name = "one more"
    with pytest.raises(FileError, match="it holds more than 3 arrays"):
        from_onnx(proto)


def test_an_array_of_very_many_axes_is_refused():
    with pytest.raises(FileError, match="W has 65 axes, wanted at most 64"):
        from_onnx(hostile(shaped(*[1] * 65)))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "model.onnx")
    with pytest.raises(FileError, match="is not a file"):
        from_onnx(tmp_path / "model.onnx")
