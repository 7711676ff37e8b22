"""Linear equations, inverses, determinants and Cholesky factors."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import ArgumentError, ShapeError

A = np.array([[2.0, 1.0], [1.0, 3.0]])
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
rng = np.random.default_rng(0)


def leaf(array):
    return tg.Tensor(np.array(array), requires_grad=True)


def test_equations_are_solved_and_their_gradients_are_those_by_hand():
    x, b = leaf(np.diag([2.0, 4.0])), leaf([1.0, 1.0])
    y = tg.linalg.solve(x, b)

    assert y.data.tolist() == [0.5, 0.25]
    to_x, to_b = tg.grad(y.sum(), [x, b])
    assert to_b.tolist() == [0.5, 0.25]  # x⁻ᵀ g
    assert to_x.tolist() == [[-0.25, -0.125], [-0.125, -0.0625]]  # −(∂L/∂b) outᵀ


@pytest.mark.parametrize(
    ("x", "b"), [((3, 3), (3,)), ((3, 3), (3, 2)), ((4, 3, 3), (3,)), ((4, 3, 3), (3, 1)), ((3, 3), (4, 3, 2))]
)
def test_stacks_and_right_sides_are_matched_as_numpy_matches_them(x, b):
    x, b = rng.standard_normal(x), rng.standard_normal(b)

    y = tg.linalg.solve(leaf(x), leaf(b))
    assert np.array_equal(y.data, np.linalg.solve(x, b)) and np.array_equal(tg.linalg.solve(x, b), y.data)
    assert tg.gradcheck(tg.linalg.solve, x, b)


def test_an_inverse_is_what_solves_for_the_identity():
    assert np.allclose(tg.linalg.inv(A) @ A, np.eye(2))
    x = leaf(A)
    by_inv, by_solve = (tg.grad((f(x) ** 2).sum(), x) for f in (tg.linalg.inv, lambda x: tg.linalg.solve(x, np.eye(2))))
    assert np.allclose(by_inv, by_solve, rtol=1e-13)
    assert tg.linalg.inv(tg.Tensor(np.float32(A))).dtype == np.float32
    assert tg.linalg.inv(np.array([[2, 0], [0, 4]])).tolist() == [[0.5, 0], [0, 0.25]]


def test_a_singular_matrix_has_no_inverse_and_that_is_said():
    for f in (tg.linalg.inv, lambda x: tg.linalg.solve(x, np.ones(2)), lambda x: tg.linalg.solve(np.stack([A, x]), A)):
        for x in (SINGULAR, np.zeros((2, 2))):
            with pytest.raises(ArgumentError, match=r"singular matrix, shape .*has no inverse. try: x \+ 1e-6"):
                f(x)


def test_the_determinant_and_its_gradient_by_hand():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])

    assert tg.linalg.det(x).item() == pytest.approx(-2)
    assert np.allclose(tg.grad(tg.linalg.det(x), x), [[4, -3], [-2, 1]])


def test_the_gradient_of_the_determinant_of_a_singular_matrix_is_exact_to_every_order():
    x = leaf(SINGULAR)
    assert tg.linalg.det(x).item() == 0
    assert tg.grad(tg.linalg.det(x), x).tolist() == [[4, -2], [-2, 1]]

    def third(x):  # det of diagonal matrices: all derivatives but one are 0
        return tg.linalg.det(x)

    hessian = tg.hessian(third, np.zeros((2, 2)))
    assert hessian[0, 0, 1, 1] == 1 and hessian[0, 1, 1, 0] == -1 and np.abs(hessian).sum() == 4
    stack = np.stack([A, SINGULAR, np.zeros((2, 2))])
    assert tg.gradcheck(tg.linalg.det, stack, full=True)
    for n in (1, 3, 4):
        assert tg.gradcheck(tg.linalg.det, np.diag([*range(n)]) * 1.0)


def test_of_a_large_singular_matrix_the_gradient_of_the_determinant_is_refused():
    x = leaf(np.zeros((17, 17)))
    with pytest.raises(ArgumentError, match="up to 16 rows, got 17. try: tg.linalg.slogdet"):
        tg.grad(tg.linalg.det(x), x)


def test_a_determinant_that_underflows_has_its_gradient_all_the_same():
    x = leaf(np.diag([1e-200, 1e-200]))

    assert tg.linalg.det(x).item() == 0
    assert np.allclose(tg.grad(tg.linalg.det(x), x), [[1e-200, 0], [0, 1e-200]], rtol=1e-12, atol=0)


def test_the_logarithm_of_a_determinant_neither_overflows_nor_vanishes():
    x = leaf(np.diag([1e-200, -1e-200, 1e300]))
    sign, logabs = tg.linalg.slogdet(x)

    assert sign.item() == -1 and logabs.item() == pytest.approx(np.log(10) * -100)
    assert np.allclose(tg.grad(logabs, x), np.diag([1e200, -1e200, 1e-300]), rtol=1e-12, atol=0)
    assert not np.any(tg.grad(sign, x))


def test_the_sign_and_logarithm_of_a_singular_matrix_are_0_and_minus_infinity_without_a_derivative():
    x = leaf(SINGULAR)
    sign, logabs = tg.linalg.slogdet(x)

    assert (sign.item(), logabs.item()) == (0, -np.inf)
    with pytest.raises(ArgumentError, match="singular"):
        tg.grad(logabs, x)


def test_a_cholesky_factor_is_numpys_and_its_gradient_symmetric():
    x = leaf([[4.0, 2.0], [2.0, 5.0]])
    y = tg.linalg.cholesky(x)

    assert y.data.tolist() == [[2, 0], [1, 2]]
    gradient = tg.grad(y[0, 0], x)
    assert gradient.tolist() == [[0.25, 0], [0, 0]]  # √x₀₀
    assert np.array_equal(*(lambda g: (g, g.T))(tg.grad((y**2).sum(), x)))
    assert np.allclose(tg.grad((y**2).sum(), x), np.eye(2))  # the sum of squares of L is the trace of x


def test_the_determinant_by_cholesky_has_the_same_gradient():
    x = leaf(A)
    by_factor = tg.grad(2 * tg.log(tg.diagonal(tg.linalg.cholesky(x))).sum(), x)

    assert np.allclose(by_factor, tg.grad(tg.linalg.slogdet(x)[1], x), rtol=1e-14)


def test_what_is_not_positive_definite_or_not_symmetric_is_refused():
    with pytest.raises(ArgumentError, match="cholesky: not positive definite"):
        tg.linalg.cholesky(leaf([[1.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(ArgumentError, match=r"cholesky: wants a symmetric matrix, .* 3 apart. try: \(x \+ x.mT\) / 2"):
        tg.linalg.cholesky([[4.0, 0.0], [3.0, 5.0]])  # its lower half: NumPy would take it
    nearly = [[4.0, 2.0], [2.0 + 1e-7, 5.0]]
    assert np.allclose(tg.linalg.cholesky(np.array(nearly)), [[2, 0], [1, 2]], atol=1e-6)


def test_a_matrix_is_symmetric_up_to_a_thousandth_of_its_largest_element():
    def with_asymmetry(part):
        return np.array([[4.0, 2.0], [2.0 + part * 5.0, 5.0]])

    factor = tg.linalg.cholesky(with_asymmetry(0.0009))
    assert np.allclose(factor @ factor.T, [[4, 2.00225], [2.00225, 5]])  # of both halves the mean
    for f in (tg.linalg.cholesky, tg.linalg.eigh, tg.linalg.eigvalsh):
        with pytest.raises(ArgumentError, match="wants a symmetric matrix"):
            f(with_asymmetry(0.0011))


def test_what_is_no_square_matrix_is_named():
    for f in (tg.linalg.inv, tg.linalg.det, tg.linalg.slogdet, tg.linalg.cholesky, tg.linalg.eigvalsh, tg.linalg.eigh):
        with pytest.raises(ShapeError, match=r"wants square matrices, got: x \(2, 3\)"):
            f(tg.Tensor(np.ones((2, 3)), name="x"))
        with pytest.raises(ArgumentError, match="not square"):
            f(np.ones(3))
    with pytest.raises(ShapeError, match="solve: the right side does not fit"):
        tg.linalg.solve(leaf(A), leaf(np.ones(3)))
    with pytest.raises(ShapeError, match="solve: wants a right side with at least one axis"):
        tg.linalg.solve(leaf(A), leaf(1.0))


def test_nothing_but_nan_comes_of_nan_or_it_is_refused():
    x = np.array([[np.nan, 1.0], [1.0, 2.0]])

    with np.errstate(invalid="ignore"):
        assert np.isnan(tg.linalg.inv(x)).any() and np.isnan(tg.linalg.det(x))
    try:
        assert np.isnan(tg.linalg.cholesky(x)).any()
    except ArgumentError as error:  # as LAPACK's version has it
        assert "cholesky" in str(error)
