"""Several tensors into one, and one into several."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, ShapeError

X = np.arange(6.0).reshape(2, 3)


def test_values_of_small_arrays():
    assert tg.concat([[1.0, 2.0], [3.0]]).tolist() == [1, 2, 3]
    assert tg.concat([X, X[:, :1]], axis=-1).tolist() == [[0, 1, 2, 0], [3, 4, 5, 3]]
    assert tg.stack([[1.0, 2.0], [3.0, 4.0]]).tolist() == [[1, 2], [3, 4]]
    assert tg.stack([[1.0, 2.0], [3.0, 4.0]], axis=-1).tolist() == [[1, 3], [2, 4]]
    assert [piece.tolist() for piece in tg.unstack(X)] == [[0, 1, 2], [3, 4, 5]]
    assert [piece.tolist() for piece in tg.unstack(X, axis=-1)] == [[0, 3], [1, 4], [2, 5]]
    assert [piece.tolist() for piece in tg.split(X, 3, axis=1)] == [[[0], [3]], [[1], [4]], [[2], [5]]]
    assert [piece.tolist() for piece in tg.split(X, np.int64(2))] == [[[0, 1, 2]], [[3, 4, 5]]]
    assert [piece.tolist() for piece in tg.split(X, [1, 2], axis=1)] == [[[0], [3]], [[1, 2], [4, 5]]]
    assert tg.pad([1.0, 2.0], (1, 2)).tolist() == [0, 1, 2, 0, 0]
    assert tg.pad(X, ((1, 0), (0, 1)), value=9.0).tolist() == [[9, 9, 9, 9], [0, 1, 2, 9], [3, 4, 5, 9]]
    assert tg.pad(2.0, 3) == 2  # no axes, nothing to add to


def test_each_input_gets_its_own_slice_of_the_gradient():
    h, x = tg.Tensor([1.0, 2.0], requires_grad=True), tg.Tensor([3.0], requires_grad=True)

    assert [g.tolist() for g in tg.grad(tg.concat([h, x]), [h, x], [10.0, 20.0, 30.0])] == [[10, 20], [30]]
    assert [g.tolist() for g in tg.grad(tg.concat([h, h]), [h], [1.0, 2, 3, 4])] == [[4, 6]]
    assert tg.grad(tg.stack([h, h], axis=1), h, [[1.0, 2], [3, 4]]).tolist() == [3, 7]
    assert tg.grad(tg.pad(h, 1), h, [1.0, 2, 3, 4]).tolist() == [2, 3]
    assert tg.grad(tg.unstack(h)[1], h).tolist() == [0, 1]
    assert tg.grad(tg.split(h, 2)[0].sum(), h).tolist() == [1, 0]


def test_whatever_can_be_looped_over_can_be_joined():
    x = tg.Tensor(X, requires_grad=True)

    assert np.array_equal(tg.stack(row for row in x).data, X)
    assert np.array_equal(tg.concat(reversed(list(x))).data, [3, 4, 5, 0, 1, 2])


def test_concat_along_no_axis_makes_all_flat():
    x, b = tg.Tensor(X, requires_grad=True), tg.Tensor(np.array(7.0), requires_grad=True)
    y = tg.concat([x, b, x], axis=None)

    assert y.data.tolist() == [0, 1, 2, 3, 4, 5, 7, 0, 1, 2, 3, 4, 5]
    to_x, to_b = tg.grad(y, [x, b], np.arange(13.0))
    assert to_x.tolist() == [[7, 9, 11], [13, 15, 17]] and to_b == 6


def test_integers_join_in_the_dtype_of_their_float_partner():
    assert tg.concat([tg.Tensor([1.0]), np.array([2])]).dtype == np.float32
    assert tg.stack([tg.Tensor(np.ones(1)), np.array([2])]).dtype == np.float64


def test_what_does_not_fit_is_named():
    a, b = tg.Tensor(np.ones((2, 3)), name="a"), tg.Tensor(np.ones((2, 4)), name="b")

    for call, message in [
        (lambda: tg.concat([a, b]), "concat: sizes differ outside axis 0: a (2, 3), b (2, 4)"),
        (lambda: tg.stack([a, b]), "stack: wants equal shapes: a (2, 3), b (2, 4)"),
        (lambda: tg.concat([a, a], axis=2), "concat: axis 2 is not an axis of: a (2, 3), a (2, 3)"),
        (lambda: tg.concat([a[0, 0], a[0, 0]]), "concat: wants at least one axis (try: tg.stack): tensor ()"),
        (lambda: tg.concat([a, b[0]]), "concat: sizes differ outside axis 0: a (2, 3), tensor (4,)"),
        (lambda: tg.stack([a, a], axis=3), "stack: cannot make an axis 3 of: a (2, 3), a (2, 3)"),
        (lambda: tg.split(a, 2, axis=1), "split: 2 does not divide axis 1 of size 3"),
        (lambda: tg.split(a, [1, 1], axis=1), "split: [1, 1] does not divide axis 1 of size 3"),
        (lambda: tg.split(a, [4, -1], axis=1), "does not divide axis 1 of size 3"),
        (lambda: tg.split(a, 0), "split: 0 does not divide axis 0 of size 2"),
        (lambda: tg.split(a, 1, axis=2), "split: axis 2 is not an axis of shape (2, 3)"),
        (lambda: tg.unstack(a, axis=2), "unstack: axis 2 is not an axis of shape (2, 3)"),
    ]:
        with pytest.raises(ShapeError) as caught:
            call()
        assert message in str(caught.value)
    for call in (lambda: tg.concat([]), lambda: tg.stack([])):
        with pytest.raises(ArgumentError, match="wants at least one tensor, got none"):
            call()
    with pytest.raises(ShapeError, match="pad: the widths .* do not fit: a"):
        tg.pad(a, 2**62)
    for widths in (-1, 1.5):
        with pytest.raises(ArgumentError, match="pad: widths must be whole numbers from 0 on, got .*try: slicing"):
            tg.pad(a, widths)
    with pytest.raises(ArgumentError, match="pad: value: got float32 .*, wanted a number. try: tg.concat"):
        tg.pad(a, 1, value=tg.Tensor(1.0, requires_grad=True))  # which would lose its gradient
    with pytest.raises((ArgumentError, ShapeError), match="pad: "):
        tg.pad(a, ((1, 1), (1, 1), (1, 1)))


@given(st.data())
def test_joining_undoes_splitting_along_any_axis(data):
    shape = data.draw(array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    first = data.draw(st.integers(0, shape[axis]))
    x = np.random.default_rng(0).standard_normal(shape)
    sizes = [first, shape[axis] - first]

    assert np.array_equal(tg.concat(tg.split(x, sizes, axis), axis), x)
    assert np.array_equal(tg.stack(tg.unstack(x, axis), axis), x)
    assert tg.gradcheck(lambda x: tg.concat(tg.split(x, sizes, axis)[::-1], axis), x)
    assert tg.gradcheck(lambda x: tg.stack(tg.unstack(tg.sin(x), axis), axis), x)


@pytest.mark.parametrize("name", ["vstack", "hstack", "dstack", "column_stack"])
@pytest.mark.parametrize("shapes", [[(3,), (3,)], [(2, 3), (2, 3)], [(), ()], [(2, 3, 1), (2, 3, 1)]])
def test_stacking_by_a_name_is_numpys(name, shapes):
    rng = np.random.default_rng(0)
    arrays = [np.asarray(rng.standard_normal(shape)) for shape in shapes]

    wanted = getattr(np, name)(arrays)
    assert np.array_equal(getattr(tg, name)([tg.Tensor(a) for a in arrays]).data, wanted)
    assert np.array_equal(getattr(tg, name)(arrays), wanted)


def test_a_vector_is_a_row_or_a_column_beside_a_matrix_and_gets_its_gradient():
    row, matrix = tg.Tensor([1.0, 2.0], requires_grad=True), tg.Tensor([[3.0, 4.0]], requires_grad=True)

    out = tg.vstack([row, matrix])
    assert out.data.tolist() == [[1, 2], [3, 4]]
    assert [g.tolist() for g in tg.grad(out, [row, matrix], np.float32([[1, 2], [3, 4]]))] == [[1, 2], [[3, 4]]]
    assert tg.column_stack([row, np.ones((2, 2))]).shape == (2, 3)
    for f in (tg.vstack, tg.hstack, tg.dstack, tg.column_stack):
        with pytest.raises(ArgumentError, match=f"{f.__name__}: wants at least one tensor, got none"):
            f([])


@pytest.mark.parametrize("mode", ["edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("widths", [1, (0, 2), ((1, 0), (2, 3)), 7])
def test_padding_of_each_mode_is_numpys(mode, widths):
    x = np.arange(12.0).reshape(4, 3)

    assert np.array_equal(tg.pad(tg.Tensor(x), widths, mode=mode).data, np.pad(x, widths, mode=mode))
    assert tg.gradcheck(lambda x: tg.pad(x, widths, mode=mode), x)


def test_what_padding_repeats_adds_to_the_gradient():
    x = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True)

    assert tg.grad(tg.pad(x, 2, mode="edge").sum(), x).tolist() == [3, 1, 3]
    assert tg.grad(tg.pad(x, 1, mode="reflect").sum(), x).tolist() == [1, 3, 1]
    assert tg.grad(tg.pad(x, 1, mode="wrap").sum(), x).tolist() == [2, 1, 2]


def test_an_unknown_mode_and_an_empty_axis_are_refused():
    with pytest.raises(ArgumentError, match="pad: mode: got 'mirror', wanted one of constant, edge"):
        tg.pad([1.0], 1, mode="mirror")
    with pytest.raises(ShapeError, match="pad: axis 0 is empty, with nothing to repeat"):
        tg.pad(np.zeros((0, 2)), 1, mode="edge")
