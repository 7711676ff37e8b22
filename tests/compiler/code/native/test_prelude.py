"""What stands before the loops: packed weights and products of them, sums of rows, and what is done to whole matrices.

Each test runs with tiles of NumPy, panels being four columns wide, and with `-m jit` as machine code.
"""

import ast
import re

import numpy as np
import pytest

from tests.compiler import in_python
from tinygrad_gru.compiler.code.native import machine_code
from tinygrad_gru.compiler.code.native import prelude as preludes
from tinygrad_gru.compiler.code.native.prelude import PRELUDE, head, prelude, vector_of
from tinygrad_gru.core.support import flushing


class Space:
    """The functions of a prelude, by name."""

    def __init__(self, functions, dtype):
        self.functions, self.dtype = functions, np.dtype(dtype).type

    def __getattr__(self, name):
        return self.functions[name]


@pytest.fixture(params=["python", pytest.param("numba", marks=pytest.mark.jit)], name="of")
def fixture_of(request):
    """`of(dtype)` has the functions of the prelude."""

    def of(dtype=np.float64):
        name = np.dtype(dtype).name
        if request.param == "python":
            return Space(in_python.prelude_in_python(name), dtype)
        return Space(vars(machine_code.imported(prelude(name))), dtype)

    return of


# --- packed weights --------------------------------------------------------------------------------------------------

W = np.array([[[1.0, 2, 3], [4, 5, 6]], [[10, 20, 30], [40, 50, 60]]])  # (2, 2, 3): two matrices of two rows


def test_side_by_side_panel_by_panel():
    """The six columns 1 2 3 10 20 30 of the first row take a panel of four and half of another."""
    assert in_python.prelude_in_python("float64")["pack"](W).reshape(2, 2, 4).tolist() == [
        [[1, 2, 3, 10], [4, 5, 6, 40]],
        [[20, 30, 0, 0], [50, 60, 0, 0]],
    ]


def test_one_below_the_other():
    assert in_python.prelude_in_python("float64")["pack_rows"](W).reshape(4, 4).tolist() == [
        [1, 2, 3, 0], [4, 5, 6, 0], [10, 20, 30, 0], [40, 50, 60, 0],
    ]  # fmt: skip


@pytest.mark.parametrize(("G", "K", "n"), [(1, 1, 1), (2, 3, 5), (3, 1, 33), (1, 4, 64), (4, 2, 0)])
def test_each_number_is_where_a_product_looks_for_it(G, K, n, of):
    space = of()
    matrices = np.random.default_rng(0).uniform(1, 2, (G, K, n))
    panel = space.PANEL
    for packed, flat in [
        (space.pack(matrices), np.concatenate(matrices, axis=-1) if G else matrices),
        (space.pack_rows(matrices), matrices.reshape(G * K, n)),
    ]:
        height, columns = flat.shape
        panels = packed.reshape(-1, height, panel)
        assert panels.shape[0] * panel == space.padded(columns)
        whole = np.concatenate([*panels, np.zeros((height, 0))], axis=1)
        assert (whole[:, :columns] == flat).all() and not whole[:, columns:].any(), "padded with zeros"


