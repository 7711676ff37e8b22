"""Recurrent layers exported over a grid of options: onnxruntime and ONNX's evaluator agree with us at any size."""

import itertools

import numpy as np
import onnx
import onnx.reference
import pytest

import tinygrad_gru as tg
from tests.interop.onnx.models import run
from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.interop import export_onnx

KINDS = {
    "RNN": (nn.RNN, {}),
    "GRU before": (nn.GRU, {}),
    "GRU after": (nn.GRU, {"reset_after": True}),
    "LSTM": (nn.LSTM, {"bias": "double"}),
}
WAYS = {
    "forward": {},
    "both ways": {"bidirectional": True},
    "backwards": {"go_backwards": True},
    "backwards, in order": {"go_backwards": True, "keep_order": True},
}
SIZES = [(5, 3), (1, 1), (1, 4), (9, 6)]  # of T and B; the first is the example
# batch_first, h0 and lengths: each pair of values occurs
SOME = [(False, True, True), (True, False, True), (False, False, False), (True, True, False)]
ALL = list(itertools.product([False, True], repeat=3))


class Whole(nn.Module):
    """A layer with all it takes and all it gives."""

    def __init__(self, kind, ways, layers, batch_first):
        make, options = KINDS[kind]
        with tg.seed(1):
            self.layer = make(3, 4, layers, batch_first=batch_first, **options, **WAYS[ways])
        for p in self.layer.parameters():
            p._replace(np.random.default_rng(p.size).normal(0, 0.5, p.shape).astype(np.float32))  # no bias is zero

    def forward(self, x, h0=None, lengths=None):
        out, h_n = self.layer(x, h0, lengths=lengths)
        return (out, *h_n) if isinstance(h_n, tuple) else (out, h_n)


def given(model, T, B, start, lengths, seed=0):
    """Inputs for the sizes T and B; among the lengths are 0 and T, if there are several."""
    rng = np.random.default_rng(seed)
    layer = model.layer
    inputs = {"x": rng.normal(size=(B, T, 3) if layer.batch_first else (T, B, 3)).astype(np.float32)}
    if start:
        shape = (layer.num_layers * (1 + layer.bidirectional), B, 4)
        states = [rng.normal(size=shape).astype(np.float32) for _ in layer.cell.state_sizes]
        inputs["h0"] = tuple(states) if len(states) > 1 else states[0]
    if lengths:
        inputs["lengths"] = np.array([T, 0, *rng.integers(0, T + 1, B)][:B])
    return inputs


def by_name(proto, inputs):
    arrays = [a for value in inputs.values() for a in (value if isinstance(value, tuple) else (value,))]
    return dict(zip([value.name for value in proto.graph.input], arrays, strict=True))


def difference(got, model, inputs) -> float:
    """The largest difference; states are below 1 and need no scale."""
    wanted = [t.data for t in model(**inputs)]
    assert [a.shape for a in got] == [b.shape for b in wanted]
    return max(float(np.abs(a - b).max()) for a, b in zip(got, wanted, strict=True))


def exported(model, path, start, lengths):
    export_onnx(model, given(model, *SIZES[0], start, lengths), path)
    return onnx.load(path)


def check(kind, ways, layers, batch_first, start, lengths, path):
    model = Whole(kind, ways, layers, batch_first)
    proto = exported(model, path, start, lengths)
    onnx.checker.check_model(proto, full_check=True)
    assert [node.op_type for node in proto.graph.node].count(kind.split()[0]) == layers
    for T, B in SIZES:
        inputs = given(model, T, B, start, lengths, seed=T)
        assert difference(run(str(path), by_name(proto, inputs)), model, inputs) < 1e-5
        if ways == "forward" and not lengths:  # the evaluator passes over `direction` and `sequence_lens`
            evaluator = onnx.reference.ReferenceEvaluator(proto)
            assert difference(evaluator.run(None, by_name(proto, inputs)), model, inputs) < 1e-5


