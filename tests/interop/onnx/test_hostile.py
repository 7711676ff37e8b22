"""ONNX files made to do harm: each is one line that says what is wrong, at once, and without odd characters."""

import math
import os
import time
import tracemalloc

import onnx
import pytest
from onnx import TensorProto, helper

from tests.interop.onnx.models import model, weights
from tinygrad_gru.errors import FileError
from tinygrad_gru.interop import from_onnx
from tinygrad_gru.interop.onnx.wire import MESSAGE, STRING, size_of_objects


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


HOSTILE = {
    "a name with line ends": (named_badly, r"GRU 'a\nb\x1b[31m': clip"),
    "several, one of a bad name": (two_named_badly, r"holds several: 'a\nb\x1b[31m', cell"),
    "very many nodes": (very_many_nodes, "and 1989 more"),
    "weights of a bad name": (weights_named_badly, r"W ('a\nb') is computed by the model"),
    "an attribute of a bad name": (with_attribute("o\nops" * 1000, 1), "do not know the attribute"),
    "a direction that is none": (with_attribute("direction", "x\ny" * 1000), "direction is 'x"),
    "an activation that is none": (with_attribute("activations", ["x\ny" * 1000, "Tanh"]), "ONNX has no 'x"),
    "an activation that is no UTF-8": (with_attribute("activations", [b"T\xff", "Tanh"]), "ONNX has no 'T"),
    "activations that are numbers": (with_attribute("activations", [1.0, 2.0]), "activations: wanted names"),
    "numbers that are words": (with_activations(["HardSigmoid", "Tanh"], ["x"]), "activation_alpha: wanted finite"),
    "a number that is none": (with_activations(["HardSigmoid", "Tanh"], [math.nan]), "activation_alpha: wanted finite"),
    "a hundred thousand numbers": (with_attribute("activation_alpha", [1.0] * 100_000), "no activation is left"),
    "an attribute of another": (a_reference, "direction has no value"),
    "an attribute without a type": (without_type, "direction is a NoneType"),
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
    assert message in said and said.isprintable() and len(said) < 600 + len(str(tmp_path))


def length_delimited(field: int, data: bytes) -> bytes:
    """A field of protobuf's, written by hand."""
    size, digits = len(data), bytearray()
    while size > 127:
        digits.append(size & 127 | 128)
        size >>= 7
    return bytes([field << 3 | 2, *digits, size]) + data


def test_graphs_within_graphs_within_graphs_do_not_exhaust_the_stack():
    data = b""
    for _ in range(2000):  # a graph, of a node, of an attribute, of a graph
        data = length_delimited(1, length_delimited(5, length_delimited(6, data)))
    with pytest.raises(FileError, match="damaged, or no ONNX model"):
        from_onnx(length_delimited(7, data))


def objects(message):
    """The messages within a message, and the strings, as protobuf itself tells them."""
    messages = strings = 0
    for field, value in message.ListFields():
        values = value if (repeated := hasattr(value, "append")) else [value]
        if field.message_type:
            inside = [objects(item) for item in values]
            messages += len(inside) + sum(m for m, _ in inside)
            strings += sum(s for _, s in inside)
        elif field.type in (field.TYPE_STRING, field.TYPE_BYTES):
            strings += len(values)
        elif repeated and field.GetOptions().packed:
            strings += 1
    return messages, strings


def test_messages_are_counted_on_the_bytes_as_protobuf_makes_them():
    proto = model("LSTM", weights("LSTM", 2), True, True)
    proto.graph.node.add().attribute.add().g.node.add().input.extend(["", "x" * 300])
    proto.metadata_props.add()
    messages, strings = objects(proto)
    size = size_of_objects(proto.SerializeToString(), proto, 10**9)
    assert messages > 10 and size == MESSAGE * messages + STRING * strings


def test_more_messages_than_the_file_has_bytes_for_are_refused_before_they_are_made(tmp_path):
    (tmp_path / "model.onnx").write_bytes(length_delimited(7, length_delimited(1, b"") * 300_000))
    with pytest.raises(FileError, match="its messages would take more than .* in memory"):
        from_onnx(tmp_path / "model.onnx")


CUT = {
    "a length without its bytes": b"\x3a\x05\x0a",
    "a tag without a length": b"\x3a",
    "a number without an end": b"\x08" + b"\xff" * 20,
    "four bytes of which two are there": b"\x3d\0\0",
    "a message longer than the one around it": length_delimited(7, b"\x0a\x05"),
    "a group": b"\x0b\x0c",
}


@pytest.mark.parametrize("data", CUT.values(), ids=CUT)
def test_bytes_that_are_no_message_are_damaged(data):
    with pytest.raises(FileError, match="the ONNX model is damaged, or no ONNX model"):
        from_onnx(data)


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
