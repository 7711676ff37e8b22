"""Picking elements, and putting their gradients back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, integer_array_indices

import tinygrad_gru as tg
from tinygrad_gru.core.backward import toposort
from tinygrad_gru.errors import ArgumentError, DtypeError, ShapeError

X = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])


def counted(f, x=X):
    """How often each element of x is in f(x): the gradient of the sum."""
    t = tg.Tensor(x, requires_grad=True)
    g = tg.grad(f(t).sum(), t)
    return g.tolist()


KEYS = {
    "an integer": 1,
    "a negative integer": -1,
    "a NumPy integer": np.int64(1),
    "an array that is an integer": np.array(1),
    "a tensor that is an integer": tg.Tensor(np.array(1)),
    "a slice": slice(0, 1),
    "a slice backwards": slice(None, None, -1),
    "an empty slice": slice(1, 1),
    "None": None,
    "Ellipsis": ...,
    "nothing": (),
    "two integers": (1, -1),
    "mixed": (None, 1, ..., slice(None, None, 2)),
    "a list": [1, 0, 1],
    "an empty list": [],
    "an integer array": np.array([[0, 1], [1, 1]]),
    "an integer tensor": tg.Tensor(np.array([1, 1])),
    "negative integers": (slice(None), np.array([-1, -1, 0])),
    "two lists": ([0, 1, 1], [2, 0, 0]),
    "lists that broadcast": ([[0], [1]], [0, 2]),
    "a list and an integer": ([0, 1], 1),
    "a list after an Ellipsis": (..., [0, 0]),
    "an Ellipsis between lists": ([0, 0], ..., [1, 1]),
    "a mask": X % 2 == 0,
    "a mask as a tensor": tg.Tensor(X % 2 == 0),
    "a mask of rows": np.array([True, False]),
    "a mask of columns": (slice(None), [True, False, True]),
    "a mask and a list": (np.array([True, True]), [2, 2]),
    "True": True,
    "False": False,
    "a NumPy bool": np.bool_(True),
}


@pytest.mark.parametrize("name", KEYS)
def test_indexing_is_numpys_and_counts_each_element_as_often_as_it_is_taken(name):
    key = KEYS[name]
    plain = tuple(k.data if isinstance(k, tg.Tensor) else k for k in key) if isinstance(key, tuple) else key
    plain = plain.data if isinstance(plain, tg.Tensor) else plain
    expected = X[[]] if isinstance(plain, list) and not plain else X[plain]
    times = np.zeros_like(X)
    np.add.at(times, np.zeros(0, int) if isinstance(plain, list) and not plain else plain, 1)

    assert np.array_equal(tg.Tensor(X)[key].data, expected) and np.array_equal(tg.getitem(X, key), expected)
    assert counted(lambda t: t[key]) == times.tolist()


def test_a_key_is_copied_so_that_changing_it_later_does_no_harm():
    x, key = tg.Tensor(X, requires_grad=True), np.array([0, 0])
    y = x[key].sum()
    key[...] = 1

    assert tg.grad(y, x).tolist() == [[2, 2, 2], [0, 0, 0]]


def test_take_adds_up_the_gradients_of_repeated_indices():
    assert tg.take(X, [2, 0, 2], axis=1).tolist() == [[2, 0, 2], [5, 3, 5]]
    assert counted(lambda t: tg.take(t, [2, 0, 2], axis=1)) == [[1, 0, 2], [1, 0, 2]]
    assert counted(lambda t: t.take([[1, 1], [1, 0]], axis=0)) == [[1, 1, 1], [3, 3, 3]]
    assert counted(lambda t: tg.take(t, [-1, -1], axis=-1)) == [[0, 0, 2], [0, 0, 2]]


def test_many_repeated_rows_add_up_as_in_an_embedding():
    rows = np.random.default_rng(0).integers(-5, 5, (40, 3))
    W = tg.Tensor(np.random.default_rng(1).standard_normal((5, 4)), requires_grad=True)
    g = np.random.default_rng(2).standard_normal((40, 3, 4))
    expected = np.zeros((5, 4))
    np.add.at(expected, rows, g)

    for y in (tg.take(W, rows, axis=0), W[rows]):
        assert np.allclose(tg.grad(y, W, g), expected, rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.uint64])
def test_small_integers_index_a_table_larger_than_they_can_count(dtype):
    """The bytes of a text, say, in an embedding of 256 rows: 256 itself is no uint8."""
    W = np.zeros((256, 2))
    i = np.array([1, 100, 100], dtype)

    for f in (lambda W: W[i], lambda W: tg.take(W, i, axis=0), lambda W: W[i, i % 2]):
        t = tg.Tensor(W, requires_grad=True)
        y = f(t)
        expected = np.zeros_like(W)
        np.add.at(expected, i if y.ndim == 2 else (i, i % 2), 1.0)
        assert np.array_equal(tg.grad(y.sum(), t), expected)


def test_an_index_beyond_int64_is_out_of_range_and_does_not_count_from_the_end():
    with pytest.raises(ShapeError, match="an index is out of range on axis 0"):
        tg.take(tg.Tensor([1.0, 2.0]), np.array([2**64 - 1], np.uint64), axis=0)


def test_take_along_axis_picks_one_element_per_index():
    i = np.array([[2, 0], [1, 1]])

    assert tg.take_along_axis(X, i).tolist() == [[2, 0], [4, 4]]
    assert counted(lambda t: tg.take_along_axis(t, i)) == [[1, 0, 1], [0, 2, 0]]
    assert tg.take_along_axis(X, np.array([[1, 0, 1]]), axis=0).tolist() == [[3, 1, 5]]


def test_take_along_axis_matches_axes_of_size_1():
    row, i = X[:1], np.array([[2, 0], [1, 1]])

    assert tg.take_along_axis(row, i).tolist() == [[2, 0], [1, 1]]
    assert counted(lambda t: tg.take_along_axis(t, i), row) == [[1, 2, 1]]
    assert counted(lambda t: tg.take_along_axis(t, np.array([[0, 0]]))) == [[2, 0, 0], [2, 0, 0]]


def test_sort_and_triangles_and_diagonals():
    x = np.array([[3.0, 1.0, 2.0], [4.0, 6.0, 5.0], [9.0, 8.0, 7.0]])

    assert tg.sort(x).tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert tg.sort(x[::-1], axis=0).tolist() == [[3, 1, 2], [4, 6, 5], [9, 8, 7]]
    assert tg.tril(x).tolist() == [[3, 0, 0], [4, 6, 0], [9, 8, 7]]
    assert tg.triu(x, 1).tolist() == [[0, 1, 2], [0, 0, 5], [0, 0, 0]]
    assert tg.diagonal(x).tolist() == [3, 6, 7]
    assert tg.diagonal(x, -1).tolist() == [4, 8]
    assert counted(lambda t: tg.diagonal(t, 1), x) == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert counted(lambda t: tg.tril(t, -1), x) == [[0, 0, 0], [1, 0, 0], [1, 1, 0]]


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_the_gradient_of_a_sort_goes_back_to_where_the_element_came_from(axis):
    x = np.random.default_rng(0).permutation(12).reshape(3, 4) / 10
    t = tg.Tensor(x, requires_grad=True)

    assert np.array_equal(tg.grad(tg.sort(t, axis), t, np.sort(x, axis) * 10), x * 10)


def test_the_gradient_of_a_loop_over_rows_is_put_together_once():
    x = tg.Tensor(np.ones((50, 2)), requires_grad=True)
    y = sum((row * row).sum() for row in x)
    slope = tg.grad(y, x, create_graph=True)

    assert slope.data.tolist() == [[2, 2]] * 50
    (scattered,) = [t.op for t in toposort([slope]) if t.op and t.op.name == "scatter"]
    assert repr(scattered) == "Scatter(shape=(50, 2), 50 pieces)"
    assert tg.grad(slope.sum(), x).tolist() == [[2, 2]] * 50


def test_what_does_not_fit_is_named():
    t = tg.Tensor(X, name="x")

    for error, call, message in [
        (ShapeError, lambda: t[2], "getitem: index [2] does not fit: x (2, 3)"),
        (ShapeError, lambda: t[0, 0, 0], "getitem: index [0, 0, 0] does not fit: x (2, 3)"),
        (ShapeError, lambda: t[[0, 5]], "getitem: index [array(2,)] does not fit: x (2, 3)"),
        (ShapeError, lambda: t[[True, False, True]], "getitem: index [array(3,)] does not fit: x (2, 3)"),
        (DtypeError, lambda: t[[0.0, 1.0]], "getitem: an index must be whole numbers or booleans, got float64"),
        (DtypeError, lambda: t[tg.Tensor([0.0])], "getitem: an index must be whole numbers or booleans, got float32"),
        (ShapeError, lambda: tg.take(t, [3], axis=1), "take: an index is out of range on axis 1 of: x (2, 3)"),
        (DtypeError, lambda: tg.take(t, [0.5], axis=1), "indices must be whole numbers, got float64"),
        (ArgumentError, lambda: tg.take(t, [0]), "take: wants an axis for shape (2, 3). try: axis=0"),
        (
            ShapeError,
            lambda: tg.take_along_axis(t, [[3], [0]]),
            "the indices do not fit axis -1 of: x (2, 3)",
        ),
        (ShapeError, lambda: tg.diagonal(t[0]), "diagonal: wants at least two axes, got: tensor (3,)"),
        (ShapeError, lambda: tg.sort(t, axis=2), "sort: axis 2 is not an axis of: x (2, 3)"),
        (ArgumentError, lambda: tg.sort(t, axis=None), "sort: axis: got None, wanted a whole number"),
        (ShapeError, lambda: tg.sort(tg.Tensor(1.0)), "sort: axis -1 is not an axis of: tensor ()"),
        (ArgumentError, lambda: tg.take_along_axis(t, [0], axis=None), "take_along_axis: axis: got None, wanted"),
        (ShapeError, lambda: tg.tril(t[0]), "tril: wants at least two axes, got: tensor (3,)"),
        (ShapeError, lambda: tg.triu(t[0, 0]), "triu: wants at least two axes, got: tensor ()"),
        (ArgumentError, lambda: t[[[0], [0, 1]]], "a list of indices must be rectangular"),
        (ArgumentError, lambda: tg.take(t, [[0], [0, 1]], axis=0), "a list of indices must be rectangular"),
        (ShapeError, lambda: tg.take(t, [0], axis=2), "take: axis 2 is not an axis of: x (2, 3)"),
    ]:
        with pytest.raises(error) as caught:
            call()
        assert message in str(caught.value)


SHAPES = array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)


@given(st.data())
def test_any_basic_index(data):
    shape = data.draw(array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    key = data.draw(basic_indices(shape, allow_newaxis=True))
    x = np.asarray(np.random.default_rng(0).standard_normal(shape))

    assert np.array_equal(tg.getitem(x, key), x[key])
    assert tg.gradcheck(lambda x: x[key], x)


@given(st.data())
def test_any_integer_arrays(data):
    shape = data.draw(SHAPES)
    key = data.draw(integer_array_indices(shape))
    x = np.random.default_rng(0).standard_normal(shape)

    assert np.array_equal(tg.getitem(x, key), x[key])
    assert tg.gradcheck(lambda x: tg.sin(x)[key], x)


@given(st.data())
def test_any_indices_along_any_axis(data):
    shape = data.draw(SHAPES)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = np.random.default_rng(0).standard_normal(shape)
    n = shape[axis]
    i = np.array(data.draw(st.lists(st.integers(-n, n - 1), max_size=5)), int)
    along = np.random.default_rng(1).integers(-n, n, shape)

    assert np.array_equal(tg.take(x, i, axis), np.take(x, i, axis))
    assert np.array_equal(tg.take_along_axis(x, along, axis), np.take_along_axis(x, along, axis))
    assert tg.gradcheck(lambda x: tg.take(tg.sin(x), i, axis), x)
    assert tg.gradcheck(lambda x: tg.take_along_axis(tg.sin(x), along, axis), x)


def test_the_largest_elements_come_with_their_positions_and_get_the_gradient():
    x = tg.Tensor([[1.0, 5.0, 2.0], [4.0, 0.0, 4.0]], requires_grad=True)
    values, positions = tg.topk(x, 2)

    assert values.data.tolist() == [[5, 2], [4, 4]] and positions.tolist() == [[1, 2], [0, 2]]
    assert tg.grad((values * np.float32([1, 2])).sum(), x).tolist() == [[0, 1, 2], [1, 0, 2]]
    values, positions = tg.topk(x, 1, axis=0, largest=False)
    assert values.data.tolist() == [[1, 0, 2]] and positions.tolist() == [[0, 1, 0]]


def test_nan_counts_as_the_largest_and_the_number_must_fit():
    assert tg.topk([1.0, np.nan, 3.0], 2)[1].tolist() == [1, 2]
    assert tg.topk(np.zeros((2, 3)), 0)[0].shape == (2, 0)
    for k in (4, -1):
        with pytest.raises(ArgumentError, match=f"topk: k: got {k}, wanted 0 to 3, the size of axis -1. try: k=3"):
            tg.topk(np.zeros((2, 3)), k)
