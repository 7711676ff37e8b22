"""Calls recorded with several inputs, and their graphs aligned."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError, GraphError
from tinygrad_gru.interop.onnx.record import Call, aligned

X = np.ones((4, 2), np.float32)
SIZES = ({"time": 4}, {"time": 5}, {"time": 8})  # the example, time changed, all changed


class Double(nn.Module):
    def forward(self, x):
        return x.reshape((x.shape[0] * 2,)) * 2.0


def graphs(module):
    call = Call(module, X)
    return aligned([call.record([np.ones((sizes["time"], 2), np.float32)]) for sizes in SIZES], SIZES)


def test_inputs_are_named_after_the_parameters_of_forward_and_may_be_nested():
    call = Call(nn.LSTM(2, 3), (X, (X, X)))
    assert call.names == ["x", "h0_0", "h0_1"] and [array.shape for array in call.arrays] == [(4, 2)] * 3
    assert Call(nn.GRU(2, 3), {"x": X, "lengths": None}).names == ["x"]


def test_a_call_is_recorded_in_inference_and_the_module_trains_on():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
    (x,), (y,) = Call(model, X).record([X])
    assert y.data.tobytes() == model.layers[0](X).data.tobytes() and x.name == "x"
    assert all(part.training for part in model.modules())


def test_a_node_has_the_sizes_of_every_recording():
    inputs, outputs, nodes = graphs(Double())
    assert [str(size) for size in inputs[0].dims] == ["time", "2"]
    assert [str(size) for size in outputs[0].dims] == ["2*time"]
    assert [node.op.name for node in nodes if node.op] == ["reshape", "multiply"]
    assert [str(size) for size in nodes[0].option("shape")] == ["2*time"]
    assert nodes[1].op is None and nodes[1].constant() == 2.0


def test_every_node_comes_after_its_inputs():
    inputs, _, nodes = graphs(nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3)))
    known = set(inputs)
    for node in nodes:
        assert known.issuperset(node.inputs)
        known.add(node)


def test_a_constant_that_changes_with_the_values_is_none():
    class Rounds(nn.Module):
        def forward(self, x):
            return x * np.asarray(x.data > 0.5, np.float32)

    call = Call(Rounds(), X)
    runs = [call.record([X]), call.record([np.ones((5, 2), np.float32)]), call.record([np.eye(8, 2, dtype=np.float32)])]
    _, _, nodes = aligned(runs, SIZES)
    assert [node.constant() for node in nodes if node.op is None] == [None]


def test_graphs_of_other_operations_are_refused_with_both():
    class Depends(nn.Module):
        def forward(self, x):
            return tg.tanh(x) if x.shape[0] < 5 else tg.exp(x)

    with pytest.raises(GraphError, match="tanh of 1 became exp of 1.* try: dynamic_axes"):
        graphs(Depends())


def test_another_number_of_outputs_is_refused():
    class Depends(nn.Module):
        def forward(self, x):
            return tuple(x[t] for t in range(x.shape[0]))

    with pytest.raises(GraphError, match="the number of outputs depends on the size of the input. try: dynamic_axes"):
        graphs(Depends())


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ((), "there are no inputs"),
        ("text", "input x is a str, wanted an array or a tensor. try: "),
        (([[[[[[[[[[X]]]]]]]]]],), "has lists in lists in lists"),
    ],
)
def test_inputs_that_are_no_arrays_are_refused(example, message):
    with pytest.raises(ArgumentError, match=message):
        Call(nn.GRU(2, 3), example)


def test_a_result_that_is_no_tensor_is_refused():
    class Counts(nn.Module):
        def forward(self, x):
            return 3

    with pytest.raises(GraphError, match="Counts returned a int, wanted tensors. try: "):
        Call(Counts(), X).record([X])
