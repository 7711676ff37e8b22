"""A graph while it is built: unique names, shared constants, sizes as nodes, and what is left out of the model."""

import numpy as np
import onnx
import onnx.reference
import pytest

from tinygrad_gru.errors import GraphError
from tinygrad_gru.interop.onnx import builder
from tinygrad_gru.interop.onnx.builder import Graph
from tinygrad_gru.interop.onnx.symbolic_size import Range, Size

TIME = Size(((1, ("time",)),))


@pytest.fixture
def g():
    return Graph({"time": ("x", 0), "batch": ("x", 1)})


def computed(g, name, x):
    """The value of a name in the graph, by ONNX's reference evaluator."""
    inputs = [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [None, None])]
    g.add("Identity", name, outputs=["y"])
    model = g.model("t", inputs, [onnx.helper.make_empty_tensor_value_info("y")])
    return onnx.reference.ReferenceEvaluator(model).run(None, {"x": x})[0]


def test_a_name_that_is_taken_gets_a_number_and_odd_letters_become_underscores(g):
    assert [g.named("h"), g.named("h"), g.named("h̃ t"), g.named("")] == ["h", "h_2", "h__t", "value"]


def test_the_same_small_constant_is_stored_once_and_of_another_dtype_again(g):
    one = g.array(np.array([1], np.int64))
    assert g.array(np.array([1], np.int64)) == one != g.array(np.array([1], np.float32))
    assert len(g.initializers) == 2
    assert g.array(np.ones(3), "weights") != g.array(np.ones(3), "weights")


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        (TIME, 4),
        (Size(((1, ("time",)),), -1), 3),
        (Size(((2, ("batch",)), (1, ("time",)))), 14),
        (Size(((3, ("time", "batch")),), 2), 62),
    ],
)
def test_a_size_is_computed_from_the_shape_of_the_input(g, size, wanted):
    assert computed(g, g.scalar(size), np.zeros((4, 5), np.float32)) == wanted


def test_a_vector_of_sizes_and_a_range_are_computed_too(g):
    x = np.zeros((4, 5), np.float32)
    assert computed(g, g.numbers([2, TIME, Size(((1, ("batch",)),))]), x).tolist() == [2, 4, 5]
    other = Graph({"time": ("x", 0)})
    assert computed(other, other.range(Range(TIME)), x).tolist() == [0, 1, 2, 3]


def test_numbers_alone_are_an_initializer_and_no_node(g):
    g.numbers([2, 3])
    assert not g.nodes and g.initializers[0].dims == [2]


def test_nodes_and_constants_that_no_output_needs_are_left_out(g):
    g.add("Neg", g.array(np.ones(3), "unused"))
    y = g.add("Neg", g.array(np.ones(2), "used"))
    model = g.model("t", [], [onnx.helper.make_empty_tensor_value_info(y)])
    assert [node.op_type for node in model.graph.node] == ["Neg"]
    assert [array.name for array in model.graph.initializer] == ["used"]


def test_more_bytes_than_a_file_holds_are_refused(g, monkeypatch):
    monkeypatch.setattr(builder, "LARGEST", 10)
    with pytest.raises(GraphError, match="at most 10 bytes, and W does not fit any more. try: a smaller module"):
        g.array(np.zeros(2), "W")
