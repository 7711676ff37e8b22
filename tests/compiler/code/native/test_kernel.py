"""The micro-kernel: one tile of a product, against NumPy: odd lengths, transposed, added, anywhere in its arrays."""

import importlib.util
import sys

import numpy as np
import pytest

from tests.compiler import in_python
from tinygrad_gru.compiler.code.native import kernel

KINDS = [(np.float32, 4, 3, 1e-5), (np.float64, 2, 6, 1e-14), (np.float32, 16, 1, 1e-5)]  # dtype, V, rows, tolerance


@pytest.fixture(params=["python", pytest.param("numba", marks=pytest.mark.jit)], name="run")
def fixture_run(request):
    """`run(rows, V, dtype)` is a tile: of the micro-kernel, or of its stand-in, with which loops run without Numba."""
    if request.param == "python":
        return in_python.tile
    import numba

    def compiled(rows, V, dtype):
        tile = kernel.tile(rows, V, dtype)

        def call(a, a_at, a_row, a_k, p, p_at, p_k, c, c_at, c_row, K, more):
            tile(a, a_at, a_row, a_k, p, p_at, p_k, c, c_at, c_row, K, more)

        return numba.njit(call)

    return compiled


def test_a_tile_written_out(run):
    """[1 2; 3 4] times a panel of four columns."""
    A, P, C = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0, 2, 5], [0, 1, 3, 6]]), np.zeros((2, 4))
    tile = run(2, 2, np.float64)

    tile(A, 0, 2, 1, P, 0, 4, C, 0, 4, 2, False)
    assert C.tolist() == [[1, 2, 8, 17], [3, 4, 18, 39]]
    tile(A, 0, 2, 1, P, 0, 4, C, 0, 4, 2, True)
    assert C.tolist() == [[2, 4, 16, 34], [6, 8, 36, 78]], "added to what is there"
    tile(A, 0, 2, 1, P, 0, 4, C, 0, 4, 2, False)
    assert C.tolist() == [[1, 2, 8, 17], [3, 4, 18, 39]], "and written over it"
    tile(A, 0, 1, 2, P, 0, 4, C, 0, 4, 2, False)
    assert C.tolist() == [[1, 3, 11, 23], [2, 4, 16, 34]], "of Aᵀ: its rows are one number apart, its columns two"


@pytest.mark.parametrize(("dtype", "V", "rows", "tolerance"), KINDS)
def test_a_tile_anywhere_in_its_arrays(dtype, V, rows, tolerance, run):
    """Odd lengths and places that no vector is aligned to; nothing else is read or written."""
    tile, rng, panel = run(rows, V, dtype), np.random.default_rng(0), 2 * V
    for K in (1, 2, 5, 13):
        for transposed in (False, True):
            for more in (False, True):
                A = np.full((K + 3, rows + 2) if transposed else (rows + 2, K + 3), np.nan, dtype)
                P, C = np.full((K + 3, panel + 5), np.nan, dtype), np.full((rows + 2, panel + 3), 7, dtype)
                a = rng.uniform(-1, 1, (rows, K))
                (A.T if transposed else A)[1 : rows + 1, 2 : K + 2] = a
                P[1 : K + 1, 3 : panel + 3] = p = rng.uniform(-1, 1, (K, panel))
                distances = (1, A.shape[1]) if transposed else (A.shape[1], 1)
                tile(A, distances[0] + 2 * distances[1], *distances, P, P.shape[1] + 3, P.shape[1], C,
                     C.shape[1] + 1, C.shape[1], K, more)  # fmt: skip
                got = C[1 : rows + 1, 1 : panel + 1].copy()
                assert np.abs(got - (a @ p + 7 * more)).max() < tolerance * K
                C[1 : rows + 1, 1 : panel + 1] = 7
                assert (C == 7).all(), "written beside the tile"


def test_what_is_not_finite_goes_through(run):
    A, P, C = np.array([[1.0, np.inf], [np.nan, 0.0]]), np.array([[1.0, 2], [1.0, 0]]), np.zeros((2, 2))
    with np.errstate(invalid="ignore"):
        run(2, 1, np.float64)(A, 0, 2, 1, P, 0, 2, C, 0, 2, 2, False)

    assert C[0, 0] == np.inf and np.isnan(C[0, 1]) and np.isnan(C[1]).all()


def test_the_module_needs_neither_numba_nor_llvmlite_until_a_tile_is_made(monkeypatch):
    for name in ("numba", "llvmlite"):
        monkeypatch.setitem(sys.modules, name, None)  # as where it is not installed
    spec = importlib.util.spec_from_file_location("kernel_again", kernel.__file__)
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)

    assert again.tile.__doc__
    with pytest.raises(ImportError):
        again.tile(1, 4, np.float32)
