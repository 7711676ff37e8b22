"""The samples of linear algebra: each operation has some, and the matrices of each are what it wants."""

import numpy as np

from tinygrad_gru.core import ops
from tinygrad_gru.core.tools.samples.linalg import LINALG


def matrices_of(name):
    return [xs[0] for xs, _ in LINALG[f"linalg.{name}"]]


def test_each_operation_has_samples():
    assert {name.removeprefix("linalg.") for name in LINALG} == set(ops.linalg.__all__)


def test_matrices_are_symmetric_regular_or_singular_as_the_operation_wants():
    for name in ("cholesky", "eigh", "eigvalsh"):
        assert all(np.array_equal(x, x.mT) for x in matrices_of(name))
    for name in ("inv", "slogdet", "solve"):
        assert all((np.abs(np.linalg.det(x)) > 1e-3).all() for x in matrices_of(name))
    assert any((np.linalg.det(x) == 0).any() for x in matrices_of("det") if x.size)
