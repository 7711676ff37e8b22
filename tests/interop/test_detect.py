"""What a file of weights holds is seen: whose it is, which layers, and which weights."""

from pathlib import Path

import numpy as np
import pytest

from tinygrad_gru import interop, nn
from tinygrad_gru.errors import ArgumentError, CheckpointError
from tinygrad_gru.interop.detect import DetectedLayer, detect, load_into, refuse_unknown_format


class Tagger(nn.Module):
    """A GRU under a head."""

    def __init__(self):
        self.encoder = nn.GRU(2, 4, reset_after=True)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.encoder(x)[0])


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def same(one, other):
    """Whether all weights are equal, name by name."""
    ours, theirs = one.state_dict(), other.state_dict()
    return list(ours) == list(theirs) and all((ours[name] == theirs[name]).all() for name in ours)


def written(model, file):
    """A file with the weights of the model, in the form that its name stands for here."""
    match file:
        case "torch.safetensors":
            interop.save_safetensors(file, interop.to_torch(model))
        case "keras.npz":  # the line that we tell Keras's users
            np.savez(file, *interop.to_keras(model))
        case "keras.safetensors":
            arrays = {f"{i:04}": array for i, array in enumerate(interop.to_keras(model))}
            interop.save_safetensors(file, arrays)
        case "onnx.onnx":
            interop.export_onnx(model, np.zeros((5, 1, 2), np.float32), file)
    return Path(file)


FILES = ["torch.safetensors", "keras.npz", "keras.safetensors", "onnx.onnx"]


@pytest.mark.parametrize("file", FILES)
def test_a_layer_comes_back_with_every_bit_whoever_wrote_it(file):
    gru = nn.GRU(2, 4, reset_after=True)
    detected = detect(written(gru, file))
    assert (detected.dialect, detected.dtype) == (file.partition(".")[0], "float32")
    assert same(detected.module, gru) and not detected.unread
    (layer,) = detected.layers
    assert (layer.place, layer.parameters) == ("", gru.num_parameters)


def test_the_layers_of_a_state_dict_have_their_places():
    detected = detect(written(Tagger(), "torch.safetensors"))
    assert detected.layers == [
        DetectedLayer("encoder", "nn.GRU(2, 4, reset_after=True)", 96),
        DetectedLayer("head", "nn.Linear(4, 3)", 15),
    ]
    assert detected.module.head.num_parameters == 15


def test_the_layers_of_a_list_have_names_of_their_kind():
    detected = detect(written(Tagger(), "keras.npz"))
    assert [(layer.place, layer.layer) for layer in detected.layers] == [
        ("gru", "nn.GRU(2, 4, reset_after=True)"),
        ("dense", "nn.Linear(4, 3)"),
    ]


def test_of_onnx_the_recurrent_nodes_are_read_and_the_rest_is_named():
    model = Tagger()
    detected = detect(written(model, "onnx.onnx"))
    assert [layer.layer for layer in detected.layers] == ["GRU 2 to 4, reset_after=True"]
    assert list(detected.unread) == ["head.W (4, 3)", "head.b (3,)"]
    assert same(detected.module, model.encoder)


@pytest.mark.parametrize("file", FILES)
def test_a_module_of_ones_own_gets_the_weights(file):
    model, other = Tagger(), Tagger()
    other.head.W.assign(np.ones((4, 3), np.float32))
    detected = load_into(other, written(model, file))
    assert detected.module is other and same(other, model)
    assert [(layer.place, layer.layer) for layer in detected.layers] == [("encoder", "GRU"), ("head", "Linear")]


def test_numbers_in_names_are_in_the_order_of_the_numbers():
    arrays = {f"arr_{i}": np.full((2, 2) if i % 2 == 0 else 2, i, np.float32) for i in range(24)}
    np.savez("model.npz", **dict(sorted(arrays.items())))  # arr_0, arr_1, arr_10, arr_11, arr_2 ...
    layers = list(vars(detect(Path("model.npz")).module).values())
    assert [float(layer.b.data[0]) for layer in layers] == list(range(1, 24, 2))


def test_float64_stays_float64():
    np.savez("model.npz", *interop.to_keras(nn.Linear(2, 3).astype(np.float64)))
    assert detect(Path("model.npz")).dtype == "float64"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("model.pt", "where PyTorch is, from safetensors.torch import save_file"),
        ("model.keras", r"where Keras is, numpy.savez\('model.npz'"),
        ("model.txt", "a .safetensors, .npz or .onnx"),
    ],
)
def test_another_format_is_not_opened_and_it_is_said_how_to_get_one_of_these(name, hint):
    with pytest.raises(ArgumentError, match=f"file: {name} is not opened, only .safetensors, .*try: {hint}"):
        refuse_unknown_format(Path(name))
    for read in (detect, lambda path: load_into(Tagger(), path)):
        with pytest.raises(ArgumentError, match="is not opened"):
            read(Path(name))


def test_an_npz_of_ours_and_a_file_without_arrays_are_refused():
    nn.files.save(Tagger(), "ours.npz")
    np.savez("empty.npz")
    for read in (detect, lambda path: load_into(Tagger(), path)):
        with pytest.raises(CheckpointError, match="has names of its own: it is ours already"):
            read(Path("ours.npz"))
        with pytest.raises(CheckpointError, match="empty.npz holds no arrays"):
            read(Path("empty.npz"))


def test_weights_of_other_sizes_leave_the_module_as_it_was():
    larger, module = Tagger(), Tagger()
    larger.encoder, larger.head = nn.GRU(2, 5, reset_after=True), nn.Linear(5, 3)
    before = {name: array.copy() for name, array in module.state_dict().items()}
    for file in FILES:
        with pytest.raises((CheckpointError, ArgumentError)):
            load_into(module, written(larger, file))
        assert all((array == before[name]).all() for name, array in module.state_dict().items())
