"""Initial weights: their ranges, their spread, their right angles."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors
from tinygrad_gru.nn import initialisers as init

ALL = [init.uniform, init.normal, init.glorot_uniform, init.orthogonal, init.zeros]


@pytest.mark.parametrize("f", ALL)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shape_and_dtype_are_those_asked_for_and_a_seed_repeats_them(f, dtype):
    one, two = (f((4, 3), np.random.default_rng(7), dtype) for _ in range(2))

    assert one.shape == (4, 3) and one.dtype == dtype and one.flags.c_contiguous
    assert (one == two).all()
    with tg.seed(7):
        assert (f((4, 3), tg.generator(), dtype) == one).all()


@pytest.mark.parametrize("f", ALL)
def test_numpys_global_generator_is_left_alone(f):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    f((4, 3), np.random.default_rng(0), np.float32)

    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize(
    ("array", "bound"),
    [
        (init.uniform((300, 100), np.random.default_rng(0)), 0.1),
        (init.uniform((300, 100), np.random.default_rng(0), bound=2.0), 2.0),
        (init.glorot_uniform((300, 100), np.random.default_rng(0)), np.sqrt(6 / 400)),
    ],
)
def test_uniform_fills_its_range_evenly(array, bound):
    assert 0.99 * bound < np.abs(array).max() <= bound * (1 + 1e-7)
    assert array.std() == pytest.approx(bound / np.sqrt(3), rel=0.01) and abs(array.mean()) < 0.01 * bound


def test_normal_is_normal():
    array = init.normal((300, 100), np.random.default_rng(0))

    assert array.std() == pytest.approx(1, rel=0.01) and abs(array.mean()) < 0.02


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7)])
def test_orthogonal_has_lengths_of_one_and_right_angles(shape):
    W = init.orthogonal(shape, np.random.default_rng(0), np.float64)
    product = W.T @ W if shape[0] >= shape[1] else W @ W.T

    assert np.abs(product - np.eye(min(shape))).max() < 1e-14


def test_orthogonal_is_not_always_the_same_side_of_the_mirror():
    signs = {round(float(np.linalg.det(init.orthogonal((3, 3), np.random.default_rng(i))))) for i in range(20)}

    assert signs == {-1, 1}


@pytest.mark.parametrize("f", [init.glorot_uniform, init.orthogonal])
def test_a_matrix_is_wanted_where_rows_and_columns_matter(f):
    with pytest.raises(errors.ShapeError, match=r"wants the shape of a matrix, got \(3,\)"):
        f((3,), np.random.default_rng(0))


def test_the_weights_of_pytorchs_cells_are_all_between_one_over_the_root_of_the_hidden_size():
    W_r, W_z = init.recurrent_weights("torch", 30, 100, 2, np.random.default_rng(0))

    assert W_r.shape == W_z.shape == (130, 100) and W_r.dtype == np.float32
    assert 0.099 < np.abs(W_r).max() <= 0.1 * (1 + 1e-7) and (W_r != W_z).any()


def test_the_weights_of_kerass_cells_are_glorot_and_orthogonal_over_all_gates_together():
    gates = init.recurrent_weights("keras", 30, 20, 3, np.random.default_rng(0), np.float64)
    of_h, of_x = np.split(np.concatenate(gates, axis=1), [20])  # (H, 3H), (I, 3H)

    assert np.abs(of_h @ of_h.T - np.eye(20)).max() < 1e-14
    assert 0.98 * np.sqrt(6 / 90) < np.abs(of_x).max() <= np.sqrt(6 / 90)
    assert all(W.flags.owndata for W in gates)


def test_a_way_to_start_that_does_not_exist_is_named():
    with pytest.raises(errors.ArgumentError, match='init: got \'he\', wanted "torch" or "keras"'):
        init.recurrent_weights("he", 1, 1, 1, np.random.default_rng(0))
