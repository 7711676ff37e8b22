"""Eigenvalues and singular values, their vectors, and what happens where values repeat."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError

rng = np.random.default_rng(0)


def leaf(array):
    return tg.Tensor(np.array(array), requires_grad=True)


def rotation(n):
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


def test_eigenvalues_and_vectors_put_the_matrix_together_again():
    x = rng.standard_normal((2, 3, 3))
    x = x + x.mT
    values, vectors = tg.linalg.eigh(x)

    assert np.allclose((vectors * values[:, None, :]) @ vectors.mT, x) and (np.diff(values) > 0).all()
    assert np.array_equal(tg.linalg.eigvalsh(x), values)


def test_the_gradient_of_an_eigenvalue_is_the_product_of_its_vector_with_itself():
    x = leaf([[2.0, 1.0], [1.0, 2.0]])

    assert np.allclose(tg.grad(tg.linalg.eigvalsh(x)[1], x), 0.5)  # (1, 1)/√2
    assert np.allclose(tg.grad(tg.linalg.eigvalsh(x)[0], x), [[0.5, -0.5], [-0.5, 0.5]])
    assert np.allclose(tg.grad(tg.linalg.eigvalsh(x).sum(), x), np.eye(2))  # the trace


def test_what_does_not_depend_on_signs_has_the_derivative_that_finite_differences_have():
    """A function of a matrix, by its eigenvalues: exp x = V diag(exp λ) Vᵀ."""
    x = rng.standard_normal((3, 3))

    def exponential(x):
        values, vectors = tg.linalg.eigh(x + x.mT)
        return (vectors * tg.exp(values)) @ vectors.mT

    assert tg.gradcheck(exponential, x, order=2, rtol=1e-5)
    assert tg.gradcheck(lambda x: tg.linalg.svd(x)[0] @ tg.linalg.svd(x)[2], x, order=2, rtol=1e-5)  # the polar factor


def put_together(x):
    u, s, vt = tg.linalg.svd(x)
    return (u * s[..., None, :]) @ vt


def test_singular_values_and_vectors_put_the_matrix_together_again():
    for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2)]:
        x = rng.standard_normal(shape)
        u, s, vt = tg.linalg.svd(leaf(x))
        k = min(shape[-2:])

        assert u.shape[-1] == vt.shape[-2] == s.shape[-1] == k and (np.diff(s.data) < 0).all()
        assert np.allclose(put_together(x), x)
        assert tg.gradcheck(put_together, x, rtol=1e-5)


def test_the_gradient_of_the_sum_of_singular_values_is_the_product_of_their_vectors():
    x = leaf([[3.0, 0.0], [0.0, -2.0]])

    assert tg.grad(tg.linalg.svdvals(x).sum(), x).tolist() == [[1, 0], [0, -1]]


@pytest.mark.parametrize("turned", [False, True], ids=["exactly", "to rounding"])
def test_eigenvalues_that_repeat_have_a_subgradient_and_their_vectors_none(turned):
    q = rotation(3) if turned else np.eye(3)
    x = leaf(q @ np.diag([1.0, 1.0, 2.0]) @ q.T)
    values, vectors = tg.linalg.eigh(x)

    assert np.allclose(tg.grad(values.sum(), x), np.eye(3), atol=1e-14)
    assert np.allclose(np.linalg.eigvalsh(tg.grad(values[0], x)), [0, 0, 1], atol=1e-14)  # v vᵀ for some v
    assert np.isnan(tg.grad((vectors[0] ** 2).sum(), x)).all()
    assert np.isnan(tg.grad((vectors * (values - 1)).sum(), x)).all(), "also where the weight of the vectors is 0"
    slope = tg.grad(tg.linalg.eigvalsh(x).sum(), x, create_graph=True)
    assert np.isnan(tg.grad((slope * slope).sum(), x)).all()


@pytest.mark.parametrize("turned", [False, True], ids=["exactly", "to rounding"])
def test_singular_values_that_repeat_have_a_subgradient_and_their_vectors_none(turned):
    q, p = (rotation(3), rotation(3)) if turned else (np.eye(3), np.eye(3))
    x = leaf(q @ np.diag([2.0, 1.0, 1.0]) @ p.T)
    u, s, _ = tg.linalg.svd(x)

    assert np.allclose(tg.grad(s.sum(), x), q @ p.T, atol=1e-13)
    assert np.isnan(tg.grad((u**2)[0].sum(), x)).all()


def test_a_singular_value_of_0_leaves_no_derivative_of_the_vectors_of_a_matrix_that_is_not_square():
    x = leaf([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    u, s, _ = tg.linalg.svd(x)

    assert np.isnan(tg.grad((u[0] ** 2).sum(), x)).all()
    assert np.isfinite(tg.grad(s.sum(), x)).all()
    square = leaf([[1.0, 0.0], [0.0, 0.0]])
    assert tg.grad((tg.linalg.svd(square)[0][0] ** 2).sum(), square).tolist() == [[0, 0], [0, 0]]


def test_values_that_are_close_but_not_equal_have_the_large_derivative_of_their_vectors():
    x = leaf(np.diag([1.0, 1.0 + 1e-6, 3.0]))
    _, vectors = tg.linalg.eigh(x)

    gradient = tg.grad(vectors[0, 1] * np.sign(vectors.data[1, 1]), x)
    assert np.allclose(gradient[0, 1], 0.5e6, rtol=1e-6)  # 1/(λ₂ − λ₁), half of it for each of x₀₁ and x₁₀


def test_one_matrix_of_a_stack_that_has_no_derivative_leaves_the_others_theirs():
    x = leaf(np.stack([np.eye(2), np.diag([1.0, 2.0])]))
    gradient = tg.grad((tg.linalg.eigh(x)[1] ** 2)[:, 0].sum(), x)

    assert np.isnan(gradient[0]).all() and np.isfinite(gradient[1]).all()


def test_a_matrix_that_is_not_symmetric_is_refused_and_the_gradient_is_symmetric():
    for f in (tg.linalg.eigh, tg.linalg.eigvalsh):
        with pytest.raises(ArgumentError, match="wants a symmetric matrix"):
            f(np.array([[1.0, 2.0], [0.0, 1.0]]))
    x = leaf([[1.0, 2.0], [2.0, 5.0]])
    gradient = tg.grad(tg.linalg.eigh(x)[1][0, 0] * 3, x)
    assert np.array_equal(gradient, gradient.T)


def test_completed_vectors_are_refused():
    with pytest.raises(ArgumentError, match="svd: the columns that complete U and V are arbitrary"):
        tg.linalg.svd(np.ones((2, 3)), full_matrices=True)


def test_nan_is_nan_or_refused_with_what_to_look_at():
    x = np.full((2, 2), np.nan)
    for f in (tg.linalg.eigvalsh, tg.linalg.svdvals, tg.linalg.eigh, tg.linalg.svd):
        try:
            y = f(x)
        except ArgumentError as error:
            assert "not finite. try: tg.isfinite(x).all()" in str(error)
        else:
            assert np.isnan(y[1] if isinstance(y, tuple) else y).all()


def test_float32_stays_float32():
    x = tg.Tensor(np.float32([[2.0, 1.0], [1.0, 3.0]]), requires_grad=True)
    for parts in (tg.linalg.eigh(x), tg.linalg.svd(x)):
        assert {part.dtype for part in parts} == {np.dtype(np.float32)}
        assert tg.grad(parts[0].sum() + parts[1].sum(), x).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [4, 30, 100])
def test_values_that_repeat_in_a_large_matrix_are_recognised_and_those_that_are_apart_are_not(n, dtype):
    q = rotation(n)
    repeated = np.r_[np.ones(n // 2), np.linspace(2, 3, n - n // 2)]
    for values, nan in ((repeated, True), (np.linspace(1, 2, n), False)):
        x = (q * values) @ q.T
        x = tg.Tensor((x + x.T).astype(dtype), requires_grad=True)
        for vectors in (tg.linalg.eigh(x)[1], tg.linalg.svd(x)[0]):
            assert np.isnan(tg.grad((vectors[0] ** 2 * np.arange(n, dtype=dtype)).sum(), x)).all() == nan
