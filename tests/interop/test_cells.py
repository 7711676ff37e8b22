"""Cells with activations that our own cannot have, against onnxruntime, and the clip that binds nothing."""

import numpy as np
import pytest
from onnx import helper

import tinygrad_gru as tg
from tests.interop.onnx.models import I, flat, model, run, weights
from tests.interop.onnx.test_importer import DIRECTIONS, B, T
from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.errors import FileError
from tinygrad_gru.interop import from_onnx
from tinygrad_gru.interop.cells import KeepGRUCell, KeepResetAfterGRUCell, TwoActivationsLSTMCell

UNEQUAL = [
    ("LSTM", "forward", ["Sigmoid", "Tanh", "Relu"], TwoActivationsLSTMCell),
    ("LSTM", "reverse", ["HardSigmoid", "Softsign", "Tanh"], TwoActivationsLSTMCell),
    ("LSTM", "bidirectional", ["Sigmoid", "Tanh", "Tanh", "Sigmoid", "Relu", "Tanh"], nn.LSTMCell),
    ("GRU", "forward", ["Relu", "Tanh"], KeepGRUCell),
    ("GRU", "bidirectional", ["Tanh", "Tanh", "Sigmoid", "Relu"], KeepGRUCell),
    ("RNN", "bidirectional", ["Tanh", "Relu"], nn.RNNCell),
]


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("engine", ["eager", "compiled"])
@pytest.mark.parametrize(("kind", "direction", "activations", "cell"), UNEQUAL, ids=lambda v: str(v).replace(" ", ""))
def test_unequal_activations_give_onnxruntime_s_numbers(kind, direction, activations, cell, engine, after):
    options = {"linear_before_reset": after} if kind == "GRU" else {}
    proto = model(
        kind, weights(kind, DIRECTIONS[direction]), False, False, direction, activations=activations, **options
    )
    x = np.random.default_rng(1).normal(size=(T, B, I)).astype(np.float32)
    Y, *states = run(proto, {"x": x})
    layer = from_onnx(proto)
    layer.engine = engine
    kinds = {KeepGRUCell: KeepResetAfterGRUCell} if after else {}
    assert type(layer.cell) is kinds.get(cell, cell)
    out, last = layer(x)
    mine = [out, *(last if isinstance(last, tuple) else (last,))]
    assert max(error(a.data, b) for a, b in zip(mine, [flat(Y), *states], strict=True)) < 1e-5


def test_a_layer_of_such_cells_learns():
    layer = from_onnx(model("LSTM", weights("LSTM", 1), False, False, activations=["Sigmoid", "Tanh", "Relu"]))
    layer.astype(np.float64)
    x = np.random.default_rng(1).normal(size=(3, 2, I))
    assert tg.gradcheck(lambda x: layer(x)[0], tg.Tensor(x, requires_grad=True))
    assert "output_activation='relu'" in repr(layer)


@pytest.mark.parametrize(
    ("activations", "clip"),
    [(["Sigmoid", "Tanh"], 88.0), (["Sigmoid", "Tanh"], float("inf")), (["HardSigmoid", "Tanh"], 90.0),
     (["Sigmoid", "Relu"], 3.5e38)],
)  # fmt: skip
def test_a_clip_that_binds_nothing_is_left_out_with_a_line(activations, clip):
    arrays = weights("GRU", 1)
    proto = model("GRU", arrays, False, False, activations=activations)
    plain = from_onnx(proto)
    proto.graph.node[0].attribute.append(helper.make_attribute("clip", clip))
    with pytest.warns(UserWarning, match=r"cell: clip=.* is too large to change anything: left out"):
        layer = from_onnx(proto)
    x = 50 * np.random.default_rng(1).normal(size=(T, B, I)).astype(np.float32)
    assert (layer(x)[0].data == plain(x)[0].data).all()
    assert error(layer(x)[0].data, flat(run(proto, {"x": x})[0])) < 1e-5


@pytest.mark.parametrize(
    ("activations", "clip"), [(["Sigmoid", "Tanh"], 5.0), (["Sigmoid", "Relu"], 1e6), (["HardSigmoid", "Tanh"], 2.4),
                              (["Sigmoid", "Tanh"], -1.0), (["Sigmoid", "Tanh"], float("nan"))]
)  # fmt: skip
def test_a_clip_that_may_bind_is_refused_by_name(activations, clip):
    proto = model("GRU", weights("GRU", 1), False, False, activations=activations, clip=clip)
    with pytest.raises(FileError, match=r"GRU cell: clip=.* bounds the inputs of the activations"):
        from_onnx(proto)


def test_peepholes_are_refused_by_name():
    proto = model("LSTM", weights("LSTM", 1), False, False)
    proto.graph.node[0].input.extend(["", "", "", "P"])
    with pytest.raises(FileError, match="LSTM cell: peepholes"):
        from_onnx(proto)
