"""Graphs as they are read: order, names, branches, constants; what does not fit together is refused at once."""

import time

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.interop.onnx.imported.models import graph, run
from tinygrad_gru.errors import FileError
from tinygrad_gru.interop import import_onnx

X = np.array([[1.0, -2.0], [3.0, 4.0]], np.float32)
INPUT = {"x": (np.float32, ["n", 2])}


def node(operator, inputs, outputs, name="n", **options):
    return helper.make_node(operator, inputs, outputs, name=name, **options)


def test_nodes_run_in_order_and_outputs_come_in_that_of_the_file():
    proto = graph([node("Neg", ["x"], ["a"]), node("Relu", ["a"], ["b"])], INPUT, ["b", "a"])
    b, a = import_onnx(proto)(X)
    assert a.data.tolist() == (-X).tolist() and b.data.tolist() == [[0, 2], [0, 0]]


@pytest.mark.parametrize(
    ("nodes", "outputs", "message"),
    [
        ([node("Relu", ["y"], ["z"])], ["z"], "Relu n: nothing before it makes y"),
        ([node("Relu", ["a"], ["b"]), node("Neg", ["x"], ["a"])], ["b"], "Relu n: nothing before it makes a"),
        ([node("Relu", ["x"], ["x"])], ["x"], "Relu n: x is made twice"),
        ([node("Relu", ["x"], ["a"]), node("Neg", ["x"], ["a"])], ["a"], "Neg n: a is made twice"),
        ([node("Relu", ["x"], ["a"])], ["b"], "nothing makes the output b"),
        ([node("Loop", ["x"], ["a"])], ["a"], "node n: the operator Loop is not read"),
        ([node("Constant", [], ["a"])], ["a"], "Constant n: it holds no numbers"),
        ([node("Constant", [], ["a"], value_string="word")], ["a"], "Constant n: it holds no numbers"),
    ],
)
def test_a_graph_that_does_not_fit_together_is_refused_when_it_is_read(nodes, outputs, message):
    with pytest.raises(FileError, match=message):
        import_onnx(graph(nodes, INPUT, outputs))


def test_constants_of_all_kinds():
    for option, wanted in [
        ({"value": numpy_helper.from_array(np.array([2.0, 3.0], np.float32))}, [2.0, 3.0]),
        ({"value_float": 2.5}, 2.5),
        ({"value_floats": [2.5, 1.0]}, [2.5, 1.0]),
    ]:
        proto = graph([node("Constant", [], ["c"], "c", **option), node("Mul", ["x", "c"], ["y"])], INPUT, ["y"])
        assert import_onnx(proto)(X).data.tolist() == (X * np.array(wanted, np.float32)).tolist()
    proto = graph([node("Constant", [], ["s"], "c", value_ints=[4]), node("Reshape", ["x", "s"], ["y"])], INPUT, ["y"])
    assert import_onnx(proto)(X).shape == (4,)


def branch(*nodes, outputs):
    infos = [helper.make_value_info(name, helper.make_tensor_type_proto(TensorProto.FLOAT, None)) for name in outputs]
    return helper.make_graph(list(nodes), "branch", [], infos)


def with_branches(then, otherwise):
    choice = node("If", ["is_large"], ["y"], then_branch=then, else_branch=otherwise)
    nodes = [
        node("ReduceSum", ["x"], ["total"], "s", keepdims=0),
        node("Greater", ["total", "zero"], ["is_large"], "g"),
        choice,
        node("Neg", ["y"], ["z"], "last"),
    ]  # fmt: skip
    return graph(nodes, INPUT, ["z"], {"zero": np.array(0, np.float32)})


def test_one_of_two_branches_runs_and_sees_what_is_around_it():
    same = branch(node("Identity", ["x"], ["b"]), outputs=["b"])
    proto = with_branches(branch(node("Relu", ["x"], ["a"]), outputs=["a"]), same)
    model = import_onnx(proto)
    for x in (X, -X):
        assert model(x).data.tolist() == run(proto, {"x": x})[0].tolist()


def test_a_branch_that_gives_another_meaning_to_a_name_around_it_is_refused():
    same = branch(outputs=["x"])
    with pytest.raises(FileError, match="Relu n: total is made twice"):
        import_onnx(with_branches(branch(node("Relu", ["x"], ["total"]), outputs=["total"]), same))
    stored = branch(node("Add", ["x", "zero"], ["a"]), outputs=["a"])
    stored.initializer.append(numpy_helper.from_array(np.array(5, np.float32), "zero"))
    with pytest.raises(FileError, match="a branch hides zero of the graph around it"):
        import_onnx(with_branches(stored, same))


def test_a_branch_does_not_see_what_is_made_after_it():
    stored = branch(node("Add", ["x", "z"], ["a"]), outputs=["a"])
    stored.initializer.append(numpy_helper.from_array(np.array(5, np.float32), "z"))  # the graph's z comes later
    proto = with_branches(stored, stored)
    assert import_onnx(proto)(X).data.tolist() == (-(X + 5)).tolist()


def test_branches_that_are_missing_or_read_nothing_are_refused():
    proto = with_branches(branch(node("Relu", ["nothing"], ["a"]), outputs=["a"]), branch(outputs=["x"]))
    with pytest.raises(FileError, match="Relu n: nothing before it makes nothing"):
        import_onnx(proto)
    del proto.graph.node[2].attribute[:]
    with pytest.raises(FileError, match="If n: it has not two branches"):
        import_onnx(proto)


def test_branches_in_one_another_are_counted():
    same = branch(outputs=["x"])
    inner = same
    for i in range(25):
        choice = node("If", ["is_large"], [f"b{i}"], then_branch=inner, else_branch=same)
        inner = branch(choice, outputs=[f"b{i}"])
    with pytest.raises(FileError, match="more than 20 branches in one another"):
        import_onnx(with_branches(inner, same))


def test_a_branch_with_other_outputs_than_its_node_is_refused():
    proto = with_branches(branch(outputs=[]), branch(outputs=["x"]))
    with pytest.raises(FileError, match="If n: it has 0 outputs here"):
        import_onnx(proto)(X)


def test_ten_thousand_nodes_take_no_more_than_their_share():
    nodes = [node("Neg", [f"v{i}" if i else "x"], [f"v{i + 1}"]) for i in range(10_000)]
    began = time.monotonic()
    assert import_onnx(graph(nodes, INPUT, ["v10000"]))(X).data.tolist() == X.tolist()
    assert time.monotonic() - began < 60
    many = graph(nodes[:1], INPUT, ["v1"])
    many.graph.node.extend([node("Neg", ["x"], [""])] * 100_000)
    with pytest.raises(FileError, match="it has 100001 nodes"):
        import_onnx(many)
