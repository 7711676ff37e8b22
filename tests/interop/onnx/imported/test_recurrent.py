"""Recurrent nodes inside a graph: the axes of ONNX, states and lengths from the graph, and onnxruntime's numbers."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from tests.interop.onnx.models import H, I, model, run, weights
from tests.interop.onnx.test_importer import BACKEND, DIRECTIONS, GRID, LENGTHS, REFUSED, B, T
from tests.nn.reference import error
from tinygrad_gru.errors import FileError
from tinygrad_gru.interop import import_onnx


@pytest.mark.parametrize(
    ("kind", "attributes", "direction", "lengths", "start"), GRID, ids=lambda v: str(v).replace(" ", "")
)
def test_a_graph_of_one_recurrent_node_has_onnxruntime_s_outputs(kind, attributes, direction, lengths, start):
    rng = np.random.default_rng(1)
    D = DIRECTIONS[direction]
    proto = model(kind, weights(kind, D), lengths != "whole", start, direction, **attributes)
    inputs = {"x": rng.normal(size=(T, B, I)).astype(np.float32)}
    if lengths != "whole":
        inputs["lengths"] = np.array(LENGTHS[lengths], np.int32)
    if start:
        inputs |= {n: rng.normal(0, 0.5, (D, B, H)).astype(np.float32) for n in ("h0", "c0")[: 1 + (kind == "LSTM")]}
    for mine, theirs in zip(import_onnx(proto)(**inputs), run(proto, inputs), strict=True):
        assert mine.shape == theirs.shape and error(mine.data, theirs) < 1e-5


@pytest.mark.parametrize("name", sorted(BACKEND))
def test_onnx_s_own_case_with_its_weights_stored(name):
    proto = onnx.ModelProto()
    proto.CopyFrom(BACKEND[name].model)
    (node,) = proto.graph.node
    ((inputs, outputs),) = BACKEND[name].data_sets
    given = dict(zip([n for n in node.input if n], inputs, strict=True))
    for weight in node.input[1:4]:
        proto.graph.initializer.append(numpy_helper.from_array(given.pop(weight), weight))
    if name in REFUSED:
        with pytest.raises(FileError, match=REFUSED[name]):
            import_onnx(proto)
        return
    got = import_onnx(proto)(*given.values())
    for mine, theirs in zip(got if isinstance(got, tuple) else (got,), outputs, strict=True):
        assert mine.shape == theirs.shape and error(mine.data, theirs) < 1e-5


def test_of_two_states_one_may_be_left_out():
    proto = model("LSTM", weights("LSTM", 1), False, True)
    both = {"h0": np.zeros((1, B, H), np.float32), "c0": np.full((1, B, H), 0.5, np.float32)}
    x = np.random.default_rng(0).normal(size=(T, B, I)).astype(np.float32)
    wanted = import_onnx(proto)(x, **both)
    proto.graph.node[0].input[5] = ""
    del proto.graph.input[1]
    for mine, same in zip(import_onnx(proto)(x, c0=both["c0"]), wanted, strict=True):
        assert (mine.data == same.data).all()


def test_an_input_of_other_axes_is_refused_by_the_node():
    proto = model("GRU", weights("GRU", 1), False, False)
    del proto.graph.input[0].type.tensor_type.shape.dim[2]
    with pytest.raises(FileError, match="GRU cell: X has shape"):
        import_onnx(proto)(np.zeros((T, B), np.float32))
