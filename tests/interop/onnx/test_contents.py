"""A whole ONNX file: its layers, the weights beside them, and a module of ours read back."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.errors import CheckpointError
from tinygrad_gru.interop import export_onnx
from tinygrad_gru.interop.onnx.contents import onnx_layers, onnx_model_into, onnx_unread


class Tagger(nn.Module):
    def __init__(self, hidden=4):
        self.embedding = nn.Embedding(7, 3)
        self.recurrent = nn.GRU(3, hidden, num_layers=2)
        self.output = nn.Linear(hidden, 2)

    def forward(self, x):
        return self.output(self.recurrent(self.embedding(x))[0])


@pytest.fixture
def file(tmp_path):
    with tg.seed(0):
        model = Tagger()
    export_onnx(model, np.array([[1, 2], [3, 4], [5, 6]]), tmp_path / "m.onnx")
    return model, tmp_path / "m.onnx"


def test_each_recurrent_node_is_a_layer_by_its_name(file):
    layers = onnx_layers(file[1])
    assert {name: layer.input_size for name, layer in layers.items()} == {
        "recurrent.layers.0": 3, "recurrent.layers.1": 4,
    }  # fmt: skip


def test_weights_in_no_recurrent_node_are_listed_and_constants_are_not(file):
    assert sorted(onnx_unread(file[1])) == ["embedding.W (7, 3)", "output.W (4, 2)", "output.b (2,)"]


def test_an_exported_module_is_read_back_bit_for_bit(file):
    model, path = file
    back = onnx_model_into(Tagger(), path)
    for key, array in model.state_dict().items():
        assert array.tobytes() == back.state_dict()[key].tobytes(), key


def test_another_module_is_refused_and_left_as_it_was(file):
    other = Tagger(hidden=5)
    before = other.state_dict()
    with pytest.raises(CheckpointError):
        onnx_model_into(other, file[1])
    assert all(np.array_equal(before[key], array) for key, array in other.state_dict().items())
    with pytest.raises(CheckpointError, match="the model does not fit GRU: .* is unexpected.* try: the module"):
        onnx_model_into(nn.GRU(3, 4), file[1])


def test_a_model_without_recurrent_nodes_has_no_layers(tmp_path):
    export_onnx(nn.Linear(2, 3), np.ones((1, 2), np.float32), tmp_path / "m.onnx")
    with pytest.raises(CheckpointError, match="it holds no GRU, LSTM or RNN node. try: another file"):
        onnx_layers(tmp_path / "m.onnx")
