"""Whole models: parameters, layers, inputs that fit, gradients, and files of our own and of others that lie."""

import copy
import pickle

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

import tinygrad_gru as tg
from tests.interop.onnx.imported.models import graph, run
from tests.interop.onnx.models import H, I, model, weights
from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError, DtypeError, FileError, ShapeError
from tinygrad_gru.interop import export_onnx, import_onnx

RNG = np.random.default_rng(0)
W = RNG.normal(size=(3, 2)).astype(np.float32)
X = RNG.normal(size=(4, 3)).astype(np.float32)


def linear(**changes):
    nodes = [helper.make_node("MatMul", ["x", "W"], ["a"], name="product"),
             helper.make_node("Add", ["a", "one"], ["y"], name="sum")]  # fmt: skip
    return graph(nodes, {"x": (np.float32, ["batch", 3])}, ["y"], {"W": W, "one": np.array(1, np.float32)}, **changes)


class Sentiment(nn.Module):
    def __init__(self):
        self.embedding = nn.Embedding(10, 4)
        self.recurrent = nn.GRU(4, 5, batch_first=True, bidirectional=True)
        self.norm = nn.LayerNorm(10)
        self.output = nn.Linear(10, 3)

    def forward(self, words, lengths):
        out, h_n = self.recurrent(self.embedding(words), lengths=lengths)
        last = tg.concat([h_n[0], h_n[1]], axis=-1)
        return tg.softmax(self.output(tg.relu(self.norm(last)))), out


def exported(module, inputs):
    export_onnx(module, inputs, "model.onnx")
    return import_onnx("model.onnx")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_what_export_writes_import_reads_also_in_other_sizes():
    tg.seed(0)
    module = Sentiment()
    words, lengths = RNG.integers(0, 10, (3, 6)), np.array([6, 2, 4])
    again = exported(module, (words, lengths))
    more, of_them = RNG.integers(0, 10, (5, 9)), np.array([9, 1, 4, 3, 2])
    for mine, theirs in zip(again(more, of_them), module(more, of_them), strict=True):
        assert mine.shape == theirs.shape and error(mine.data, theirs.data) < 1e-6
    assert (list(again.inputs) == ["words", "lengths"] and again.outputs == ["output_0", "output_1"]) or again.outputs


def test_stored_floats_with_an_axis_are_parameters_and_single_numbers_constants():
    imported = import_onnx(linear())
    assert [(key, p.shape) for key, p in imported.named_parameters()] == [("weights.W", (3, 2))]
    assert error(imported(X).data, X @ W + 1) < 1e-6
    assert repr(imported).startswith("OnnxModel(2 nodes: x (batch, 3) -> y)")


def test_a_model_learns_further_and_goes_out_again():
    tg.seed(0)
    module = Sentiment()
    words, lengths = RNG.integers(0, 10, (3, 6)), np.array([6, 2, 4])
    again = exported(module, (words, lengths))
    again(words, lengths)[0][:, 0].sum().backward()
    before = module(words, lengths)[0]
    before[:, 0].sum().backward()
    assert error(again.weights["embedding.W"].grad, module.embedding.W.grad) < 1e-5
    (layer,) = again.layers.values()
    for mine, theirs in zip(layer.parameters(), module.recurrent.parameters(), strict=True):
        assert error(mine.grad, theirs.grad) < 1e-5
    tg.optim.Adam(again.parameters(), lr=0.01).step()
    export_onnx(again, (words, lengths), "further.onnx")
    further = run("further.onnx", {"input_0": words, "input_1": lengths})
    assert error(further[0], again(words, lengths)[0].data) < 1e-5
    assert error(further[0], before.data) > 1e-3


def test_a_compiled_model_gives_the_same_numbers():
    tg.seed(0)
    module = Sentiment()
    words, lengths = RNG.integers(0, 10, (3, 6)), np.array([6, 2, 4])
    again = exported(module, (words, lengths))
    before = again(words, lengths)[0].data
    assert error(tg.compile(again)(words, lengths)[0].data, before) < 1e-5


