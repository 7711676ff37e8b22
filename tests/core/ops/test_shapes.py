"""The same numbers in another shape, order or dtype."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import tinygrad_gru as tg
from tinygrad_gru.errors import DtypeError, ShapeError

X = np.arange(6.0).reshape(2, 3)


def test_values_of_small_arrays():
    assert tg.reshape(X, (3, 2)).tolist() == [[0, 1], [2, 3], [4, 5]]
    assert tg.reshape(X, -1).tolist() == [0, 1, 2, 3, 4, 5]
    assert tg.permute_dims(X, (1, 0)).tolist() == tg.matrix_transpose(X).tolist() == [[0, 3], [1, 4], [2, 5]]
    assert tg.moveaxis(X, 0, 1).tolist() == [[0, 3], [1, 4], [2, 5]]
    assert tg.expand_dims(X, 1).shape == (2, 1, 3) and tg.expand_dims(X, -1).shape == (2, 3, 1)
    assert tg.squeeze(X.reshape(1, 2, 3, 1)).shape == (2, 3)
    assert tg.squeeze(X.reshape(1, 2, 3, 1), axis=-1).shape == (1, 2, 3)
    assert tg.broadcast_to([1.0, 2.0], (3, 2)).tolist() == [[1, 2]] * 3
    assert tg.flip(X).tolist() == [[5, 4, 3], [2, 1, 0]]
    assert tg.flip(X, axis=1).tolist() == [[2, 1, 0], [5, 4, 3]]
    assert tg.roll(X, 1, axis=1).tolist() == [[2, 0, 1], [5, 3, 4]]
    assert tg.roll(X, 1).tolist() == [[5, 0, 1], [2, 3, 4]]
    assert tg.tile([1.0, 2.0], 2).tolist() == [1, 2, 1, 2]
    assert tg.tile([1.0, 2.0], (2, 1)).tolist() == [[1, 2], [1, 2]]
    assert tg.repeat([1.0, 2.0], 2).tolist() == [1, 1, 2, 2]
    assert tg.repeat([1.0, 2.0, 3.0], [2, 0, 1], axis=0).tolist() == [1, 1, 3]


def test_the_methods_are_the_functions():
    t = tg.Tensor(X)

    for by_method, by_function in [
        (t.reshape(3, 2), tg.reshape(t, (3, 2))),
        (t.reshape((3, -1)), tg.reshape(t, (3, 2))),
        (t.transpose(), tg.permute_dims(t, (1, 0))),
        (t.transpose(1, 0), tg.permute_dims(t, (1, 0))),
        (t.T, tg.matrix_transpose(t)),
        (t.mT, tg.matrix_transpose(t)),
        (t.reshape(1, 6).squeeze(0), tg.squeeze(tg.reshape(t, (1, 6)), 0)),
        (t.repeat(2, axis=0), tg.repeat(t, 2, axis=0)),
        (t.astype(np.float32), tg.astype(t, np.float32)),
    ]:
        assert by_method.shape == by_function.shape and np.array_equal(by_method.data, by_function.data)


def test_numpys_whole_numbers_are_sizes_and_axes_too():
    t, one = tg.Tensor(X), np.int64(1)

    assert t.reshape(np.prod(t.shape)).shape == tg.reshape(t, np.int64(6)).shape == (6,)
    assert tg.tile(t, np.int64(2)).shape == tg.repeat(t, np.int64(2), axis=one).shape == (2, 6)
    assert tg.squeeze(t[:, :1], one).shape == tg.broadcast_to(2.0, np.int64(2)).shape == (2,)
    assert tg.expand_dims(t, one).shape == (2, 1, 3) and tg.moveaxis(t, one, 0).shape == (3, 2)


def test_several_axes_are_rolled_and_moved_at_once():
    x = np.arange(24.0).reshape(2, 3, 4)

    for shift, axis in [((1, 2), (0, -1)), (1, (0, 1)), ((1, 1), 2)]:
        assert np.array_equal(tg.roll(x, shift, axis), np.roll(x, shift, axis))
        assert tg.gradcheck(lambda x, shift=shift, axis=axis: tg.roll(x, shift, axis), x, order=1)
    for source, destination in [((0, 1), (-1, 0)), ([2, 0], [0, 1]), ((), ())]:
        assert np.array_equal(tg.moveaxis(x, source, destination), np.moveaxis(x, source, destination))


def test_gradients_of_copies_are_added():
    x = tg.Tensor([1.0, 2.0], requires_grad=True)

    assert tg.grad(tg.tile(x, 3), x, [1.0, 2, 3, 4, 5, 6]).tolist() == [9, 12]
    assert tg.grad(tg.repeat(x, 3), x, [1.0, 2, 3, 4, 5, 6]).tolist() == [6, 15]
    assert tg.grad(tg.repeat(x, [1, 0], axis=0), x, [7.0]).tolist() == [7, 0]
    assert tg.grad(tg.broadcast_to(x, (3, 2)), x, [[1.0, 2], [3, 4], [5, 6]]).tolist() == [9, 12]


def test_a_gradient_comes_back_in_the_dtype_it_left():
    x = tg.Tensor(np.ones(2), requires_grad=True)
    y = x.astype(np.float32)

    assert y.dtype == np.float32 and tg.grad(y.sum(), x).dtype == np.float64
    assert y.astype(np.float32) is y
    for dtype in (np.float16, int, complex):
        with pytest.raises(DtypeError, match="astype: wants float32 or float64"):
            x.astype(dtype)


def test_what_does_not_fit_is_named():
    t = tg.Tensor(X, name="x")

    for call, message in [
        (lambda: t.reshape(4, 2), r"reshape: cannot give shape (4, 2) to: x (2, 3)"),
        (lambda: tg.permute_dims(t, (0, 0)), r"permute_dims: (0, 0) is not an order of the axes of: x (2, 3)"),
        (lambda: tg.permute_dims(t, (0,)), r"permute_dims: (0,) is not an order of the axes of: x (2, 3)"),
        (lambda: tg.squeeze(t, 0), "squeeze: axis 0 does not have size 1 in shape (2, 3)"),
        (lambda: tg.expand_dims(t, 3), "expand_dims: axis 3 does not fit shape (2, 3)"),
        (lambda: tg.moveaxis(t, 2, 0), "moveaxis: 2 to 0 does not fit shape (2, 3)"),
        (lambda: tg.moveaxis(t, (0, 1), (0,)), "moveaxis: (0, 1) to (0,) does not fit shape (2, 3)"),
        (lambda: tg.moveaxis(t, (0, 1), (1, 1)), "moveaxis: (0, 1) to (1, 1) does not fit shape (2, 3)"),
        (lambda: tg.moveaxis(t, (0, 0), (0, 1)), "moveaxis: (0, 0) to (0, 1) does not fit shape (2, 3)"),
        (lambda: tg.broadcast_to(t, (4, 3)), "broadcast_to: cannot be broadcast to (4, 3): x (2, 3)"),
        (lambda: tg.flip(t, axis=2), "flip: axis 2 is not an axis of: x (2, 3)"),
        (lambda: tg.roll(t, 1, axis=2), "roll: axis 2 is not an axis of: x (2, 3)"),
        (lambda: tg.matrix_transpose(t[0]), "matrix_transpose: wants at least two axes, got: tensor (3,)"),
        (lambda: tg.repeat(t, 2, axis=2), "repeat: axis 2 is not an axis of shape (2, 3)"),
        (lambda: tg.repeat(t, [1, 2, 3], axis=0), "repeat: "),
        (lambda: tg.tile(t, (-1,)), "tile: "),
    ]:
        with pytest.raises(ShapeError) as caught:
            call()
        assert message in str(caught.value)


@given(st.data())
def test_any_order_of_any_axes(data):
    shape = data.draw(array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=3))
    axes = data.draw(st.permutations(range(-len(shape), 0)))
    source, destination = (data.draw(st.integers(-len(shape), len(shape) - 1)) for _ in range(2))
    x = np.random.default_rng(0).standard_normal(shape)

    assert np.array_equal(tg.permute_dims(x, axes), np.transpose(x, axes))
    assert np.array_equal(tg.moveaxis(x, source, destination), np.moveaxis(x, source, destination))
    assert np.array_equal(tg.flip(x, tuple(axes[:2])), np.flip(x, tuple(axes[:2])))
    assert np.array_equal(tg.expand_dims(x, source), np.expand_dims(x, source))
    assert tg.gradcheck(lambda x: tg.permute_dims(x, axes), x)


@given(st.data())
def test_any_repetition(data):
    shape = data.draw(array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    times = tuple(data.draw(st.lists(st.integers(0, 2), max_size=3)))
    x = np.asarray(np.random.default_rng(0).standard_normal(shape))

    assert np.array_equal(tg.tile(x, times), np.tile(x, times))
    assert np.array_equal(tg.repeat(x, 2), np.repeat(x, 2))
    assert tg.gradcheck(lambda x: tg.tile(x, times), x)
    if shape:
        axis = data.draw(st.integers(-len(shape), len(shape) - 1))
        counts = [data.draw(st.integers(0, 2)) for _ in range(shape[axis])]
        assert np.array_equal(tg.repeat(x, counts, axis), np.repeat(x, counts, axis))
        assert tg.gradcheck(lambda x: tg.repeat(x, counts, axis), x)


def test_the_gradient_of_a_million_copies_does_not_drift():
    x = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = tg.tile(x, (1_000_000, 1))

    slope = tg.grad(y, x, np.full(y.shape, 0.1, np.float32))
    assert np.abs(slope / 1e6 / float(np.float32(0.1)) - 1).max() < 1e-6