@pytest.mark.parametrize(("batch_first", "start", "lengths"), SOME)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("ways", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_layer_computes_the_same(kind, ways, layers, batch_first, start, lengths, tmp_path):
    check(kind, ways, layers, batch_first, start, lengths, tmp_path / "model.onnx")


@pytest.mark.soak
@pytest.mark.parametrize(("batch_first", "start", "lengths"), ALL)
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("ways", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_layer_computes_the_same_whatever_the_options(
    kind, ways, layers, batch_first, start, lengths, tmp_path
):
    check(kind, ways, layers, batch_first, start, lengths, tmp_path / "model.onnx")


def test_the_sizes_have_names_in_the_file_and_shapes_are_inferred_from_them(tmp_path):
    proto = exported(Whole("LSTM", "both ways", 2, False), tmp_path / "model.onnx", True, True)
    shapes = {
        value.name: [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]
        for value in [*proto.graph.input, *proto.graph.output]
    }
    assert shapes == {
        "x": ["time", "batch", 3], "h0_0": [4, "batch", 4], "h0_1": [4, "batch", 4], "lengths": ["batch"],
        "out": ["time", "batch", 8], "h_n": [4, "batch", 4], "c_n": [4, "batch", 4],
    }  # fmt: skip
    inferred = onnx.shape_inference.infer_shapes(proto, check_type=True, strict_mode=True, data_prop=True)
    known = {value.name for value in [*inferred.graph.value_info, *inferred.graph.output]}
    for node in proto.graph.node:
        if node.op_type == "LSTM":
            assert known.issuperset(node.output)


# --- faults that the comparison must catch ---------------------------------------------------------------------------


def without_input(place):
    def plant(node):
        node.input[place] = ""

    return plant


def with_the_reset_moved(node):
    attribute = next(a for a in node.attribute if a.name == "linear_before_reset")
    attribute.i = 1 - attribute.i


def turned_round(node):
    attribute = next(a for a in node.attribute if a.name == "direction")
    attribute.s = b"reverse" if attribute.s == b"forward" else b"forward"


NODE_FAULTS = {
    "no bias": without_input(3),
    "no lengths": without_input(4),
    "no h0": without_input(5),
    "the reset moved": with_the_reset_moved,
    "turned round": turned_round,
}


@pytest.mark.parametrize("ways", WAYS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", [False, True])
def test_an_exported_layer_takes_an_empty_batch(kind, ways, start, tmp_path):
    model = Whole(kind, ways, 2, batch_first=True)
    path = str(tmp_path / "layer.onnx")
    export_onnx(model, given(model, 5, 3, start, False), path)
    nothing = given(model, 5, 0, start, False)
    states = nothing.get("h0", ())
    arrays = [nothing["x"], *(states if isinstance(states, tuple) else (states,))]
    names = [i.name for i in onnx.load(path).graph.input]
    inputs = dict(zip(names, arrays, strict=True))

    wanted = [t.shape for t in model(**nothing)]

    if kind == "RNN":  # the GRU and the LSTM of onnxruntime 1.32 end the process that gives them an empty batch
        assert [array.shape for array in run(path, inputs)] == wanted
    elif ways == "forward":  # the evaluator knows no other
        assert [array.shape for array in onnx.reference.ReferenceEvaluator(path).run(None, inputs)] == wanted


class OverBoth(nn.Module):
    def forward(self, x):
        return tg.softmax(x, axis=(1, 2))


def test_a_softmax_over_several_axes_takes_an_empty_batch(tmp_path):
    path = str(tmp_path / "softmax.onnx")
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    export_onnx(OverBoth(), x, path)

    assert run(path, {"x": x[:0]})[0].shape == (0, 3, 4)
    assert np.abs(run(path, {"x": x})[0] - tg.softmax(x, axis=(1, 2))).max() < 1e-6


def test_an_example_without_sizes_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match=r"input x \(0, 3, 4\) of the example is empty.*try: sizes above 0"):
        export_onnx(OverBoth(), np.zeros((0, 3, 4), np.float32), tmp_path / "softmax.onnx")


@pytest.mark.parametrize("fault", NODE_FAULTS)
@pytest.mark.parametrize("ways", ["forward", "backwards, in order"])
@pytest.mark.parametrize("kind", ["GRU before", "GRU after"])
def test_a_fault_in_an_exported_node_is_caught(kind, ways, fault, tmp_path):
    model = Whole(kind, ways, 1, False)
    proto = exported(model, tmp_path / "model.onnx", True, True)
    inputs = given(model, 6, 4, True, True)
    assert difference(run(proto, by_name(proto, inputs)), model, inputs) < 1e-5
    NODE_FAULTS[fault](next(node for node in proto.graph.node if node.op_type == "GRU"))
    assert difference(run(proto, by_name(proto, inputs)), model, inputs) > 1e-3


def test_onnxruntime_forgets_the_first_state_of_an_empty_row_and_the_exported_model_does_not(tmp_path):
    model = Whole("GRU before", "forward", 1, False)
    proto = exported(model, tmp_path / "model.onnx", True, True)
    inputs = given(model, 6, 4, True, True)
    assert inputs["lengths"][1] == 0
    _, h_n = run(proto, by_name(proto, inputs))
    assert (h_n[:, 1] == inputs["h0"][:, 1]).all()
    node = next(node for node in proto.graph.node if node.op_type == "GRU")
    last = next(node for node in proto.graph.node if "h_n" in node.output)
    last.input[0] = node.output[1]
    _, h_n = run(proto, by_name(proto, inputs))
    assert (h_n[:, 1] == 0).all()