def test_copies_and_pickles_give_the_same_numbers():
    imported = import_onnx(model("LSTM", weights("LSTM", 1), False, True))
    inputs = {"x": np.ones((2, 1, I), np.float32)} | {n: np.ones((1, 1, H), np.float32) for n in ("h0", "c0")}
    for again in (copy.deepcopy(imported), pickle.loads(pickle.dumps(imported))):
        assert (again(**inputs)[0].data == imported(**inputs)[0].data).all()


def test_nodes_that_share_their_weights_share_a_layer():
    proto = model("GRU", weights("GRU", 1), False, False)
    second = proto.graph.node.add()
    second.CopyFrom(proto.graph.node[0])
    second.name, second.input[0] = "again", "x2"
    second.output[:] = ["Y2", "Y_h2"]
    proto.graph.input.add().CopyFrom(helper.make_tensor_value_info("x2", TensorProto.FLOAT, ["T", "B", I]))
    proto.graph.output.add().CopyFrom(helper.make_tensor_value_info("Y2", TensorProto.FLOAT, None))
    imported = import_onnx(proto)
    assert list(imported.layers) == ["cell"]
    x = np.ones((2, 1, I), np.float32)
    outputs = imported(x, x)
    assert (outputs[0].data == outputs[2].data).all()


def test_weights_that_a_file_computes_of_stored_arrays_are_computed():
    arrays = weights("GRU", 1)
    proto = model("GRU", arrays, False, False)
    whole = run(proto, {"x": np.ones((2, 1, I), np.float32)})
    stored = proto.graph.initializer
    index = [array.name for array in stored].index("W")
    stored[index].CopyFrom(numpy_helper.from_array(arrays["W"][0].T.copy(), "flat"))
    steps = [helper.make_node("Transpose", ["flat"], ["turned"], name="t", perm=[1, 0]),
             helper.make_node("Constant", [], ["axes"], value_ints=[0]),
             helper.make_node("Unsqueeze", ["turned", "axes"], ["W"], name="u")]  # fmt: skip
    node = proto.graph.node[0]
    nodes = [*steps, node.__class__.FromString(node.SerializeToString())]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    imported = import_onnx(proto)
    assert error(imported(np.ones((2, 1, I), np.float32))[0].data, whole[0]) < 1e-5
    assert not imported.weights  # they are the layer's
    proto.graph.node[0].input[0] = "x"
    with pytest.raises(FileError, match="GRU cell: W .* is computed by the model"):
        import_onnx(proto)


# --- what goes in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "named", "kind", "message"),
    [
        ((), {}, ArgumentError, r"no value for x. try: model\(x\)"),
        ((X, X), {}, ArgumentError, "got 2 inputs, wanted 1: x"),
        ((X,), {"x": X}, ArgumentError, "x comes twice"),
        ((), {"y": X}, ArgumentError, "y is no input"),
        ((X[0],), {}, ShapeError, r"x has shape \(3,\), wanted \(batch, 3\)"),
        ((X[:, :2],), {}, ShapeError, r"x has shape \(4, 2\), wanted \(batch, 3\)"),
        ((X.astype(np.float64),), {}, DtypeError, "x is float64, wanted float32"),
        ((X > 0,), {}, DtypeError, "x is bool, wanted float32"),
    ],
)
def test_an_input_that_does_not_fit_is_refused_by_name(inputs, named, kind, message):
    with pytest.raises(kind, match=message):
        import_onnx(linear())(*inputs, **named)


def test_free_sizes_of_one_name_must_agree():
    types = {"a": (np.float32, ["batch", 3]), "b": (np.float32, ["batch", 3])}
    imported = import_onnx(graph([helper.make_node("Add", ["a", "b"], ["y"])], types, ["y"]))
    with pytest.raises(ShapeError, match=r"b has shape \(1, 3\), wanted \(batch, 3\), where batch is 4"):
        imported(X, X[:1])


