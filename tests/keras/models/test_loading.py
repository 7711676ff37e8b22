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