def test_whole_panels(of):
    space = of()
    assert [space.padded(n) // space.PANEL for n in (0, 1, space.PANEL, space.PANEL + 1)] == [0, 1, 1, 2]


# --- products --------------------------------------------------------------------------------------------------------

SIZES = [(1, 1, 1), (2, 3, 5), (7, 4, 4), (13, 9, 33), (5, 300, 3), (6, 256, 17), (0, 3, 4), (9, 513, 2)]  # M, K, n
TOLERANCES = {np.float64: 1e-13, np.float32: 2e-5}


def product_of(space, A, column, K, packed, height, first, columns, before):
    """What `product` writes into rows of whole panels; `before` is there already, or None."""
    C = np.full((len(A), space.padded(columns)), 3.0, space.dtype)
    if before is not None:
        C[:, :columns] = before
    space.product(A, column, K, packed, height, first, C, before is not None)
    return C[:, :columns]


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("G", [1, 3])
def test_a_product_with_matrices_side_by_side(G, dtype, of):
    """Rows and columns that fill no tile, an inner axis longer than a block, and none at all of either."""
    space, rng = of(dtype), np.random.default_rng(0)
    for M, K, n in SIZES:
        A, matrices = rng.uniform(-1, 1, (M, K + 2)).astype(dtype), rng.uniform(-1, 1, (G, K, n)).astype(dtype)
        wanted = np.concatenate([A[:, 1 : K + 1].astype(float) @ matrix for matrix in matrices], axis=1)
        for before in (None, rng.uniform(-1, 1, (M, G * n)).astype(dtype)):
            got = product_of(space, A, 1, K, space.pack(matrices), K, 0, G * n, before)
            assert np.abs(got - (wanted if before is None else wanted + before)).max(initial=0) < TOLERANCES[dtype]


@pytest.mark.parametrize("dtype", TOLERANCES)
def test_a_product_with_matrices_one_below_the_other(dtype, of):
    """With one of them, and with all at once: then the sum of the products."""
    space, rng = of(dtype), np.random.default_rng(0)
    for M, K, n in SIZES:
        A, matrices = rng.uniform(-1, 1, (M, 3 * K)).astype(dtype), rng.uniform(-1, 1, (3, K, n)).astype(dtype)
        packed, parts = space.pack_rows(matrices), [A[:, k * K : (k + 1) * K].astype(float) for k in range(3)]
        products = [part @ matrix for part, matrix in zip(parts, matrices, strict=True)]
        for k in range(3):
            got = product_of(space, A, k * K, K, packed, 3 * K, k * K, n, None)
            assert np.abs(got - products[k]).max(initial=0) < TOLERANCES[dtype]
        got = product_of(space, A, 0, 3 * K, packed, 3 * K, 0, n, None)
        assert np.abs(got - sum(products)).max(initial=0) < 2 * TOLERANCES[dtype]


def test_a_product_written_out(of):
    space = of()
    C = np.full((2, space.padded(6)), np.nan)
    space.product(np.array([[9.0, 1, 1], [9.0, 0, 2]]), 1, 2, space.pack(W), 2, 0, C, False)

    assert C[:, :6].tolist() == [[5, 7, 9, 50, 70, 90], [8, 10, 12, 80, 100, 120]]
    assert not C[:, 6:].any(), "the columns that fill up a panel are zeros"


@pytest.mark.parametrize(
    ("column", "K", "height", "first", "rows"),
    [(1, 2, 2, 0, 3), (2, 1, 2, 0, 3), (0, 2, 2, 1, 3), (0, 2, 4, 2, 3), (0, 2, 2, 0, 2)],
    ids=["columns", "last column", "first row", "packed rows", "rows of the result"],
)
def test_a_product_beyond_its_matrices_is_an_error(column, K, height, first, rows, of):
    """The micro-kernel looks at no bounds: it would read whatever is there."""
    space = of()
    C = np.zeros((rows, space.padded(3)))
    with pytest.raises(IndexError, match="a product beyond its matrices"):
        space.product(np.ones((3, 2)), column, K, space.pack(W[:1]), height, first, C, False)


# --- sums over rows --------------------------------------------------------------------------------------------------


def tiles_of(space, m):
    """The memory for a panel of D, and for the columns of A."""
    return np.full(space.BLOCK * space.PANEL, np.nan, space.dtype), np.full(
        space.BLOCK * (m + space.ROWS), np.nan, space.dtype
    )


@pytest.mark.parametrize("dtype", TOLERANCES)
def test_a_sum_of_products_over_rows(dtype, of):
    """C += Aᵀ D, for columns of A, and rows and columns of D from some place on."""
    space, rng = of(dtype), np.random.default_rng(0)
    for rows, m, n in [(1, 1, 1), (4, 3, 5), (300, 7, 33), (0, 2, 3), (5, 2, 64), (600, 21, 300)]:
        for column, at, from_column in [(0, 0, 0), (2, 3, 1)]:
            A = rng.uniform(-1, 1, (at + rows + 1, column + m)).astype(dtype)
            D = rng.uniform(-1, 1, (at + rows + 1, space.padded(from_column + n))).astype(dtype)
            start = rng.uniform(-1, 1, (m, n)).astype(dtype)
            C = np.zeros((m, space.padded(n)), dtype)
            C[:, :n] = start
            space.add_outer(A, column, D, from_column, at, rows, C, *tiles_of(space, m))
            among = A[at : at + rows, column:].T.astype(float)
            wanted = start + among @ D[at : at + rows, from_column : from_column + n]
            assert np.abs(C[:, :n] - wanted).max() < TOLERANCES[dtype] * 10


def test_a_sum_of_products_written_out(of):
    space = of()
    D, C = np.zeros((3, space.PANEL)), np.zeros((2, space.PANEL))
    D[:2, :2] = [[1, 10], [2, 20]]
    space.add_outer(np.array([[1.0, 3.0], [1.0, 4.0], [9.0, 9.0]]), 0, D, 0, 0, 2, C, *tiles_of(space, 2))

    assert C[:, :2].tolist() == [[3, 30], [11, 110]]


@pytest.mark.parametrize(
    ("column", "at", "from_column", "m"), [(1, 0, 0, 3), (0, 1, 0, 3), (0, 0, 1000, 3), (0, 0, 0, 2)]
)
def test_a_sum_of_products_beyond_its_matrices_is_an_error(column, at, from_column, m, of):
    """Beyond columns of A, rows of both, columns of D, and the memory for tiles."""
    space = of()
    A, D, C = np.ones((3, 3)), np.ones((3, space.PANEL)), np.ones((3, space.PANEL))
    with pytest.raises(IndexError, match="a sum of products beyond its matrices"):
        space.add_outer(A, column, D, from_column, at, 2, C, *tiles_of(space, m))


def test_rows_are_added_up_without_losing_digits(of):
    """Of 10,000 rows of 0.1 float32 alone would lose the fourth digit."""
    space = of(np.float32)
    D, total = np.full((10_000, 3), 0.1, np.float32), np.array([0.0, 5.0])
    space.add_rows(D, 1, total)

    assert np.abs(total - [0, 5] - 10_000 * float(np.float32(0.1))).max() < 1e-3
    assert abs(np.add.reduce(D, axis=0)[0] - 1000) > 0.01, "NumPy, one row after the other"


@pytest.mark.parametrize("rows", [0, 1, 63, 64, 65, 129])
def test_all_rows_are_added_and_to_what_is_there(rows, of):
    D, total = np.arange(rows * 3.0).reshape(rows, 3), np.array([100.0, 200.0])
    of().add_rows(D, 1, total)

    assert total.tolist() == [100 + D[:, 1].sum(), 200 + D[:, 2].sum()]


# --- gradients that vanish, and whole matrices -----------------------------------------------------------------------

TINY, LARGE = 1e-35, 1e-3


@pytest.mark.parametrize(
    "g",
    [[[TINY, -TINY]], [[TINY, LARGE]], [[LARGE, TINY]], [[0.0, 0.0], [0.0, -LARGE]], [[TINY, np.nan]], [[np.nan, 0.0]],
     [[TINY, -np.inf]], np.zeros((0, 2)), np.zeros((2, 2))],
)  # fmt: skip
def test_a_gradient_vanishes_as_it_does_elsewhere(g, of):
    """In the words of core.support.flushing; of no sequences at all nothing is flushed."""
    g = np.asarray(g, np.float32)
    wanted = bool(flushing.vanishing(g)) if len(g) else False

    assert bool(of(np.float32).vanishing(g)) is wanted


def test_the_first_step_with_a_gradient_from_outside_is_that_of_these_sequences(of):
    first_step, outside = of().first_step, np.zeros((5, 4, 2))
    outside[3, 1, 1] = outside[1, 3, 0] = 1e-300

    assert [first_step(outside, 0, 4), first_step(outside, 0, 3), first_step(outside, 2, 3)] == [1, 3, 5]
    outside[0, 0, 0] = np.nan
    assert first_step(outside, 0, 2) == 0


def test_zeros_are_written_to_the_first_steps_of_these_sequences_alone(of):
    space = of()
    time, block, steps = np.ones((4, 3, 2)), np.ones((2, 4, 3, 2)), np.ones((4, 2, 3, 2))
    space.clear(time, 2, 1, 3)
    space.clear_blocks(block, 2, 1, 3)
    space.clear_steps(steps, 2, 1, 3)
    wanted = np.ones((4, 3, 2))
    wanted[:2, 1:3] = 0

    assert (time == wanted).all() and (block == wanted).all() and (steps == wanted[:, None]).all()


def test_a_matrix_is_copied_added_and_zeroed_whole(of):
    space, a, b = of(), np.arange(6.0).reshape(2, 3), np.full((2, 3), 10.0)
    space.arrive(a, b)
    assert a.tolist() == [[10, 11, 12], [13, 14, 15]] and (b == 10).all()
    space.copy_into(b, np.arange(12.0).reshape(2, 6))
    assert b.tolist() == [[0, 1, 2], [6, 7, 8]], "of a wider one the first columns"
    space.zero_out(a)
    assert not a.any()


def test_tanh_in_float32_is_right_to_a_few_units_in_the_last_place(of):
    x = np.concatenate([np.linspace(-12, 12, 2001), np.geomspace(1e-30, 1, 501), [0.0]]).astype(np.float32)
    tanh = of(np.float32).tanh
    y, wanted = np.array([tanh(value) for value in x]), np.tanh(x.astype(float))

    assert (np.abs(y - wanted) <= 5e-7 * np.abs(wanted)).all() and np.abs(y).max() <= 1
    assert np.isnan(tanh(np.float32(np.nan))) and tanh(np.float32(np.inf)) > 1 - 5e-7 > -tanh(np.float32(-np.inf)) - 1


def test_in_float64_it_is_that_of_the_library(of):
    x = np.linspace(-3, 3, 13)
    tanh = of().tanh
    assert np.abs([tanh(value) for value in x] - np.tanh(x)).max() < 1e-15


# --- the text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wide", "dtype", "numbers"),
    [(True, "float32", (16, 8)), (True, "float64", (8, 8)), (False, "float32", (8, 6)), (False, "float64", (4, 6))],
)
def test_a_tile_fills_the_registers(wide, dtype, numbers, monkeypatch):
    """Two vectors for each row, two of weights and one number everywhere: no more than 32 of 64 bytes, or 16 of 32."""
    monkeypatch.setattr(preludes, "vectors_of_64_bytes", lambda: wide)
    V, rows = vector_of(dtype)

    assert (V, rows) == numbers and V * np.dtype(dtype).itemsize == (64 if wide else 32)
    assert 2 * rows + 3 <= (32 if wide else 16)
    assert f"V, ROWS = {V}, {rows}" in prelude(dtype)


def test_the_text_says_which_kernel_it_calls(monkeypatch, tmp_path):
    """So that another kernel is another text, and nobody runs the machine code of the former one."""
    monkeypatch.setattr(preludes, "vectors_of_64_bytes", lambda: False)
    before = prelude("float32")
    (tmp_path / "kernel.py").write_text("# another one")
    monkeypatch.setattr(preludes, "__file__", str(tmp_path / "prelude.py"))

    after = prelude("float32")
    assert after != before and after.splitlines()[3:] == before.splitlines()[3:]


def test_loops_can_call_everything_that_stands_before_them():
    text = head("the_module", "float32")
    imported = {alias.name for line in ast.parse(text).body if isinstance(line, ast.ImportFrom) for alias in line.names}

    constants = {"njit", "options", "real", "BLOCK", "PANEL", "ROWS", "wide_vectors"}
    assert imported == {*constants, *re.findall(r"\ndef (\w+)", PRELUDE)}
    assert {"product", "pack_rows", "add_outer", "vanishing", "padded"} <= imported