def test_whole_numbers_may_go_where_floats_are_wanted_and_not_the_other_way():
    assert import_onnx(linear())([[1, 2, 3]]).shape == (1, 2)
    ids = graph([helper.make_node("Gather", ["W", "i"], ["y"])], {"i": (np.int64, ["n"])}, ["y"], {"W": W})
    assert import_onnx(ids)(np.array([2, 0], np.int32)).data.tolist() == W[[2, 0]].tolist()
    with pytest.raises(DtypeError, match="i is float32, wanted int64"):
        import_onnx(ids)(np.ones(2, np.float32))


# --- files that lie --------------------------------------------------------------------------------------------------


def changed(change):
    proto = linear()
    change(proto)
    return proto


def of_type(kind):
    def change(proto):
        proto.graph.input[0].type.tensor_type.elem_type = kind

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.functions.add(), "functions of its own"),
        (lambda p: p.opset_import.pop(), "0 opsets, wanted one from 7"),
        (lambda p: p.opset_import.add(version=12), "2 opsets, wanted one from 7"),
        (lambda p: setattr(p.opset_import[0], "version", 6), "opset 6, wanted one from 7"),
        (lambda p: setattr(p.opset_import[0], "version", 10**9), "opset 1000000000, wanted one from 7"),
        (of_type(TensorProto.STRING), "the input x is no array of floats"),
        (of_type(77), "the input x is no array of floats"),
        (lambda p: p.graph.input[0].type.Clear(), "the input x is no array of floats"),
        (lambda p: p.graph.sparse_initializer.add(), "sparse arrays"),
        (lambda p: p.graph.initializer[0].dims.__setitem__(0, 2**60), "W is damaged"),
        (lambda p: setattr(p.graph.initializer[0], "raw_data", b"\0\0\xc0\x7f" * 6), "W holds NaN"),
        (lambda p: setattr(p.graph.node[0], "op_type", "No\nsuch"), "is not read"),
        (lambda p: setattr(p.graph.node[0], "domain", "evil"), "node product: the operator evil::MatMul is not read"),
    ],
)
def test_a_file_that_lies_is_one_line(change, message):
    with pytest.raises(FileError, match=message) as caught:
        import_onnx(changed(change).SerializeToString())
    assert str(caught.value).isprintable()


def test_an_infinite_stored_array_is_a_mask_and_no_parameter():
    mask = np.array([0, -np.inf], np.float32)
    proto = graph([helper.make_node("Add", ["x", "mask"], ["y"])], {"x": (np.float32, [2])}, ["y"], {"mask": mask})
    imported = import_onnx(proto)
    assert not imported.parameters() and imported(np.ones(2, np.float32)).data.tolist() == [1.0, -np.inf]


def test_layers_that_would_take_much_more_than_the_file_holds_are_refused():
    proto = model("GRU", weights("GRU", 1), False, False)
    for i in range(1, 8):
        node = proto.graph.node.add()
        node.CopyFrom(proto.graph.node[0])
        node.name = f"n{i}"
        node.output[:] = [f"Y{i}", f"h{i}"]
        node.attribute.append(helper.make_attribute("activations", ["Sigmoid", "LeakyRelu"]))
        node.attribute.append(helper.make_attribute("activation_alpha", [float(i)]))
        proto.graph.output.add().CopyFrom(helper.make_tensor_value_info(f"Y{i}", TensorProto.FLOAT, None))
    with pytest.raises(FileError, match="with it the layers take"):
        import_onnx(proto)


@pytest.mark.parametrize("most", [0, -1, True, 1.5, "much"])
def test_most_bytes_is_a_whole_number(most):
    with pytest.raises(ArgumentError, match="most_bytes: got"):
        import_onnx(linear(), most_bytes=most)


@pytest.mark.parametrize("seed", range(40))
def test_a_file_with_a_changed_byte_is_read_or_refused_in_a_line(seed):
    rng = np.random.default_rng(seed)
    data = bytearray(linear().SerializeToString())
    for _ in range(3):
        data[rng.integers(len(data))] = rng.integers(256)
    try:
        import_onnx(bytes(data))(X)
    except (FileError, ShapeError, DtypeError, ArgumentError) as error:
        assert str(error).isprintable()
