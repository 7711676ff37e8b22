"""A file says what its layers are, and nothing in it is run."""

import numpy as np
import pytest

from tinygrad_gru.errors import ArgumentError, CheckpointError
from tinygrad_gru.keras.layers import GRU, Dense, Input
from tinygrad_gru.keras.models import Sequential, load_model
from tinygrad_gru.nn.files import npz_header, read_arrays, read_meta, write_arrays


@pytest.fixture
def saved(tmp_path):
    model = Sequential([Input((3, 2)), GRU(2), Dense(1)])
    model.compile("adam", "mse")
    model.save(tmp_path / "model.npz")
    return model, tmp_path / "model.npz"


def test_a_model_comes_back_with_its_numbers_and_compiled_as_it_was(saved):
    model, path = saved
    again = load_model(path)
    x = np.ones((1, 3, 2), np.float32)
    assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0)) and again.optimizer is not None
    assert load_model(path, compile=False).loss is None


def test_gelu_in_a_file_of_0_1_0_stays_the_form_with_tanh_that_it_was(tmp_path):
    models = {name: Sequential([Input((2,)), Dense(3, activation=name)]) for name in ("gelu", "gelu_tanh")}
    for name, model in models.items():
        model.save(tmp_path / f"{name}.npz")
        assert load_model(tmp_path / f"{name}.npz").layers[1].activation == name
    (_, dense) = read_meta(tmp_path / "gelu_tanh.npz")["layers"]
    assert dense["settings"]["activation"] == "gelu"  # as 0.1.0 wrote it


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda meta: meta.update(format="tinygrad_gru module 1"), "wanted 'tinygrad_gru model 1'"),
        (lambda meta: meta["layers"][0].update(kind="Lambda"), "unknown layer 'Lambda'"),
        (lambda meta: meta["layers"][1]["settings"].update(code="rm"), "GRU: unknown setting 'code'"),
        (lambda meta: meta["layers"][1]["settings"].update(units=10**6), "more than the file can hold"),
        (lambda meta: meta["layers"][1]["settings"].update(units=-1), "a size is -1"),
        (lambda meta: meta.pop("layers"), "damaged, or no model"),
    ],
)
def test_a_changed_file_is_damaged_in_a_line(saved, change, message):
    _, path = saved
    arrays = read_arrays(path, {name: (shape, dtype) for name, (dtype, shape) in npz_header(path).items()})
    meta = read_meta(path)
    change(meta)
    write_arrays(path, arrays, meta)
    with pytest.raises(CheckpointError, match=message):
        load_model(path)


def test_compile_is_true_or_false(saved):
    with pytest.raises(ArgumentError, match="load_model: compile"):
        load_model(saved[1], compile="yes")


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5", "m.hdf5"])
def test_a_file_of_keras_s_is_answered_with_what_keras_may_write_instead(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    model = Sequential([Input((3, 2)), GRU(2)])
    for read in (load_model, model.load_weights):
        with pytest.raises(
            CheckpointError, match=r"is a file of Keras's, with HDF5 inside, .*model.to_json\(\)"
        ) as caught:
            read(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(CheckpointError) as caught:
        load_model(tmp_path / "nothing.keras")
    assert "HDF5" not in str(caught.value)


def test_a_file_of_ours_may_have_any_name(saved, tmp_path):
    _, path = saved
    renamed = path.rename(tmp_path / "old.keras")  # 0.1.0 wrote npz under such names
    assert len(load_model(renamed).layers) == 3
