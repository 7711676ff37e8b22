"""matmul, einsum, tensordot, outer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, DtypeError, ShapeError

A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
B = np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]])


def test_values_of_small_arrays():
    assert tg.matmul(A, B).tolist() == [[5, 2, -1], [11, 4, -3], [17, 6, -5]]
    assert tg.matmul(A, [1.0, 10.0]).tolist() == [21, 43, 65]
    assert tg.matmul([1.0, 10.0, 100.0], A).tolist() == [531, 642]
    assert tg.matmul([1.0, 2.0], [3.0, 4.0]) == 11
    assert tg.outer([1.0, 2.0], [3.0, 4.0, 5.0]).tolist() == [[3, 4, 5], [6, 8, 10]]
    assert tg.tensordot(A, B, axes=1).tolist() == tg.matmul(A, B).tolist()
    assert tg.tensordot(A, B.T, axes=2) == (A * B.T).sum()
    assert tg.einsum("ij,jk->ik", A, B).tolist() == tg.matmul(A, B).tolist()
    assert tg.einsum("ij->ji", A).tolist() == A.T.tolist()


def test_the_operator_is_the_function_from_both_sides():
    a, b = tg.Tensor(A), tg.Tensor(B)

    for product in (a @ b, A @ b, a @ B, A.tolist() @ b):
        assert np.allclose(product.data, A @ B)


def test_derivatives_of_small_arrays():
    x, W = tg.Tensor(A, requires_grad=True), tg.Tensor(B, requires_grad=True)
    g = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])

    to_x, to_W = tg.grad(x @ W, [x, W], g)
    assert to_x.tolist() == B.T.tolist() and to_W.tolist() == A.T.tolist()


@given(mutually_broadcastable_shapes(signature="(m?,n),(n,p?)->(m?,p?)", max_dims=2, min_side=0, max_side=3))
def test_a_product_of_any_two_shapes_that_fit(shapes):
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal(shape) for shape in shapes.input_shapes)

    assert np.allclose(tg.matmul(x, y), np.matmul(x, y)) and tg.matmul(x, y).shape == shapes.result_shape
    assert tg.gradcheck(tg.matmul, x, y)


EINSUMS = """i->  ii->  ii->i  ij->  ij->i  ij,jk  ij,jk->ki  i,j->ji  i,i  bij,bjk->bik  ij,ij->  ij,j,i->  iij->j
    ijk,ik->j  ...i,i->...  ...ij,...jk->...ik  i...->...  i...,i...->...  ...""".split()


@given(st.sampled_from(EINSUMS), st.data())
def test_einsum_is_numpys(subscripts, data):
    sizes = {c: data.draw(st.integers(0, 3)) for c in sorted(set(subscripts)) if c.isalpha()}
    dots = data.draw(st.lists(st.integers(1, 3), max_size=2))
    rng = np.random.default_rng(0)
    xs = []
    for term in subscripts.split("->")[0].split(","):
        before, spread, after = term.partition("...")
        more = [n if data.draw(st.booleans()) else 1 for n in dots] if spread else []
        xs.append(rng.standard_normal([*(sizes[c] for c in before), *more, *(sizes[c] for c in after)]))

    assert np.allclose(tg.einsum(subscripts, *xs), np.einsum(subscripts, *xs))
    assert tg.gradcheck(lambda *xs: tg.einsum(subscripts, *xs), *xs)


def test_einsum_spreads_a_letter_of_size_1():
    x, y = np.ones((1, 3)), np.arange(6.0).reshape(2, 3)

    assert tg.einsum("ij,ij->i", x, y).tolist() == [3, 12]
    assert tg.gradcheck(lambda x, y: tg.einsum("ij,ij->i", x, y), x, y)
    assert tg.gradcheck(lambda x, y: tg.einsum("ij,ij->", x, y), x, y)


def test_einsum_of_many_terms_takes_the_good_order():
    """(1000, 2) @ (2, 1000) @ (1000,): from the right it is 4,000 products, from the left two million."""
    rng = np.random.default_rng(0)
    x, y, z = rng.standard_normal((1000, 2)), rng.standard_normal((2, 1000)), rng.standard_normal(1000)

    assert np.allclose(tg.einsum("ij,jk,k->i", x, y, z), x @ (y @ z))


def test_shapes_that_do_not_fit_are_named():
    h, W = tg.Tensor(np.ones((2, 3)), name="h"), tg.Tensor(np.ones((2, 4)), name="W_r")

    with pytest.raises(ShapeError, match=r"matmul: inner sizes differ: h \(2, 3\) @ W_r \(2, 4\)"):
        h @ W
    with pytest.raises(ShapeError, match="matmul: wants at least one axis on each side"):
        h @ tg.Tensor(2.0)
    with pytest.raises(ShapeError, match="matmul: stacks do not broadcast"):
        tg.Tensor(np.ones((2, 3, 3))) @ tg.Tensor(np.ones((4, 3, 3)))
    with pytest.raises(ShapeError, match="einsum: the sizes do not fit ij,jk->ik"):
        tg.einsum("ij,jk->ik", h, W)
    with pytest.raises(ShapeError, match="outer: wants two vectors"):
        tg.outer(h, W)
    with pytest.raises(ShapeError, match="einsum: 'ijk->' wants 3 axes where an input has 2"):
        tg.einsum("ijk->", h)
    with pytest.raises(ArgumentError, match="describes 2 inputs, got 1"):
        tg.einsum("ij,jk", h)
    with pytest.raises(ArgumentError, match="repeats a letter or uses an unknown one"):
        tg.einsum("ij->ik", h)
    for axes in (3, -1, ([0, 1], [0]), ([2], [0]), ([0], [-3]), (1, 1), ([0, 0], [0, 0]), ([0, -2], [0, 0])):
        with pytest.raises(ShapeError, match="tensordot: axes .* do not fit shapes"):
            tg.tensordot(h, W, axes=axes)


def test_tensordot_neither_spreads_a_size_of_1_nor_sums_an_axis_twice():
    with pytest.raises(ShapeError, match=r"tensordot: axes 1 do not fit shapes \(2, 1\) and \(3, 4\)"):
        tg.tensordot(np.ones((2, 1)), np.ones((3, 4)), axes=1)
    with pytest.raises(ShapeError, match="tensordot: axes 3 do not fit"):
        tg.tensordot(np.ones((2, 2)), np.ones((2, 2, 2)), axes=3)
    assert tg.tensordot(A, B, axes=(1, 0)).tolist() == tg.tensordot(A, B, axes=([-1], [0])).tolist() == (A @ B).tolist()


def test_float32_weights_make_a_float32_product_with_a_list_and_float64_with_an_array():
    W = tg.Tensor(np.ones((2, 2), np.float32))

    assert ([[1.0, 2.0]] @ W).dtype == np.float32
    assert (np.ones((1, 2)) @ W).dtype == np.float64
    assert (np.ones((1, 2), int) @ W).dtype == np.float32
    with pytest.raises(DtypeError):
        np.ones((1, 2), np.float16) @ W


@pytest.mark.parametrize("shapes", [((3, 4), (4, 2)), ((5, 3, 4), (4, 2)), ((5, 1, 4), (5, 4, 2)), ((4,), (5, 4, 2))])
def test_each_gradient_waits_until_it_is_wanted(shapes):
    x, W = tg.Tensor(np.ones(shapes[0])), tg.Tensor(np.ones(shapes[1]), requires_grad=True)
    y = x @ W

    to_x, to_W = y.op.vjp(np.ones(y.shape), y.data, x.data, W.data)
    assert callable(to_x) and callable(to_W)


def test_an_einsum_that_sums_one_input_alone_does_not_drift():
    x = np.full((1_000_000, 3), 0.1, np.float32)

    assert np.abs(tg.einsum("ni->i", x) / 1e6 / x[0] - 1).max() < 1e-6
    assert np.abs(tg.einsum("ni,j->ij", x, np.ones(2, np.float32)) / 1e6 / x[0, 0] - 1).max() < 1e-6
    assert tg.einsum("ij->", np.float32([[1, 2], [3, 4]])) == 10 and tg.einsum("ii->", np.eye(3)) == 3
    assert tg.einsum("ij,k->k", np.ones((2, 3)), np.array([1.0, 2.0])).tolist() == [6, 12]


@pytest.mark.parametrize(("x", "y"), [((3,), (3,)), ((2, 3), (4, 3)), ((2, 3), (3,)), ((), (3,)), ((2, 2), ())])
def test_an_inner_product_is_numpys(x, y):
    rng = np.random.default_rng(0)
    x, y = np.asarray(rng.standard_normal(x)), np.asarray(rng.standard_normal(y))

    assert np.allclose(tg.inner(tg.Tensor(x), y).data, np.inner(x, y), rtol=1e-14)
    assert tg.inner(x, y).shape == np.inner(x, y).shape


@pytest.mark.parametrize(
    ("x", "y"), [((2,), (3,)), ((2, 3), (3, 2)), ((2,), (2, 2)), ((2, 2), (3,)), ((), (2,)), ((2, 1, 2), (2, 2))]
)
def test_a_kronecker_product_is_numpys(x, y):
    rng = np.random.default_rng(0)
    x, y = np.asarray(rng.standard_normal(x)), np.asarray(rng.standard_normal(y))

    assert np.array_equal(tg.kron(tg.Tensor(x), y).data, np.kron(x, y))


def test_the_gradient_of_a_kronecker_product_by_hand():
    x, y = tg.Tensor([1.0, 2.0], requires_grad=True), tg.Tensor([10.0, 1.0], requires_grad=True)

    out = tg.kron(x, y)
    assert out.data.tolist() == [10, 1, 20, 2]
    assert [g.tolist() for g in tg.grad(out, [x, y], np.float32([1, 2, 3, 4]))] == [[12, 34], [7, 10]]


def test_a_trace_is_the_sum_of_a_diagonal_of_each_matrix():
    x = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)

    assert tg.trace(x).item() == 5 and tg.trace(x, offset=1).item() == 2
    assert tg.grad(tg.trace(x), x).tolist() == [[1, 0], [0, 1]]
    assert tg.trace(np.ones((5, 2, 3))).tolist() == [2] * 5


def test_an_inner_product_of_sizes_that_differ_is_refused():
    with pytest.raises(ShapeError, match=r"inner: the last sizes differ: \(2, 3\) and \(3, 2\). try: x @ y"):
        tg.inner(np.ones((2, 3)), np.ones((3, 2)))
