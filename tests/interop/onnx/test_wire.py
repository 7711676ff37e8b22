"""The objects of protobuf in the bytes of a file, counted before they are made."""

import pytest

from tests.interop.onnx.models import length_delimited, model, weights
from tinygrad_gru.errors import FileError
from tinygrad_gru.interop import from_onnx
from tinygrad_gru.interop.onnx.wire import MESSAGE, STRING, size_of_objects


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
